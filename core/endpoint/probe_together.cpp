#include "core/endpoint/probe_together.hpp"

#include <algorithm>
#include <thread>

namespace plumb {

std::optional<double> AnswerFigures::tok_s() const {
  constexpr std::int64_t kFewest = 16;  // under it one late chunk makes the rate
  if (tokens < kFewest || decode_s <= 0) return std::nullopt;
  return static_cast<double>(tokens - 1) / decode_s;
}

std::optional<AnswerFigures> figures_of(const ChatReply& reply) {
  if (!reply.answer) return std::nullopt;
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
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    threads.emplace_back([&, i] {
      Waiter waiter(talk.waiter().clock(), stop);
      replies[i] = talk.ask_from(waiter, questions[i]);
    });
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
