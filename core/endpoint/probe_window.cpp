#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/endpoint/probe_steps.hpp"
#include "core/endpoint/probe_texts.hpp"
#include "core/endpoint/probe_together.hpp"

namespace plumb {
namespace {

constexpr double kUsualBytesPerToken = 4.5;  ///< of these texts, until the server has counted some
constexpr double kMostBytesPerToken =
    9;                               ///< more of them than any tokenizer needs: tokens are missing
constexpr double kSlowSeconds = 20;  ///< a prompt that takes longer is not sent again
constexpr std::int64_t kAnswer = 512;  ///< room for a model that thinks before it answers

/// What one long prompt came to.
struct Depth {
  std::int64_t wanted = 0;  ///< tokens that it was made for
  std::size_t bytes = 0;
  ChatReply reply;
  std::optional<AnswerFigures> figures;
  bool recalled = false;  ///< the code at its start was in the answer
};

Question question_of(const std::string& prompt) {
  return {.messages = {{.role = Role::user, .text = prompt}}, .tools = {}, .max_tokens = kAnswer};
}

Depth send(ProbeTalk& talk, const std::string& prompt, const std::string& code,
           std::int64_t wanted) {
  const Question question = question_of(prompt);
  Depth depth{.wanted = wanted, .bytes = prompt.size(), .reply = talk.ask_quietly(question)};
  depth.figures = figures_of(depth.reply, question);
  if (depth.figures && depth.figures->prompt_tokens.value_or(0) <= 0) depth.figures.reset();
  depth.recalled =
      depth.reply.answer && depth.reply.answer->message.text.find(code) != std::string::npos;
  return depth;
}

/// What prompts cost, by what some of them cost: a template adds the same to each.
struct Tariff {
  double bytes_per_token = kUsualBytesPerToken;
  double before = 0;  ///< tokens of the template
  bool known = false;

  [[nodiscard]] double tokens_of(std::size_t bytes) const {
    return before + static_cast<double>(bytes) / bytes_per_token;
  }
  void learn(std::size_t few_bytes, std::int64_t few, std::size_t many_bytes, std::int64_t many) {
    if (many <= few || many_bytes <= few_bytes) return;
    bytes_per_token = static_cast<double>(many_bytes - few_bytes) / static_cast<double>(many - few);
    before =
        std::max(0.0, static_cast<double>(few) - static_cast<double>(few_bytes) / bytes_per_token);
    known = true;
  }
};

class WindowSearch {
 public:
  WindowSearch(ProbeTalk& talk, CapabilityCard& card) : talk_(talk), card_(card) {
    const std::string prompt = long_prompt(random_hex(6), make_code(), 1);
    short_ = send(talk_, prompt, "", 0);
  }

  /// False when there is no use in trying a longer prompt.
  bool look(std::int64_t tokens) {
    talk_.parts().on_step(fmt::format("prompts of {} tokens", tokens));
    const std::string code = make_code();
    const auto bytes =
        static_cast<std::size_t>(static_cast<double>(tokens) * tariff_.bytes_per_token);
    const std::string prompt = long_prompt(random_hex(6), code, bytes);
    const Depth cold = send(talk_, prompt, code, tokens);
    if (!cold.reply.answer) return refused(cold);
    if (!cold.figures) return true;
    const std::int64_t counted = *cold.figures->prompt_tokens;
    if (is_cut(cold, counted)) return cut(cold, counted);
    if (short_.figures) {
      tariff_.learn(short_.bytes, *short_.figures->prompt_tokens, cold.bytes, counted);
    }
    held_ = std::max(held_, counted);
    lost_ |= !cold.recalled && recalled_;
    recalled_ |= cold.recalled;
    note_speed(cold, send(talk_, prompt, code, tokens));
    return to_seconds(cold.figures->ended - cold.figures->sent) < kSlowSeconds;
  }

  /// Between what was read and what was refused: the first size that is refused, nearly.
  void narrow() {
    constexpr int kSteps = 3;
    for (int i = 0; i < kSteps && refused_ > held_ + held_ / 4 && !talk_.waiter().stopped(); ++i) {
      const std::int64_t between = (held_ + refused_) / 2;
      if (!look(between) && refused_ != between) break;
    }
  }

  void conclude() {
    if (cut_) return;
    if (refused_ > 0) {
      return add(Basis::measured, {{"at_least", held_}, {"below", refused_}},
                 fmt::format("a prompt of {} tokens was read whole, one of about {} refused in so "
                             "many words: {}",
                             held_, refused_, refusal_));
    }
    if (held_ == 0)
      return add(Basis::unknown, nullptr, "no answer told how many tokens its prompt had");
    std::string sentence = fmt::format("a prompt of {} tokens was read whole", held_);
    if (lost_) {
      sentence +=
          "; a code at the start of the longest was not repeated, so it may be cut all the "
          "same, or the model is weak";
    }
    if (!fault_.empty()) sentence += "; a longer one got no answer: " + fault_;
    add(Basis::measured, {{"at_least", held_}}, std::move(sentence));
  }

 private:
  /// Whether tokens are missing that a prompt of this length must cost.
  [[nodiscard]] bool is_cut(const Depth& depth, std::int64_t counted) const {
    if (depth.recalled) return false;
    constexpr double kTolerance = 0.85;
    const double least = tariff_.known ? kTolerance * tariff_.tokens_of(depth.bytes)
                                       : static_cast<double>(depth.bytes) / kMostBytesPerToken;
    return static_cast<double>(counted) < least;
  }

  bool refused(const Depth& depth) {
    if (talk_.says("context_full", depth.reply)) {
      refused_ = depth.wanted;
      refusal_ = told(depth.reply);
    } else {
      fault_ = told(depth.reply);
    }
    return false;
  }

  bool cut(const Depth& depth, std::int64_t counted) {
    cut_ = true;
    add(Basis::measured, {{"effective", counted}, {"silent", true}},
        fmt::format("a prompt of about {} tokens was cut to {} without a word", depth.wanted,
                    counted));
    card_.alarms.push_back(
        {{"id", "silent_truncation"},
         {"contestant", card_.contestant},
         {"task", nullptr},
         {"sentence", fmt::format("prompts beyond {} tokens are cut silently", counted)},
         {"evidence", fmt::format("{} bytes were counted as {} tokens{}", depth.bytes, counted,
                                  depth.recalled ? "" : ", and the code at their start was gone")},
         {"remedy", remedy()}});
    return false;
  }

  [[nodiscard]] std::string remedy() const {
    const ServerKind* kind = talk_.parts().servers.find(card_.server.kind);
    const auto known = kind == nullptr ? std::string() : [&] {
      const auto found = kind->remedies.find("context_floor");
      return found == kind->remedies.end() ? std::string() : found->second;
    }();
    return known.empty() ? "give the server a larger context window" : known;
  }

  void note_speed(const Depth& cold, const Depth& warm) {
    PrefillPoint point{
        .prompt_tokens = cold.figures->prompt_tokens.value_or(cold.wanted),
        .cold_ttft_ms = cold.figures->ttft_ms,
        .warm_ttft_ms = warm.figures ? std::optional(warm.figures->ttft_ms) : std::nullopt,
        .warm_cached_tokens = warm.figures ? warm.figures->cached_tokens : std::nullopt,
        .prefill_tok_s = std::nullopt};
    const double reading_ms = point.cold_ttft_ms - (short_.figures ? short_.figures->ttft_ms : 0);
    const double uncached =
        static_cast<double>(point.prompt_tokens - cold.figures->cached_tokens.value_or(0));
    // A difference under a millisecond is noise of the network.
    if (reading_ms > 1 && uncached > 0) point.prefill_tok_s = uncached / reading_ms * 1e3;
    card_.prefill.push_back(point);
  }

  void add(Basis basis, Json value, std::string sentence) {
    card_.findings.push_back({"window", basis, std::move(value), std::move(sentence)});
  }

  ProbeTalk& talk_;
  CapabilityCard& card_;
  Depth short_;  ///< an almost empty prompt
  Tariff tariff_;
  std::int64_t held_ = 0;     ///< tokens of the longest prompt that was read
  std::int64_t refused_ = 0;  ///< of the shortest that was refused for its length
  std::string refusal_;
  std::string fault_;  ///< why a prompt got no answer, when it was not for its length
  bool recalled_ = false;
  bool lost_ = false;
  bool cut_ = false;
};

}  // namespace

void probe_prefill(ProbeTalk& talk, CapabilityCard& card, std::int64_t longest_prompt) {
  constexpr std::int64_t kLeast = 128;
  constexpr double kRoom = 0.9;  // for the template, the answer, and what our estimate is off
  if (const auto declared = card.declared_window()) {
    longest_prompt =
        std::min(longest_prompt,
                 static_cast<std::int64_t>(kRoom * static_cast<double>(*declared)) - kAnswer);
  }
  WindowSearch search(talk, card);
  std::vector<std::int64_t> sizes = {1024, 8192, longest_prompt};
  std::erase_if(sizes, [&](std::int64_t size) { return size > longest_prompt || size < kLeast; });
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  for (const std::int64_t size : sizes) {
    if (talk.waiter().stopped() || !search.look(size)) break;
  }
  search.narrow();
  search.conclude();
}

}  // namespace plumb
