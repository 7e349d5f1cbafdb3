#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/endpoint/probe_steps.hpp"

namespace plumb {
namespace {

constexpr const char* kReady = "Answer with the word: ready";
constexpr const char* kReckon = "Is 17 times 23 more than 400? Answer with yes or no.";

/// Ways to switch thinking, in the order in which they are tried.
const std::vector<std::string> kSwitches = {"chat_template_kwargs", "reasoning_effort", "reasoning",
                                            "thinking", "none"};

/// Changes one thing about how the contestant is asked, according to what the server refused, and
/// each thing once; false when its words give no hint.
bool give_way(Contestant& contestant, const std::string& refusal, std::set<std::string>& changed,
              std::vector<std::string>& given_up) {
  const std::string words = lower(refusal);
  const auto named = [&](const std::string& name) {
    return words.find(name) != std::string::npos && changed.insert(name).second;
  };
  Dialect& dialect = contestant.dialect;
  if (named("max_completion_tokens") && dialect.max_tokens_field != "max_completion_tokens") {
    dialect.max_tokens_field = "max_completion_tokens";
    return true;
  }
  if (named("max_tokens") && dialect.max_tokens_field == "max_completion_tokens") {
    dialect.max_tokens_field = "max_tokens";
    return true;
  }
  if (named("stream_options") && dialect.stream_usage.value_or(true)) {
    dialect.stream_usage = false;
    return true;
  }
  for (std::size_t i = 0; i + 1 < kSwitches.size(); ++i) {
    if (dialect.thinking_switch.value_or(kSwitches[0]) != kSwitches[i] || !named(kSwitches[i])) {
      continue;
    }
    dialect.thinking_switch = kSwitches[i + 1];
    return true;
  }
  // A seed that is not asked for today may be tomorrow.
  Contestant seeded = contestant;
  seeded.sampling.seed = seeded.sampling.seed.value_or(1);
  auto names = sampling_names(seeded);
  const auto refused =
      std::ranges::find_if(names, [&](const auto& name) { return named(name.second); });
  if (refused == names.end()) return false;
  given_up.push_back(refused->first);
  names.erase(refused);
  dialect.sampling_names = std::move(names);
  return true;
}

bool thinks(const ChatReply& reply) {
  if (!reply.answer) return false;
  const ChatResponse& response = *reply.answer;
  return !response.message.reasoning.empty() || response.usage.reasoning_tokens.value_or(0) > 0 ||
         trimmed(response.message.text).starts_with("<think>");
}

Contestant with_thinking(const Contestant& contestant, bool on, const std::string& how) {
  Contestant variant = contestant;
  variant.sampling.thinking = on;
  variant.dialect.thinking_switch = how;
  return variant;
}

Question short_question(const char* text) {
  return {.messages = {{.role = Role::user, .text = text}}, .tools = {}, .max_tokens = 256};
}

}  // namespace

void probe_reach(ProbeTalk& talk, CapabilityCard& card) {
  std::vector<std::string> given_up;
  std::set<std::string> changed;
  ChatReply reply = talk.ask(kReady, 64);
  while (is_refusal(reply)) {
    Contestant humbler = talk.contestant();
    if (!give_way(humbler, reply.answer.error().sentence, changed, given_up)) break;
    talk.learn(humbler);
    reply = talk.ask(kReady, 64);
  }
  card.unsent = unsent_sampling(talk.contestant());
  if (!reply.answer) {
    card.findings.push_back({"reachable", Basis::measured, false, reply.answer.error().sentence});
    return;
  }
  const bool token = reply.answer->has_token();
  card.findings.push_back({"reachable", Basis::measured, true,
                           token ? "a plain question was answered: " + told(reply)
                                 : "an answer came, without a token"});
  if (!reply.answer->model_as_served.empty()) {
    card.findings.push_back({"model", Basis::measured, reply.answer->model_as_served,
                             "answers are signed by " + reply.answer->model_as_served});
  }
  const bool counted = reply.answer->usage.completion_tokens.has_value();
  card.findings.push_back(
      {"stream_usage", Basis::measured, counted,
       counted ? "streams end with the tokens that they cost"
               : "streams do not say how many tokens they cost: rates are unknown"});
  const bool all = card.unsent.empty();
  std::string sentence = all ? "every sampling parameter is sent"
                             : "cannot be told to this server: " + join(card.unsent, ", ");
  if (!given_up.empty()) sentence += " (it refused " + join(given_up, ", ") + ")";
  card.findings.push_back(
      {"sampling", given_up.empty() ? Basis::declared : Basis::measured, card.unsent, sentence});
}

void probe_roles(ProbeTalk& talk, CapabilityCard& card) {
  const Message system{.role = Role::system, .text = "You are brief."};
  const Message user{.role = Role::user, .text = "A word follows."};
  const Message last{.role = Role::user, .text = kReady};
  const auto ask = [&](std::vector<Message> messages) {
    return talk.ask({.messages = std::move(messages), .tools = {}, .max_tokens = 64});
  };
  ChatReply reply = ask({system, last});
  if (is_refusal(reply) && !talk.contestant().dialect.system_as_user) {
    const std::string refusal = told(reply);
    Contestant other = talk.contestant();
    other.dialect.system_as_user = true;
    talk.learn(other);
    reply = ask({system, last});
    card.findings.push_back({"system_role", Basis::measured, false,
                             "a system prompt is refused (" + refusal +
                                 "); it leads the first message of the user instead"});
  } else {
    const bool taken = reply.answer.has_value();
    card.findings.push_back({"system_role", taken ? Basis::measured : Basis::unknown,
                             taken ? Json(true) : Json(nullptr),
                             taken ? "a system prompt is taken" : told(reply)});
  }
  reply = ask({user, last});
  if (reply.answer) {
    card.findings.push_back(
        {"roles", Basis::measured, "free", "two messages of one role in a row are taken"});
    return;
  }
  if (!is_refusal(reply)) {
    card.findings.push_back({"roles", Basis::unknown, nullptr, told(reply)});
    return;
  }
  const std::string refusal = told(reply);
  Contestant other = talk.contestant();
  other.dialect.merge_roles = true;
  const bool helps = talk.ask_as(other, {.messages = {user, last}, .tools = {}, .max_tokens = 64})
                         .answer.has_value();
  if (helps) talk.learn(other);
  card.findings.push_back(
      {"roles", helps ? Basis::measured : Basis::unknown, helps ? Json("strict") : Json(nullptr),
       helps ? "roles must alternate (" + refusal + "): messages of one role are merged"
             : "two messages of one role are refused, merged ones too: " + refusal});
}

void probe_thinking(ProbeTalk& talk, CapabilityCard& card) {
  const auto add = [&](Basis basis, Json value, std::string sentence) {
    card.findings.push_back({"thinking", basis, std::move(value), std::move(sentence)});
  };
  std::vector<std::string> switches = kSwitches;
  const auto& known = talk.contestant().dialect.thinking_switch;
  if (known) switches = {*known};
  const Question question = short_question(kReckon);
  const ChatReply as_it_is = talk.ask(question);
  bool seen = thinks(as_it_is);
  for (const std::string& how : switches) {
    if (how == "none") break;
    const ChatReply on = talk.ask_as(with_thinking(talk.contestant(), true, how), question);
    const ChatReply off = talk.ask_as(with_thinking(talk.contestant(), false, how), question);
    seen |= thinks(on) || thinks(off);
    if (!thinks(on) || !off.answer || thinks(off)) continue;
    Contestant other = talk.contestant();
    other.dialect.thinking_switch = how;
    talk.learn(other);
    talk.learn_quiet(with_thinking(talk.contestant(), false, how));
    const char* usual = thinks(as_it_is) ? "on" : "off";
    return add(Basis::measured, "switchable",
               fmt::format("it thinks when it is asked to and not when it is asked not to (by {}); "
                           "as it is asked now, thinking is {}",
                           how, usual));
  }
  if (!as_it_is.answer) return add(Basis::unknown, nullptr, told(as_it_is));
  if (!seen)
    return add(Basis::measured, "none", "no reasoning came, whichever way it was asked for");
  add(Basis::measured, "stuck",
      "it thinks, and could not be asked to stop (tried: " +
          join({switches.begin(), std::ranges::find(switches, "none")}, ", ") + ")");
  if (talk.contestant().sampling.thinking == false) {
    card.alarms.push_back(
        {{"id", "thinking_stuck"},
         {"contestant", card.contestant},
         {"task", nullptr},
         {"sentence", "thinking was to be off, and goes on"},
         {"evidence", told(as_it_is)},
         {"remedy", "turn it off on the server, or compare it as a thinking model"}});
  }
}

}  // namespace plumb
