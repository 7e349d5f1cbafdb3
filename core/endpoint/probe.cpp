#include "core/endpoint/probe.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/endpoint/probe_steps.hpp"

namespace plumb {
namespace {

/// What the server says about itself, as lines of the card, and how its kind wants to be asked.
void ask_server(ProbeTalk& talk, CapabilityCard& card) {
  const auto facts =
      discover_server(talk.endpoint(), talk.parts().servers, talk.contestant().server,
                      talk.contestant().model, talk.waiter());
  if (facts) card.server = *facts;
  const ServerKind* kind = talk.parts().servers.find(card.server.kind);
  card.findings.push_back({"server", kind != nullptr ? Basis::declared : Basis::unknown,
                           kind != nullptr ? Json(card.server.kind) : Json(nullptr),
                           kind != nullptr ? "it is recognised as " + kind->title
                           : facts         ? "none of the known kinds of server"
                                           : facts.error().sentence});
  for (const auto& [name, declared] : card.server.facts) {
    card.findings.push_back(
        {"declared_" + name, Basis::declared, declared.value,
         shortened(declared.value.is_string() ? declared.value.get<std::string>()
                                              : dump_json(declared.value),
                   120) +
             " (" + declared.route + ")"});
  }
  if (kind == nullptr) return;
  Contestant asked = talk.contestant();
  asked.server = card.server.kind;
  // A kind's file speaks of the chat protocol.
  if (asked.api == "chat") asked.dialect.complete(kind->dialect);
  talk.learn(asked);
}

void ask_rendered_prompt(ProbeTalk& talk, CapabilityCard& card) {
  const ServerKind* kind = talk.parts().servers.find(card.server.kind);
  const auto hash = kind == nullptr ? std::nullopt
                                    : rendered_prompt_hash(talk.endpoint(), *kind,
                                                           talk.contestant().model, talk.waiter());
  card.findings.push_back(
      {"rendered_prompt", hash ? Basis::measured : Basis::unknown,
       hash ? Json(*hash) : Json(nullptr),
       hash ? "a fixed tool conversation as the server renders it has the hash " +
                  hash->substr(0, 16)
            : "the server has no route that renders or tokenizes a conversation"});
}

/// The longest prompt that the run may need: of a task, or of a window that is to be filled.
std::int64_t longest_prompt(const CapabilityCard& card, const Contestant& contestant,
                            const ProbeOptions& options) {
  const std::int64_t window =
      contestant.context > 0 ? contestant.context : card.declared_window().value_or(0);
  const double filled = options.fill * static_cast<double>(window);
  return std::max(options.longest_prompt, static_cast<std::int64_t>(filled));
}

}  // namespace

Result<CapabilityCard> probe(const Contestant& contestant, const ProbeParts& parts,
                             const ProbeOptions& options, std::stop_token stop) {
  Waiter waiter(real_clock(), std::move(stop));
  ProbeTalk talk(contestant, parts, waiter);
  PLUMB_CHECK(talk.status());
  CapabilityCard card{.contestant = contestant.name,
                      .model = contestant.model,
                      .url = redacted_url(contestant.url)};
  const Instant begun = waiter.now();
  const auto step = [&](const char* what, const auto& body) {
    if (waiter.stopped()) return;
    parts.on_step(what);
    body();
  };
  // What only spares trials may be left out when a slow server has been asked for long enough.
  const auto lesser_step = [&](const char* what, const auto& body) {
    constexpr auto kBriefly = std::chrono::minutes(5);
    if (!options.brief || waiter.now() - begun < kBriefly) step(what, body);
  };
  step("what the server says about itself", [&] { ask_server(talk, card); });
  PLUMB_CHECK(talk.status());
  if (options.fill > 0) step("its KV cache", [&] { probe_capacity(talk, card); });
  step("a plain question", [&] { probe_reach(talk, card); });
  if (!waiter.stopped() && !card.lacks("reachable")) {
    step("roles", [&] { probe_roles(talk, card); });
    step("thinking", [&] { probe_thinking(talk, card); });
    step("tool calls", [&] { probe_tools(talk, card); });
    if (options.speed) {
      step("decode rate", [&] { probe_decode(talk, card, options); });
      step("a tool-using conversation", [&] { probe_pace(talk, card, options); });
    }
    step("long prompts",
         [&] { probe_prefill(talk, card, longest_prompt(card, contestant, options)); });
    lesser_step("a picture", [&] { probe_vision(talk, card); });
    lesser_step("parallel calls", [&] { probe_parallel(talk, card); });
    lesser_step("repeatability", [&] { probe_repeatability(talk, card); });
    lesser_step("errors", [&] { probe_errors(talk, card); });
    step("the rendered prompt", [&] { ask_rendered_prompt(talk, card); });
    if (options.grid) step("grid", [&] { probe_grid(talk, card, options); });
  } else {
    card.pace_missing = "it gave no answer";
  }
  if (waiter.stopped()) return fail(Code::cancelled, "interrupted");
  card.dialect = talk.contestant().dialect;
  return card;
}

}  // namespace plumb
