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

Depth send(ProbeTalk& talk, const std::string& prompt, const std::string& code,
           std::int64_t wanted) {
  Depth depth{.wanted = wanted,
              .bytes = prompt.size(),
              .reply = talk.ask_quietly({.messages = {{.role = Role::user, .text = prompt}},
                                         .tools = {},
                                         .max_tokens = kAnswer})};
  depth.figures = figures_of(depth.reply);
  depth.recalled =
      depth.reply.answer && depth.reply.answer->message.text.find(code) != std::string::npos;
  return depth;
}

/// Tokens that a prompt of so many bytes must cost at least, by what a shorter one cost.
std::optional<std::int64_t> missing_from(const Depth& depth, double bytes_per_token) {
  if (!depth.figures || !depth.figures->prompt_tokens) return std::nullopt;
  constexpr double kTolerance = 0.85;
  const double expected = static_cast<double>(depth.bytes) / bytes_per_token;
  const auto counted = *depth.figures->prompt_tokens;
  if (static_cast<double>(counted) >= kTolerance * expected) return std::nullopt;
  return counted;
}

class WindowSearch {
 public:
  WindowSearch(ProbeTalk& talk, CapabilityCard& card) : talk_(talk), card_(card) {}

  /// False when there is no use in trying a longer prompt.
  bool look(std::int64_t tokens) {
    talk_.parts().on_step(fmt::format("prompts of {} tokens", tokens));
    const std::string code = make_code();
    const std::string salt = random_hex(6);
    const auto bytes = static_cast<std::size_t>(static_cast<double>(tokens) * bytes_per_token_);
    const std::string prompt = long_prompt(salt, code, bytes);
    const Depth cold = send(talk_, prompt, code, tokens);
    if (!cold.reply.answer) return refused(cold);
    if (const auto counted = missing_from(cold, bytes_per_token())) return cut(cold, *counted);
    if (cold.figures && cold.figures->prompt_tokens.value_or(0) > 0) {
      bytes_per_token_ =
          static_cast<double>(cold.bytes) / static_cast<double>(*cold.figures->prompt_tokens);
      counted_ = true;
      held_ = std::max(held_, *cold.figures->prompt_tokens);
    }
    lost_ |= !cold.recalled && recalled_;
    recalled_ |= cold.recalled;
    if (cold.figures) note_speed(cold, send(talk_, prompt, code, tokens));
    return !cold.figures || to_seconds(cold.figures->ended - cold.figures->sent) < kSlowSeconds;
  }

  void conclude() {
    if (concluded_) return;
    if (held_ == 0)
      return add(Basis::unknown, nullptr, "no answer told how many tokens its prompt had");
    const std::string doubt = lost_ ? "; a code at the start of the longest was not repeated, so "
                                      "it may be cut all the same, or the model "
                                      "is weak"
                                    : "";
    add(Basis::measured, {{"at_least", held_}},
        fmt::format("a prompt of {} tokens was read whole{}", held_, doubt));
  }

 private:
  [[nodiscard]] double bytes_per_token() const {
    return counted_ ? bytes_per_token_ : kMostBytesPerToken;
  }

  bool refused(const Depth& depth) {
    if (talk_.says("context_full", depth.reply)) {
      concluded_ = true;
      add(Basis::measured, {{"at_least", held_}, {"below", depth.wanted}},
          fmt::format("a prompt of about {} tokens was refused in so many words: {}", depth.wanted,
                      told(depth.reply)));
    }
    return false;
  }

  bool cut(const Depth& depth, std::int64_t counted) {
    concluded_ = true;
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
    if (!idle_ttft_ms_) idle_ttft_ms_ = idle_ttft();
    const double reading_ms = point.cold_ttft_ms - idle_ttft_ms_.value_or(0);
    const double uncached =
        static_cast<double>(point.prompt_tokens - cold.figures->cached_tokens.value_or(0));
    // A difference under a millisecond is noise of the network.
    if (reading_ms > 1 && uncached > 0) point.prefill_tok_s = uncached / reading_ms * 1e3;
    card_.prefill.push_back(point);
  }

  std::optional<double> idle_ttft() {
    std::vector<double> firsts;
    for (int i = 0; i < 3; ++i) {
      if (const auto answer = figures_of(talk_.ask(endless_prompt(random_hex(4), false), 8))) {
        firsts.push_back(answer->ttft_ms);
      }
    }
    return firsts.empty() ? std::nullopt : std::optional(median(firsts));
  }

  void add(Basis basis, Json value, std::string sentence) {
    card_.findings.push_back({"window", basis, std::move(value), std::move(sentence)});
  }

  ProbeTalk& talk_;
  CapabilityCard& card_;
  double bytes_per_token_ = kUsualBytesPerToken;
  bool counted_ = false;
  std::int64_t held_ = 0;
  bool recalled_ = false;
  bool lost_ = false;
  bool concluded_ = false;
  std::optional<double> idle_ttft_ms_;
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
  search.conclude();
}

}  // namespace plumb
