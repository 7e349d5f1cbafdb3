#include "plugins/endpoints/replay.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "plugins/endpoints/replay_trial.hpp"

namespace plumb {
namespace {

class Replay final : public Endpoint {
 public:
  Replay(Store& store, std::string run, std::string contestant, std::string model)
      : store_(store),
        run_(std::move(run)),
        contestant_(std::move(contestant)),
        model_(std::move(model)) {}

  ChatReply chat(const ChatRequest& request, Waiter& waiter) override {
    const auto header = parse_json(request.trial_header);
    if (!header || !header->is_object())
      return said("This is a replay: it answers trials.", waiter);
    if (!request.streamed) {
      return {.answer = std::unexpected(no_such_turn("a replay holds streamed answers only"))};
    }
    const TrialKey key{contestant_, json_or(*header, "task", ""),
                       static_cast<int>(json_or<std::int64_t>(*header, "repeat", 0))};
    const auto trial = stored(key);
    if (!trial) return {.answer = std::unexpected(no_such_turn(full_sentence(trial.error())))};
    const ReplayAnswer answer = (*trial)->answer(request.messages);
    if (!answer.response) return {.answer = std::unexpected(answer.fault)};
    ChatReply reply{
        .answer = *answer.response,
        .cost = {.in_flight = answer.in_flight, .waited = answer.waited, .attempts = 1}};
    set_times(*reply.answer, answer, waiter.now());
    return reply;
  }

  std::expected<std::vector<ServedModel>, Fault> models(Waiter&) override {
    return std::vector<ServedModel>{{.id = model_}};
  }
  std::expected<PlainReply, Fault> fetch(const PlainRequest&, Waiter&) override {
    return PlainReply{.status = 404};
  }

 private:
  static ChatReply said(std::string text, Waiter& waiter) {
    ChatResponse response{.message = {.role = Role::assistant, .text = std::move(text)}};
    set_times(response, {}, waiter.now());
    return {.answer = std::move(response), .cost = {.attempts = 1}};
  }
  static Fault no_such_turn(std::string sentence) { return replay_fault(std::move(sentence)); }

  /// What took so long then has just ended.
  static void set_times(ChatResponse& response, const ReplayAnswer& answer, Instant now) {
    ResponseTimes& times = response.times;
    times.sent = now - answer.in_flight;
    times.ended = now;
    times.first_byte = times.sent + answer.to_first_token;
    if (!response.has_token()) return;
    const bool words = !response.message.text.empty() || !response.message.reasoning.empty();
    (words ? times.first_text : times.first_tool_delta) = times.first_byte;
    times.last_token = times.ended;
  }

  Result<std::shared_ptr<const ReplayTrial>> stored(const TrialKey& key) {
    const std::lock_guard lock(mutex_);
    auto& known = trials_[key];
    if (!known) {
      PLUMB_TRY(const TrialRecord record, store_.trial(run_, key, 0));
      if (record.verdict.outcome == Outcome::skipped || record.opening.empty()) {
        return fail(Code::not_found,
                    fmt::format("the stored trial of {} was never played: {}", key.task,
                                record.verdict.sentence.empty() ? "nothing of it was stored"
                                                                : record.verdict.sentence));
      }
      known = std::make_shared<const ReplayTrial>(record);
    }
    return known;
  }

  Store& store_;
  std::string run_;
  std::string contestant_;
  std::string model_;
  std::mutex mutex_;  ///< guards trials_
  std::map<TrialKey, std::shared_ptr<const ReplayTrial>> trials_;
};

}  // namespace

ReplaySource parse_replay(std::string_view url) {
  constexpr std::string_view kScheme = "replay:";
  if (url.starts_with(kScheme)) url.remove_prefix(kScheme.size());
  const auto slash = std::min(url.find('/'), url.size());
  return {std::string(url.substr(0, slash)),
          std::string(url.substr(std::min(slash + 1, url.size())))};
}

Result<std::unique_ptr<Endpoint>> make_replay(const Contestant& contestant, Store& store) {
  const ReplaySource source = parse_replay(contestant.url);
  PLUMB_TRY(const RunInfo run, store.run(source.run.empty() ? "last" : source.run));
  std::vector<std::string> names;
  for (const Json& one : run.plan.value("contestants", Json::array())) {
    const std::string name = json_or(one, "name", "");
    names.push_back(name);
    if (source.contestant != name) continue;
    return std::make_unique<Replay>(store, run.id, name, json_or(one, "model", ""));
  }
  if (source.contestant.empty() && names.size() == 1) {
    return std::make_unique<Replay>(store, run.id, names.front(),
                                    json_or(run.plan["contestants"][0], "model", ""));
  }
  return fail(Code::usage,
              fmt::format("contestant \"{}\": run {} has {}; its contestants are {}: write "
                          "replay:{}/NAME",
                          contestant.name, run.id,
                          source.contestant.empty()
                              ? "several"
                              : fmt::format("no \"{}\"{}", printable(source.contestant),
                                            did_you_mean(source.contestant, names)),
                          join(names, ", "), run.id));
}

}  // namespace plumb
