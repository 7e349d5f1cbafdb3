#include "core/run/reach.hpp"

#include <algorithm>
#include <utility>

#include "core/base/files.hpp"

namespace plumb {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(500);

}  // namespace

BareAnswer bare_request(Endpoint& endpoint, Waiter& waiter) {
  const Message message{.role = Role::user, .text = "Answer with the word: ready"};
  constexpr auto kPatience = std::chrono::seconds(60);
  const ChatReply reply = endpoint.chat({.messages = {&message, 1},
                                         .tools = {},
                                         .seed = std::nullopt,
                                         .trial_header = "",
                                         .allowed = kPatience,
                                         .loading_patience = Duration::zero()},
                                        waiter);
  if (reply.answer) {
    const bool token = reply.answer->has_token();
    return {
        .any_byte = true, .any_token = token, .sentence = token ? "" : "its answer held nothing"};
  }
  const Fault& fault = reply.answer.error();
  return {.any_byte = fault.any_byte,
          .any_token = fault.any_token,
          .sentence = fault.sentence,
          .loading = fault.loading};
}

bool was_answered(const TrialRecord& record) {
  // Before its first turn a trial may end for reasons of its sandbox or its task.
  return record.turns > 0 || record.verdict.reason == Reason::endpoint_error;
}

/// The hard stop came before a single token did.
bool was_silent_to_the_end(const TrialRecord& record) {
  const auto has_token = [](const Json& event) {
    return json_or(event, "type", "") == "assistant" || json_or(event, "any_token", false);
  };
  return record.verdict.reason == Reason::time && std::ranges::none_of(record.events, has_token);
}

bool wants_bare_request(const TrialRecord& record) {
  const Reason reason = record.verdict.reason;
  const bool no_answer = reason == Reason::never_reached || reason == Reason::endpoint_error;
  const bool empty = reason == Reason::gave_up && record.verdict.blame == Blame::undetermined &&
                     record.calls.total == 0;
  return no_answer || empty || was_silent_to_the_end(record);
}

void blame_by_bare_request(TrialRecord& record, const BareAnswer& answer) {
  Verdict& verdict = record.verdict;
  record.events.push_back(
      {{"type", "note"},
       {"text", answer.any_token ? "a bare request right after the trial was answered"
                                 : "a bare request right after the trial got no answer either: " +
                                       answer.sentence}});
  if (verdict.reason == Reason::gave_up) {
    // The answer was empty; whoever answers nothing to nobody else is the model.
    verdict.blame = answer.any_token ? Blame::model : Blame::server;
    return;
  }
  if (verdict.reason == Reason::time) {
    if (answer.any_token) return;  // slow, not silent
    verdict.outcome = Outcome::invalid;
    verdict.reason = Reason::endpoint_error;
    verdict.blame = Blame::server;
    verdict.sentence =
        "no token came within the trial's whole time, nor to a bare request after it: " +
        answer.sentence;
    return;
  }
  if (answer.any_token) {
    // Somebody is there: the server failed on this trial's requests alone.
    verdict.blame = Blame::undetermined;
    verdict.sentence += "; a bare request right after was answered";
  } else {
    verdict.blame = answer.any_byte ? Blame::server : Blame::transport;
  }
}

Result<std::shared_ptr<const Task>> load_path_check() {
  PLUMB_TRY(const Suite suite, load_suite({(resource_dir() / "tasks" / "path-check").string()}));
  return suite.tasks.front();
}

std::expected<std::vector<ServedModel>, Fault> models_once_loaded(
    Endpoint& endpoint, Waiter& waiter, const std::function<void()>& on_loading) {
  const Instant give_up = after(waiter.now(), kLoadingPatience);
  Duration pause = kFirstPause;
  bool told = false;
  while (true) {
    auto models = endpoint.models(waiter);
    if (models || !models.error().loading || waiter.now() >= give_up) return models;
    if (!std::exchange(told, true)) on_loading();
    if (waiter.wait([] { return false; }, after(waiter.now(), pause)) == Waiter::End::stopped) {
      return models;
    }
    pause = std::min<Duration>(pause * 2, std::chrono::seconds(5));
  }
}

bool wait_for_recovery(Endpoint& endpoint, Duration patience, const std::stop_token& stop) {
  Waiter waiter(real_clock(), stop);
  Instant give_up = after(waiter.now(), patience);
  Duration pause = kFirstPause;
  bool answered = false;
  bool loading = false;
  while (!answered && !stop.stop_requested() && waiter.now() < give_up) {
    waiter.wait([] { return false; }, std::min(after(waiter.now(), pause), give_up));
    pause = std::min<Duration>(pause * 2, std::chrono::seconds(10));
    const auto models = endpoint.models(waiter);
    // Any byte will do: a server that says 404 is there.
    answered = models.has_value() || (models.error().any_byte && !models.error().loading);
    if (!answered && models.error().loading && !std::exchange(loading, true)) {
      give_up = std::max(give_up, after(waiter.now(), kLoadingPatience));
    }
  }
  return answered;
}

}  // namespace plumb
