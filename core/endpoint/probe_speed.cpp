#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/endpoint/metrics_watch.hpp"
#include "core/endpoint/probe_steps.hpp"
#include "core/endpoint/probe_texts.hpp"
#include "core/endpoint/probe_together.hpp"

namespace plumb {
namespace {

constexpr int kRepeats = 3;
constexpr std::int64_t kTokens = 256;    ///< of an answer whose rate is measured
constexpr std::int64_t kFewTokens = 48;  ///< at least, where a slow server has to be probed quickly
constexpr double kBriefSeconds = 3;      ///< of one such answer

Question endless(bool dense, std::int64_t tokens) {
  return {.messages = {{.role = Role::user, .text = endless_prompt(random_hex(4), dense)}},
          .tools = {},
          .max_tokens = tokens};
}

/// How many tokens to ask for: all of them, or what comes within a few seconds.
std::int64_t answer_length(ProbeTalk& talk, bool brief) {
  const Question question = endless(true, kFewTokens);
  const auto warm_up = figures_of(talk.ask(question), question);
  if (!brief || !warm_up || !warm_up->tok_s()) return kTokens;
  return std::clamp<std::int64_t>(std::llround(*warm_up->tok_s() * kBriefSeconds), kFewTokens,
                                  kTokens);
}

/// Time in which at least one of these answers was in flight.
double busy_seconds(std::vector<AnswerFigures> answers) {
  std::ranges::sort(answers, {}, &AnswerFigures::sent);
  Duration busy{};
  Instant until{};
  for (const AnswerFigures& answer : answers) {
    const Instant from = std::max(answer.sent, until);
    if (answer.ended > from) busy += answer.ended - from;
    until = std::max(until, answer.ended);
  }
  return to_seconds(busy);
}

std::optional<DecodeFigure> figure_of(const std::vector<AnswerFigures>& answers, bool dense,
                                      int concurrency) {
  std::vector<AnswerFigures> counted;
  std::vector<double> rates;
  std::vector<double> firsts;
  std::vector<double> quoted;
  std::vector<double> tokens;
  std::int64_t all = 0;
  std::int64_t drafted = 0;
  std::int64_t accepted = 0;
  for (const AnswerFigures& answer : answers) {
    const double wall_s = to_seconds(answer.ended - answer.sent);
    if (answer.tokens < kFewTokens / 2 || wall_s <= 0) continue;
    counted.push_back(answer);
    if (const auto rate = answer.tok_s()) rates.push_back(*rate);
    firsts.push_back(answer.ttft_ms);
    tokens.push_back(static_cast<double>(answer.tokens));
    quoted.push_back(static_cast<double>(answer.tokens) / wall_s);
    all += answer.tokens;
    drafted += answer.server.draft_tokens.value_or(0);
    accepted += answer.server.draft_accepted.value_or(0);
  }
  if (quoted.empty()) return std::nullopt;
  DecodeFigure figure{.text = dense ? "dense" : "predictable",
                      .concurrency = concurrency,
                      .answers = static_cast<int>(quoted.size()),
                      .tokens = std::llround(median(tokens)),
                      .ttft_ms = median(firsts),
                      .quoted_tok_s = median(quoted)};
  if (!rates.empty()) {
    figure.tok_s = median(rates);
    figure.low_tok_s = std::ranges::min(rates);
    figure.high_tok_s = std::ranges::max(rates);
  }
  const double busy = busy_seconds(std::move(counted));
  if (busy > 0) figure.total_tok_s = static_cast<double>(all) / busy;
  if (drafted > 0)
    figure.draft_acceptance = static_cast<double>(accepted) / static_cast<double>(drafted);
  return figure;
}

std::vector<AnswerFigures> answers_to(ProbeTalk& talk, std::span<const Question> questions) {
  std::vector<AnswerFigures> answers;
  const auto replies = ask_together(talk, questions);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (const auto figures = figures_of(replies[i], questions[i])) answers.push_back(*figures);
  }
  return answers;
}

/// The server's own counters at this moment, where it publishes any.
std::optional<MetricsSample> counters_of(ProbeTalk& talk, const CapabilityCard& card) {
  const auto source = metrics_source(talk.contestant(), card.server.kind, talk.parts().servers);
  if (!source) return std::nullopt;
  const auto page = talk.endpoint().fetch({.target = source->target, .max_bytes = kMaxMetricsPage},
                                          talk.waiter());
  if (!page || page->status != 200) return std::nullopt;
  for (const ServerKind* kind : source->kinds) {
    const auto sample = read_metrics(page->body, kind->metrics, talk.contestant().model, {});
    if (sample) return *sample;
  }
  return std::nullopt;
}

/// The share of drafted tokens that were accepted between two samples.
std::optional<double> acceptance_between(const std::optional<MetricsSample>& before,
                                         const std::optional<MetricsSample>& after) {
  if (!before || !after || !before->draft_tokens || !after->draft_tokens) return std::nullopt;
  const double drafted = *after->draft_tokens - *before->draft_tokens;
  const double accepted = after->draft_accepted.value_or(0) - before->draft_accepted.value_or(0);
  if (drafted <= 0 || accepted < 0) return std::nullopt;
  return accepted / drafted;
}

/// Long prompts, each with a salt of its own, for answers of this length.
std::vector<Question> long_questions(int count, std::int64_t tokens, std::int64_t answer_tokens) {
  constexpr double kBytesPerToken = 4.5;
  std::vector<Question> questions;
  const auto bytes = static_cast<std::size_t>(static_cast<double>(tokens) * kBytesPerToken);
  for (int i = 0; i < count; ++i) {
    questions.push_back(
        {.messages = {{.role = Role::user, .text = long_endless_prompt(random_hex(6), bytes)}},
         .tools = {},
         .max_tokens = answer_tokens});
  }
  return questions;
}

double median_ttft(const std::vector<AnswerFigures>& answers) {
  std::vector<double> firsts;
  for (const AnswerFigures& answer : answers) firsts.push_back(answer.ttft_ms);
  return median(std::move(firsts));
}

}  // namespace

void probe_decode(ProbeTalk& talk, CapabilityCard& card, const ProbeOptions& options) {
  const std::int64_t tokens = answer_length(talk, options.brief);
  std::vector<int> concurrencies = {1};
  if (options.concurrency > 1) concurrencies.push_back(options.concurrency);
  for (const int concurrency : concurrencies) {
    for (const bool dense : {false, true}) {
      if (!dense && options.brief) continue;
      const auto before = counters_of(talk, card);
      std::vector<AnswerFigures> answers;
      for (int i = 0; i < kRepeats && !talk.waiter().stopped(); ++i) {
        std::vector<Question> questions;
        for (int n = 0; n < concurrency; ++n) questions.push_back(endless(dense, tokens));
        const auto more = answers_to(talk, questions);
        answers.insert(answers.end(), more.begin(), more.end());
      }
      auto figure = figure_of(answers, dense, concurrency);
      if (!figure) continue;
      if (!figure->draft_acceptance) {
        figure->draft_acceptance = acceptance_between(before, counters_of(talk, card));
      }
      card.decode.push_back(*figure);
    }
  }
}

void probe_pace(ProbeTalk& talk, CapabilityCard& card, const ProbeOptions& options) {
  const auto tokens_per_turn = probe_tokens_per_turn(talk);
  const auto dense = std::ranges::find_if(card.decode, [&](const DecodeFigure& figure) {
    return figure.text == "dense" && figure.concurrency == options.concurrency;
  });
  if (!tokens_per_turn) {
    card.pace_missing = "no answer of a tool-using conversation told how many tokens it had";
    return;
  }
  if (dense == card.decode.end()) {
    card.pace_missing = fmt::format(
        "no answer of measurable length came with {} requests in flight", options.concurrency);
    return;
  }
  // Where answers come in one piece, the time to the first token is in tokens / wall already.
  Pace pace{.ttft_ms = dense->tok_s ? dense->ttft_ms : 0,
            .decode_tok_s = dense->tok_s.value_or(dense->quoted_tok_s),
            .tokens_per_turn = *tokens_per_turn};
  const std::int64_t prompt = std::min<std::int64_t>(2048, card.window().value_or(8192) / 2);
  const auto questions = long_questions(options.concurrency, prompt, 8);
  const auto per_token = [&](const std::vector<AnswerFigures>& answers) {
    if (answers.empty() || answers.front().prompt_tokens.value_or(0) <= 0) return 0.0;
    return std::max(0.0, median_ttft(answers) - dense->ttft_ms) /
           static_cast<double>(*answers.front().prompt_tokens);
  };
  pace.cold_ms_per_token = per_token(answers_to(talk, questions));
  pace.warm_ms_per_token = std::min(pace.cold_ms_per_token, per_token(answers_to(talk, questions)));
  card.pace = pace;
}

void probe_grid(ProbeTalk& talk, CapabilityCard& card, const ProbeOptions& options) {
  constexpr std::int64_t kAnswer = 64;
  constexpr int kMost = 16;
  for (std::int64_t depth = 1024; depth <= options.longest_prompt; depth *= 4) {
    if (card.window() && depth + kAnswer > *card.window()) break;
    for (int concurrency = 1; concurrency <= std::max(options.concurrency, kMost);
         concurrency *= 2) {
      if (talk.waiter().stopped()) return;
      talk.parts().on_step(fmt::format("grid: {} tokens deep, {} at once", depth, concurrency));
      const auto answers = answers_to(talk, long_questions(concurrency, depth, kAnswer));
      const auto figure = figure_of(answers, true, concurrency);
      if (answers.empty()) continue;
      card.grid.push_back(
          {.prompt_tokens = answers.front().prompt_tokens.value_or(depth),
           .concurrency = concurrency,
           .ttft_ms = median_ttft(answers),
           .tok_s = figure ? figure->tok_s : std::nullopt,
           .total_tok_s = figure ? std::optional(figure->total_tok_s) : std::nullopt});
    }
  }
}

std::optional<double> probe_tokens_per_turn(ProbeTalk& talk) {
  const Json name = {
      {"type", "object"}, {"properties", {{"name", {{"type", "string"}}}}}, {"required", {"name"}}};
  Json name_and_text = name;
  name_and_text["properties"]["text"] = {{"type", "string"}};
  name_and_text["required"].push_back("text");
  Question question{
      .messages =
          {{.role = Role::user,
            .text = "Call the tool read_note with name \"groceries\". Then add the missing item "
                    "milk: write the "
                    "whole new list back with write_note, and say in one sentence what you did."}},
      .tools = {{.name = "read_note", .description = "Reads a note.", .parameters = name},
                {.name = "write_note",
                 .description = "Replaces a note.",
                 .parameters = name_and_text}},
      .max_tokens = 4096};
  std::vector<double> tokens;
  constexpr int kMostTurns = 4;
  for (int turn = 0; turn < kMostTurns && !talk.waiter().stopped(); ++turn) {
    const ChatReply reply = talk.ask(question);
    const auto figures = figures_of(reply, question);
    if (!figures) break;
    tokens.push_back(static_cast<double>(figures->tokens));
    if (reply.answer->message.calls.empty()) break;
    question.messages.push_back(reply.answer->message);
    for (const ToolCall& call : reply.answer->message.calls) {
      const char* result = call.name == "read_note" ? "bread\neggs\ncoffee" : "The note was saved.";
      question.messages.push_back({.role = Role::tool, .text = result, .call_id = call.id});
    }
  }
  if (tokens.empty()) return std::nullopt;
  double sum = 0;
  for (const double count : tokens) sum += count;
  return sum / static_cast<double>(tokens.size());
}

}  // namespace plumb
