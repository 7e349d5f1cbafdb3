#include <algorithm>
#include <array>

#include "core/endpoint/contestant.hpp"

namespace plumb {
namespace {

/// A parameter of the sampler as it would be sent.
struct Parameter {
  const char* name;
  Json value;
  bool by_user;
};

std::vector<Parameter> parameters(const Sampling& asked, std::optional<std::int64_t> seed) {
  const Sampling sent = sent_sampling(asked);
  std::vector<Parameter> all = {
      {"temperature", *sent.temperature, asked.temperature.has_value()},
      {"top_p", *sent.top_p, asked.top_p.has_value()},
      {"top_k", *sent.top_k, asked.top_k.has_value()},
      {"min_p", *sent.min_p, asked.min_p.has_value()},
      {"presence_penalty", *sent.presence_penalty, asked.presence_penalty.has_value()},
      {"frequency_penalty", *sent.frequency_penalty, asked.frequency_penalty.has_value()},
      {"repetition_penalty", *sent.repetition_penalty, asked.repetition_penalty.has_value()}};
  if (!seed) seed = asked.seed;
  if (seed) all.push_back({"seed", *seed, true});
  return all;
}

/// Whether every server of the protocol takes it.
bool is_common(const Contestant& contestant, std::string_view name) {
  const auto among = [&](const auto& names) {
    return std::ranges::find(names, name) != names.end();
  };
  constexpr std::array kChat = {"temperature", "top_p", "presence_penalty", "frequency_penalty"};
  constexpr std::array kResponses = {"temperature", "top_p"};
  if (contestant.api == "responses") return among(kResponses);
  if (contestant.api == "messages") {
    // It wants one of temperature and top_p, and no temperature but 1 while it thinks.
    const Sampling& asked = contestant.sampling;
    return name == "temperature" && !asked.top_p && !asked.thinking.value_or(false);
  }
  return among(kChat);
}

/// Whether the protocol has it at all; servers of chat completions have more than its paper.
bool is_of_protocol(const Contestant& contestant, std::string_view name) {
  const auto among = [&](const auto& names) {
    return std::ranges::find(names, name) != names.end();
  };
  constexpr std::array kNotInResponses = {"seed", "min_p", "repetition_penalty", "top_k"};
  constexpr std::array kNotInMessages = {"seed", "min_p", "presence_penalty", "frequency_penalty",
                                         "repetition_penalty"};
  if (contestant.api == "responses") return !among(kNotInResponses);
  if (contestant.api == "messages") return !among(kNotInMessages);
  return true;
}

std::optional<std::string> name_there(const Contestant& contestant, const Parameter& parameter) {
  const bool common = is_common(contestant, parameter.name);
  const auto& names = contestant.dialect.sampling_names;
  if (!names) {
    const bool sent = common || (parameter.by_user && is_of_protocol(contestant, parameter.name));
    return sent ? std::optional<std::string>(parameter.name) : std::nullopt;
  }
  // The names are those of chat completions; in the other protocols a server may take fewer.
  const auto at = names->find(parameter.name);
  const bool takes =
      at != names->end() && (common || parameter.by_user || contestant.api == "chat");
  return takes ? std::optional(at->second) : std::nullopt;
}

/// Our word for "off" in the server's words.
Json value_there(const Contestant& contestant, const Parameter& parameter) {
  const std::map<std::string, Json, std::less<>> switched_off = {{"top_k", -1},
                                                                 {"min_p", 0.0},
                                                                 {"presence_penalty", 0.0},
                                                                 {"frequency_penalty", 0.0},
                                                                 {"repetition_penalty", 1.0}};
  const auto& off = contestant.dialect.sampling_off;
  const auto ours = switched_off.find(parameter.name);
  const bool is_off = ours != switched_off.end() && ours->second == parameter.value;
  if (!is_off || !off || !off->contains(parameter.name)) return parameter.value;
  return off->at(parameter.name);
}

}  // namespace

Sampling sent_sampling(const Sampling& sampling) {
  Sampling sent = sampling;
  sent.temperature = sampling.temperature.value_or(0.6);
  sent.top_p = sampling.top_p.value_or(0.95);
  sent.top_k = sampling.top_k.value_or(-1);
  sent.min_p = sampling.min_p.value_or(0);
  sent.presence_penalty = sampling.presence_penalty.value_or(0);
  sent.frequency_penalty = sampling.frequency_penalty.value_or(0);
  sent.repetition_penalty = sampling.repetition_penalty.value_or(1);
  return sent;
}

Json sampling_fields(const Contestant& contestant, std::optional<std::int64_t> seed) {
  Json fields = Json::object();
  for (const Parameter& parameter : parameters(contestant.sampling, seed)) {
    if (const auto name = name_there(contestant, parameter)) {
      fields[*name] = value_there(contestant, parameter);
    }
  }
  return fields;
}

std::map<std::string, std::string> sampling_names(const Contestant& contestant) {
  std::map<std::string, std::string> names;
  for (const Parameter& parameter : parameters(contestant.sampling, std::nullopt)) {
    if (const auto name = name_there(contestant, parameter)) names[parameter.name] = *name;
  }
  return names;
}

std::vector<std::string> unsent_sampling(const Contestant& contestant) {
  std::vector<std::string> unsent;
  for (const Parameter& parameter : parameters(contestant.sampling, std::nullopt)) {
    const bool by_hand = contestant.extra_body.contains(parameter.name);
    if (!by_hand && !name_there(contestant, parameter)) unsent.emplace_back(parameter.name);
  }
  const bool stuck = contestant.dialect.thinking_switch == "none";
  if (contestant.sampling.thinking && stuck) unsent.emplace_back("thinking");
  return unsent;
}

}  // namespace plumb
