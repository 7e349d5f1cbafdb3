#include <algorithm>
#include <array>
#include <random>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/endpoint/picture.hpp"
#include "core/endpoint/probe_steps.hpp"
#include "core/endpoint/probe_texts.hpp"
#include "core/schema/call_judge.hpp"
#include "core/schema/lost_call.hpp"

namespace plumb {
namespace {

constexpr int kTries = 3;  ///< a weak model may miss a simple order once

ToolSpec report_tool() {
  return {.name = "report_code",
          .description = "Reports a code to the operator.",
          .parameters = {
              {"type", "object"},
              {"properties",
               {{"code", {{"type", "string"}, {"description", "The code, as it was given."}}}}},
              {"required", {"code"}}}};
}

Question order(std::string text) {
  return {.messages = {{.role = Role::user, .text = std::move(text)}},
          .tools = {report_tool()},
          .max_tokens = 2048};
}

/// How a wanted tool call came.
struct Arrival {
  /// "structured", "wrong" (another call than the wanted one), "leaked_text", "leaked_reasoning",
  /// "swallowed", "refused" (a request with tools), "none".
  std::string form;
  std::string sentence;
};

/// Whether the server, and not the model, will have no tools.
bool refuses_tools(const ProbeTalk& talk, const ChatReply& reply) {
  if (!is_refusal(reply)) return false;
  constexpr std::array kAboutTheRequest = {400, 404, 422, 501};
  const int status = reply.answer.error().status;
  if (std::ranges::find(kAboutTheRequest, status) == kAboutTheRequest.end()) return false;
  return talk.says("no_tools", reply) || lower(told(reply)).find("tool") != std::string::npos;
}

Arrival arrival_of(const ProbeTalk& talk, const ChatReply& reply, const std::string& code) {
  if (refuses_tools(talk, reply)) {
    return {"refused", "a request with tools is refused: " + told(reply)};
  }
  if (!reply.answer) return {"", told(reply)};
  const ChatResponse& response = *reply.answer;
  const std::vector<ToolSpec> tools = {report_tool()};
  const auto judge = CallJudge::create(tools);
  if (!judge) return {"", judge.error().sentence};
  for (const ToolCall& call : response.message.calls) {
    const CallJudgement judged = judge->judge(call, response.finish == Finish::length);
    if (judged.defect) return {"wrong", "a call came with a defect: " + judged.sentence};
    if (json_or(judged.arguments, "code", "") != code) {
      return {"wrong", "a call came with another code than the one that was asked for"};
    }
    return {"structured", "a call with a nonce came as a structured tool call"};
  }
  if (const auto lost = find_lost_call(response, tools)) {
    return {defect_name(lost->defect), lost->sentence + ": " + told(reply)};
  }
  if (response.finish == Finish::length) {
    return {"", "the answer was cut before a call could come: " + told(reply)};
  }
  return {"none", "instead of a call came " + told(reply)};
}

std::string remedy_for(const ProbeTalk& talk, const CapabilityCard& card, const char* what,
                       const char* otherwise) {
  const ServerKind* kind = talk.parts().servers.find(card.server.kind);
  if (kind == nullptr) return otherwise;
  const auto remedy = kind->remedies.find(what);
  return remedy == kind->remedies.end() ? otherwise : remedy->second;
}

/// Whether the server takes the result of a tool and the model goes on from it. Some templates want
/// ids of nine letters and digits, whatever their own server made.
void probe_result(ProbeTalk& talk, CapabilityCard& card, const Question& asked,
                  const ChatResponse& answer) {
  Question next = asked;
  next.messages.push_back(answer.message);
  for (const ToolCall& call : answer.message.calls) {
    next.messages.push_back(
        {.role = Role::tool, .text = "The code was reported.", .call_id = call.id});
  }
  ChatReply reply = talk.ask(next);
  if (is_refusal(reply) && !talk.contestant().dialect.id_format) {
    Contestant other = talk.contestant();
    other.dialect.id_format = "nine";
    ChatReply again = talk.ask_as(other, next);
    if (again.answer) {
      talk.learn(other);
      reply = std::move(again);
    }
  }
  card.findings.push_back({"tool_results", Basis::measured, reply.answer.has_value(),
                           reply.answer
                               ? "the result of a tool is taken, and answered with " + told(reply)
                               : "the result of a tool is refused: " + told(reply)});
}

/// All that an answer says, for comparing answers.
std::string words_of(const ChatReply& reply) {
  return reply.answer ? reply.answer->message.text + reply.answer->message.reasoning : "";
}

Contestant with_sampler(const Contestant& contestant, double temperature, std::int64_t seed) {
  Contestant variant = contestant;
  variant.sampling.temperature = temperature;
  variant.sampling.seed = seed;
  return variant;
}

}  // namespace

void probe_tools(ProbeTalk& talk, CapabilityCard& card) {
  Arrival arrival;
  for (int i = 0; i < kTries && arrival.form != "structured" && !talk.waiter().stopped(); ++i) {
    const std::string code = make_code();
    const Question asked = order(
        fmt::format("Call the tool report_code with code \"{}\". Do not answer in words.", code));
    const ChatReply reply = talk.ask(asked);
    Arrival now = arrival_of(talk, reply, code);
    // The most telling of the tries is kept: a leak says more than a refusal to call.
    if (arrival.form.empty() || arrival.form == "none" || now.form == "structured") arrival = now;
    if (now.form == "structured") probe_result(talk, card, asked, *reply.answer);
  }
  const bool known = !arrival.form.empty();
  card.findings.push_back({"tool_calls", known ? Basis::measured : Basis::unknown,
                           known ? Json(arrival.form) : Json(nullptr), arrival.sentence});
  constexpr std::array kLost = {"leaked_text", "leaked_reasoning", "swallowed", "refused"};
  if (std::ranges::find(kLost, arrival.form) != kLost.end()) {
    card.alarms.push_back(
        {{"id", "parser_off"},
         {"contestant", card.contestant},
         {"task", nullptr},
         {"sentence", "tool calls do not arrive as tool calls (" + arrival.form + ")"},
         {"evidence", arrival.sentence},
         {"remedy", remedy_for(talk, card, "parser_off",
                               "turn on the server's tool-call parser for this model")}});
  }
}

void probe_parallel(ProbeTalk& talk, CapabilityCard& card) {
  const Finding* calls = card.find("tool_calls");
  if (calls == nullptr || calls->value != "structured") {
    card.findings.push_back(
        {"parallel_calls", Basis::unknown, nullptr, "no structured tool call came"});
    return;
  }
  std::size_t most = 0;
  std::string fault;
  int answers = 0;
  for (int i = 0; i < kTries && most < 2 && !talk.waiter().stopped(); ++i) {
    const ChatReply reply =
        talk.ask(order(fmt::format("Call the tool report_code twice in one answer: with code "
                                   "\"{}\" and with code \"{}\". Do not "
                                   "wait for the first result.",
                                   make_code(), make_code())));
    if (!reply.answer || reply.answer->finish == Finish::length) {
      fault = told(reply);
      continue;
    }
    ++answers;
    most = std::max(most, reply.answer->message.calls.size());
  }
  if (answers == 0) {
    card.findings.push_back({"parallel_calls", Basis::unknown, nullptr, fault});
    return;
  }
  card.findings.push_back(
      {"parallel_calls", Basis::measured, most >= 2,
       most >= 2
           ? "two calls came in one answer"
           : fmt::format("two calls were asked for, and one answer never had more than {}", most)});
}

namespace {

/// @return  false when it is worth another try
bool look_at_picture(ProbeTalk& talk, CapabilityCard& card, bool last) {
  std::vector<std::string> colours = bar_colours();
  std::mt19937_64 draw(hash_number(random_hex(16)));
  std::ranges::shuffle(colours, draw);
  constexpr std::size_t kBars = 4;
  colours.resize(kBars);
  const ChatReply reply = talk.ask_quietly(
      {.messages =
           {{.role = Role::user,
             .text = "Name the colours of the vertical bars in this picture from left to right, "
                     "separated by commas, and nothing else.",
             .images = {picture_of_bars(colours)}}},
       .tools = {},
       .max_tokens = 2048});
  const auto add = [&](Basis basis, Json value, std::string sentence) {
    card.findings.push_back({"vision", basis, std::move(value), std::move(sentence)});
    return true;
  };
  if (is_refusal(reply)) return add(Basis::measured, false, "a picture is refused: " + told(reply));
  if (!reply.answer) return add(Basis::unknown, nullptr, told(reply));
  if (reply.answer->finish == Finish::length && trimmed(reply.answer->message.text).empty()) {
    return last && add(Basis::unknown, nullptr, "the answer was cut before it named a colour");
  }
  const std::string words = lower(reply.answer->message.text);
  std::size_t at = 0;
  const bool right = std::ranges::all_of(colours, [&](const std::string& colour) {
    at = words.find(colour, at);
    return at != std::string::npos;
  });
  if (!right && !last) return false;
  return add(Basis::measured, right,
             right ? "four coloured bars were named in their order"
                   : fmt::format("a picture of {} was answered with {}", join(colours, ", "),
                                 told(reply)));
}

}  // namespace

void probe_vision(ProbeTalk& talk, CapabilityCard& card) {
  // One slip of the tongue is no blindness.
  for (int i = 1; i < kTries; ++i) {
    if (look_at_picture(talk, card, i + 1 == kTries)) return;
  }
}

void probe_repeatability(ProbeTalk& talk, CapabilityCard& card) {
  const std::string text =
      "Session " + random_hex(4) + ". Make up a sentence of twelve words about a lighthouse.";
  const Question question{
      .messages = {{.role = Role::user, .text = text}}, .tools = {}, .max_tokens = 96};
  const auto same = [&](const Contestant& variant, const char* parameter) -> std::optional<bool> {
    if (!sampling_names(variant).contains(parameter)) return std::nullopt;  // it would not be sent
    const ChatReply one = talk.ask_as(variant, question);
    const ChatReply two = talk.ask_as(variant, question);
    if (words_of(one).empty() || words_of(two).empty()) return std::nullopt;
    return words_of(one) == words_of(two);
  };
  const auto greedy = same(with_sampler(talk.contestant(), 0, 1), "temperature");
  card.findings.push_back(
      {"repeatable", greedy ? Basis::measured : Basis::unknown,
       greedy ? Json(*greedy) : Json(nullptr),
       !greedy   ? "there were no two answers to compare, or the parameter cannot be sent"
       : *greedy ? "at temperature 0 the same prompt got the same answer twice"
                 : "at temperature 0 the same prompt got two different answers"});
  const auto seeded = same(with_sampler(talk.contestant(), 1, 7), "seed");
  card.findings.push_back(
      {"seed", seeded ? Basis::measured : Basis::unknown, seeded ? Json(*seeded) : Json(nullptr),
       !seeded   ? "there were no two answers to compare, or the parameter cannot be sent"
       : *seeded ? "at temperature 1 the same seed gave the same answer twice"
                 : "at temperature 1 the same seed gave two different answers"});
}

void probe_errors(ProbeTalk& talk, CapabilityCard& card) {
  Contestant stranger = talk.contestant();
  stranger.model = "no-such-model-" + random_hex(4);
  const Question question{.messages = {{.role = Role::user, .text = "Answer with the word: ready"}},
                          .tools = {},
                          .max_tokens = 16};
  const ChatReply wrong_model = talk.ask_as(stranger, question);
  Question broken = order("Report the code.");
  broken.messages.push_back(
      {.role = Role::assistant,
       .calls = {{.id = "call00001", .name = "report_code", .arguments = R"({"code": )"}}});
  broken.messages.push_back(
      {.role = Role::tool, .text = "That was no JSON.", .call_id = "call00001"});
  const ChatReply after_broken_call = talk.ask(broken);
  const auto word = [](const ChatReply& reply) {
    if (reply.answer) return std::string("answered");
    return (is_refusal(reply) ? "refused: " : "not answered: ") + told(reply);
  };
  const auto value = [](const ChatReply& reply) -> Json {
    if (reply.answer) return "answered";
    return is_refusal(reply) ? Json("refused") : Json(nullptr);
  };
  card.findings.push_back(
      {"errors",
       Basis::measured,
       {{"unknown_model", value(wrong_model)},
        {"broken_call_in_history", value(after_broken_call)}},
       fmt::format("an unknown model is {}; a conversation with a broken call, as Plumbline "
                   "mends it, is {}",
                   word(wrong_model), word(after_broken_call))});
}

}  // namespace plumb
