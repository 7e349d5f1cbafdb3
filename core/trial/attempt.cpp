#include "core/trial/attempt.hpp"

#include "core/base/text.hpp"

namespace plumb {
namespace {

Json tools_json(const std::vector<ToolSpec>& tools) {
  Json list = Json::array();
  for (const ToolSpec& tool : tools) {
    list.push_back(
        {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}});
  }
  return list;
}

/// What stands before the prompt: the system prompt, "" where there is none, and earlier messages.
Json opening_json(const std::vector<Message>& messages) {
  Json opening = {{"system", ""}};
  for (const Message& message : messages) {
    if (message.role == Role::system && &message == &messages.front()) {
      opening["system"] = message.text;
    } else {
      opening["earlier"].push_back({{"role", role_name(message.role)}, {"text", message.text}});
    }
  }
  return opening;
}

Json calls_json(const std::vector<ToolCall>& calls) {
  Json list = Json::array();
  for (const ToolCall& call : calls) {
    list.push_back({{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
  }
  return list;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// Servers count as they like; a count that no answer can have is none.
std::optional<std::int64_t> credible(std::optional<std::int64_t> tokens) {
  constexpr std::int64_t kMost = 1'000'000'000;
  return tokens && *tokens >= 0 && *tokens <= kMost ? tokens : std::nullopt;
}

std::optional<double> decode_seconds(const ResponseTimes& times) {
  const auto first = times.first_token();
  if (!first || !times.last_token || *times.last_token <= *first) return std::nullopt;
  return to_seconds(*times.last_token - *first);
}

/// Servers cut what they were asked for down to what is left of the window, and call it a length
/// like any other.
bool fills_window(const ChatResponse& response, const std::optional<std::int64_t>& window) {
  if (response.window_full) return true;
  const Usage& usage = response.usage;
  return response.finish == Finish::length && !response.oversize && window && usage.prompt_tokens &&
         usage.completion_tokens && *usage.prompt_tokens + *usage.completion_tokens >= *window;
}

std::string full_window_sentence(const Usage& usage) {
  std::string sentence = "the answer was cut because the window is full";
  if (usage.completion_tokens && usage.prompt_tokens) {
    sentence += " (" + std::to_string(*usage.prompt_tokens) + " tokens of the prompt and " +
                std::to_string(*usage.completion_tokens) + " of the answer)";
  }
  return sentence;
}

}  // namespace

Attempt::Attempt(const Trial& trial, Waiter& waiter)
    : trial_(trial),
      waiter_(waiter),
      started_(waiter.now()),
      meter_(trial.budget),
      transcript_(waiter.clock()) {
  record_.key = trial.key;
  record_.attempt = trial.attempt;
  record_.seed = trial.seed;
  record_.started_ms = waiter.clock().unix_ms();
  record_.budget = trial.budget;
}

void Attempt::begin(const std::string& prompt) {
  messages_ = trial_.task.opening;
  if (messages_.empty()) {
    messages_ = {{.role = Role::system, .text = trial_.scaffold.system}};
  } else {
    messages_.pop_back();  // the prompt
  }
  record_.opening = opening_json(messages_);
  messages_.push_back(
      {.role = Role::user, .text = with_background(prompt), .images = trial_.task.images});
  record_.opening["prompt"] = prompt;
  record_.opening["tools"] = tools_json(trial_.task.tools);
  record_.opening["images"] = trial_.task.images.size();
}

ChatRequest Attempt::request() const {
  return {.messages = messages_,
          .tools = trial_.task.tools,
          .seed = trial_.request_seed,
          .trial_header = trial_.trial_header,
          .allowed = meter_.left()};
}

double Attempt::to_unix_ms(Instant at) const {
  return static_cast<double>(record_.started_ms) + to_ms(at - started_);
}

void Attempt::charge(const ChatCost& cost) {
  for (int i = 0; i < cost.broken_calls; ++i) {
    log_.add(meter_.turns() + 1, Defect::args_truncated, Attribution::transport,
             "the stream broke off inside the call");
  }
  meter_.charge_model(cost.in_flight);
  meter_.add_waiting(cost.waited);
  record_.retries += std::max(0, cost.attempts - 1);
}

std::vector<ToolCall> Attempt::add_turn(const ChatResponse& response, const ChatCost& cost) {
  const auto first_token = response.times.first_token();
  RequestTiming timing{.start_ms = to_unix_ms(response.times.sent),
                       .end_ms = to_unix_ms(response.times.ended),
                       .ttft_ms = std::nullopt,
                       .decode_s = decode_seconds(response.times),
                       .tokens = credible(response.usage.completion_tokens),
                       .prompt_tokens = credible(response.usage.prompt_tokens)};
  if (first_token) timing.ttft_ms = to_ms(*first_token - response.times.sent);
  record_.requests.push_back(timing);
  record_.tokens_known = record_.tokens_known && timing.tokens.has_value();
  record_.completion_tokens += timing.tokens.value_or(0);
  record_.prompt_tokens += timing.prompt_tokens.value_or(0);

  meter_.add_turn(timing.tokens.value_or(0));
  meter_.note_caps();
  malformed_turns_ = malformed_now_ ? malformed_turns_ : 0;
  malformed_now_ = false;
  sentence_.clear();
  if (!response.has_token()) sentence_ = "the answer ended properly and held nothing";
  window_full_ = fills_window(response, trial_.window);
  if (window_full_) sentence_ = full_window_sentence(response.usage);
  if (response.finish == Finish::refused) {
    sentence_ = response.message.text.empty() ? "the server says that the answer was refused"
                                              : shortened(response.message.text, 300);
  }
  asked_ = messages_.size();
  last_ = response;
  last_took_ = cost.in_flight;
  judged_ = 0;
  log_.add_answer(meter_.turns(), response, to_seconds(cost.in_flight));
  Message message = response.message;
  std::vector<ToolCall> calls = message.calls;
  const auto lost = find_lost_call(response, trial_.task.tools);
  if (lost) {
    calls = rescue(*lost, message);
    add_lost(*lost, response, !calls.empty());
  }
  if (calls.empty()) final_ = message.text;
  messages_.push_back(std::move(message));

  transcript_.add("assistant", {{"turn", meter_.turns()},
                                {"text", response.message.text},
                                {"reasoning", response.message.reasoning},
                                {"calls", calls_json(response.message.calls)},
                                {"finish", finish_name(response.finish)},
                                {"finish_as_sent", response.finish_as_sent},
                                {"lost_call", lost ? Json(lost->sentence) : Json(nullptr)},
                                {"rescued", lost ? calls_json(calls) : Json::array()},
                                {"tokens", or_null(timing.tokens)},
                                {"prompt_tokens", or_null(timing.prompt_tokens)},
                                {"ttft_ms", or_null(timing.ttft_ms)},
                                {"seconds", to_seconds(cost.in_flight)},
                                {"waited_s", to_seconds(cost.waited)},
                                {"faults", cost.faults}});
  trial_.on_turn(meter_.turns());
  return calls;
}

void Attempt::add_user(const std::string& text) {
  messages_.push_back({.role = Role::user, .text = text});
  transcript_.add("user", {{"text", text}});
}

void Attempt::answer(const ToolCall& call, const std::string& text, std::vector<Image> images) {
  messages_.push_back(
      {.role = Role::tool, .text = text, .images = std::move(images), .call_id = call.id});
}

void Attempt::answer_malformed(const ToolCall& call, const CallJudgement& judgement) {
  if (!malformed_now_) ++malformed_turns_;
  malformed_now_ = true;
  same_calls_ = 0;
  sentence_ = judgement.sentence;
  const char* defect = defect_name(*judgement.defect);
  const bool by_us = last_.oversize && *judgement.defect == Defect::args_truncated;
  log_.add_spoilt(*judgement.defect, call.name, by_us);
  if (!last_.message.calls.empty())
    suspect(*judgement.defect, last_, std::nullopt, judged_, meter_.turns());
  ++judged_;
  const std::string text = with_problem(trial_.scaffold.malformed, judgement.sentence);
  answer(call, text);
  calls_.push_back({{"turn", meter_.turns()},
                    {"tool", valid_utf8(call.name)},
                    {"raw", valid_utf8(call.arguments)},
                    {"result", text},
                    {"ok", false},
                    {"malformed", true},
                    {"defect", defect}});
  transcript_.add("tool", {{"turn", meter_.turns()},
                           {"call", call.id},
                           {"name", call.name},
                           {"text", text},
                           {"ok", false},
                           {"defect", defect},
                           {"seconds", 0.0}});
}

std::optional<LoopEnd> Attempt::answer_result(const ToolCall& call, const Json& arguments,
                                              const ToolResult& result, Duration took) {
  meter_.charge_tool(took);
  meter_.note_caps();
  log_.add_valid();
  ++judged_;
  const std::string text = trial_.scaffold.shown_result(
      result.ok ? result.text : with_problem(trial_.scaffold.tool_error, result.text));
  answer(call, text, result.images);
  calls_.push_back({{"turn", meter_.turns()},
                    {"tool", call.name},
                    {"arguments", arguments},
                    {"raw", valid_utf8(call.arguments)},
                    {"result", text},
                    {"ok", result.ok},
                    {"malformed", false}});
  transcript_.add("tool", {{"turn", meter_.turns()},
                           {"call", call.id},
                           {"name", call.name},
                           {"text", text},
                           {"ok", result.ok},
                           {"images", result.images.size()},
                           {"defect", nullptr},
                           {"seconds", to_seconds(took)}});
  std::string call_and_result = call.name + '\n' + dump_json(arguments) + '\n' + text;
  same_calls_ = call_and_result == last_call_ ? same_calls_ + 1 : 1;
  last_call_ = std::move(call_and_result);
  if (same_calls_ < kSameCalls) return std::nullopt;
  sentence_ = "the same call with the same result, " + std::to_string(kSameCalls) +
              " times in a row: " + call.name;
  log_.add(meter_.turns(), Defect::repeat_loop, Attribution::model, call.name);
  return LoopEnd::looped;
}

void Attempt::add_grading(const Result<Grade>& grade) {
  if (!grade) {
    transcript_.add("grade", {{"error", full_sentence(grade.error())}});
    return;
  }
  Json list = Json::array();
  for (const Check& check : grade->checks) {
    list.push_back({{"name", check.name},
                    {"holds", check.holds},
                    {"must_not", check.must_not},
                    {"detail", check.detail}});
  }
  transcript_.add("grade", {{"checks", std::move(list)}, {"points", or_null(grade->points)}});
}

LoopEnd Attempt::without_answer(const Fault& fault) {
  transcript_.add("fault", {{"kind", fault_name(fault.kind)},
                            {"status", fault.status},
                            {"sentence", fault.sentence},
                            {"any_byte", fault.any_byte},
                            {"any_token", fault.any_token},
                            {"deterministic", fault.deterministic},
                            {"context_full", fault.context_full},
                            {"partial_text", shortened(fault.partial.message.text, 4096)},
                            {"partial_calls", calls_json(fault.partial.message.calls)}});
  sentence_ = fault.sentence;
  if (fault.kind == Fault::Kind::cancelled) return LoopEnd::interrupted;
  if (meter_.turns() == 0 && !fault.any_byte) return LoopEnd::never_reached;
  if (fault.kind == Fault::Kind::cut_off) {
    sentence_ = "the hard stop came while the model was answering";
    meter_.note_caps();
    return LoopEnd::hard_stop;
  }
  if (fault.context_full) return LoopEnd::context_full;
  if (!fault.unparsed && (!fault.deterministic || meter_.turns() == 0)) {
    return LoopEnd::endpoint_error;
  }
  log_.add_rejected(meter_.turns() + 1,
                    fault.unparsed ? "cannot read the answer" : "refuses the history");
  asked_ = messages_.size();
  if (fault.unparsed) {
    suspect(Defect::server_rejected, fault.partial, std::nullopt, 0, meter_.turns() + 1);
  }
  return LoopEnd::server_rejected;
}

LoopEnd Attempt::without_sandbox(const Error& error) {
  sentence_ = full_sentence(error);
  return error.code == Code::cancelled ? LoopEnd::interrupted : LoopEnd::sandbox_error;
}

LoopEnd Attempt::lost(const Error& error) {
  sentence_ = full_sentence(error);
  if (error.code == Code::cancelled) return LoopEnd::interrupted;
  const bool by_task =
      error.code == Code::config || error.code == Code::limit || error.code == Code::not_found;
  return by_task ? LoopEnd::task_error : LoopEnd::sandbox_error;
}

Json Attempt::summary() const {
  return {{"final", valid_utf8(final_)}, {"turns", meter_.turns()}, {"calls", calls_}};
}

TrialRecord Attempt::end(LoopEnd end, Grading grading) {
  transcript_.add("end", {{"why", loop_end_name(end)}, {"sentence", sentence_}});
  const Budget& budget = meter_.budget();
  if (end == LoopEnd::answered || end == LoopEnd::empty_answer || end == LoopEnd::refused) {
    record_.finished_at = FinishedAt{
        .turns = meter_.turns(), .seconds = meter_.clocks().charged_s(), .tokens = meter_.tokens()};
  }
  record_.verdict = judge({.end = end,
                           .sentence = sentence_,
                           .first_cap = meter_.first_cap(),
                           .reached_turn_stop = meter_.turns() >= budget.stop_turns,
                           .reached_token_stop = meter_.tokens() >= budget.stop_tokens,
                           .has_tools = !trial_.task.tools.empty(),
                           .run_calls = log_.run(),
                           .spoilt_calls = log_.spoilt(),
                           .retries = record_.retries,
                           .fatal_call = fatal_call(end),
                           .grading = std::move(grading)});
  const Verdict& verdict = record_.verdict;
  if (verdict.reason == Reason::gave_up && log_.run() + log_.spoilt() == 0) {
    log_.add(meter_.turns(), Defect::no_call,
             verdict.blame == Blame::model ? Attribution::model : Attribution::undetermined, "");
  }
  record_.calls = log_.close(verdict.outcome == Outcome::passed);
  record_.clocks = meter_.clocks();
  record_.turns = meter_.turns();
  record_.events = transcript_.take();
  return std::move(record_);
}

}  // namespace plumb
