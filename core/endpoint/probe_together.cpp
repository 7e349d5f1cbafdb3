#include "core/endpoint/probe_together.hpp"

#include <algorithm>
#include <system_error>
#include <thread>

namespace plumb {

std::optional<double> AnswerFigures::tok_s() const {
  constexpr std::int64_t kFewest = 16;  // under it one late chunk makes the rate
  constexpr double kOnePiece = 0.05;  // of the whole time: the tokens were held back until the end
  const double wall_s = to_seconds(ended - sent);
  if (tokens < kFewest || decode_s <= kOnePiece * wall_s) return std::nullopt;
  return static_cast<double>(tokens - 1) / decode_s;
}

namespace {

/// Servers count as they like; what cannot be true is no count.
bool is_credible(const Usage& usage, const Question& question) {
  constexpr std::int64_t kTemplate = 8192;  // room for what a server puts around a prompt
  std::size_t bytes = 0;
  for (const Message& message : question.messages) {
    bytes += message.text.size();
    for (const Image& image : message.images) bytes += image.bytes.size();
  }
  const auto most = static_cast<std::int64_t>(2 * bytes) + kTemplate;
  return usage.completion_tokens.value_or(0) <= 2 * question.max_tokens + 64 &&
         usage.prompt_tokens.value_or(0) <= most;
}

}  // namespace

std::optional<AnswerFigures> figures_of(const ChatReply& reply, const Question& question) {
  if (!reply.answer || !is_credible(reply.answer->usage, question)) return std::nullopt;
  const ChatResponse& response = *reply.answer;
  const auto first = response.times.first_token();
  if (!first || !response.times.last_token || !response.usage.completion_tokens)
    return std::nullopt;
  return AnswerFigures{.tokens = *response.usage.completion_tokens,
                       .prompt_tokens = response.usage.prompt_tokens,
                       .cached_tokens = response.usage.cached_tokens,
                       .ttft_ms = to_ms(*first - response.times.sent),
                       .decode_s = to_seconds(*response.times.last_token - *first),
                       .sent = response.times.sent,
                       .ended = response.times.ended,
                       .server = response.server};
}

std::vector<ChatReply> ask_together(ProbeTalk& talk, std::span<const Question> questions) {
  std::vector<ChatReply> replies(questions.size());
  const std::stop_token stop = talk.waiter().stop_token();
  for (ChatReply& reply : replies) reply.answer = std::unexpected(Fault{.sentence = "not asked"});
  std::vector<std::jthread> threads;
  try {
    for (std::size_t i = 0; i < questions.size(); ++i) {
      threads.emplace_back([&, i] {
        Waiter waiter(talk.waiter().clock(), stop);
        replies[i] = talk.ask_from(waiter, questions[i]);
      });
    }
  } catch (const std::system_error&) {
    // Fewer at once is all that this host can do; what was not asked is not in the figures.
  }
  threads.clear();
  return replies;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace plumb
