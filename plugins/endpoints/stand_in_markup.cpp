#include "plugins/endpoints/stand_in_markup.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/json.hpp"

namespace plumb {
namespace {

struct Markup {
  std::string opener;
  std::string body;
  std::string closer;
};

std::string xml_parameters(const std::string& arguments) {
  const auto json = parse_json(arguments);
  if (!json || !json->is_object()) return arguments + "\n";
  std::string text;
  for (const auto& [name, value] : json->items()) {
    text += fmt::format("<parameter={}>\n{}\n</parameter>\n", name,
                        value.is_string() ? value.get<std::string>() : dump_json(value));
  }
  return text;
}

Markup markup_of(const StandInCall& call, StandInLeak format) {
  const std::string name = dump_json(call.name);
  const std::string object =
      fmt::format("{{\"name\": {}, \"arguments\": {}}}", name, call.arguments);
  switch (format) {
    case StandInLeak::llama:
      return {fmt::format("<function={}>", call.name), call.arguments, "</function>"};
    case StandInLeak::mistral:
      return {"[TOOL_CALLS] [", object, "]"};
    case StandInLeak::bare_json:
      return {"", fmt::format("{{\"name\": {}, \"parameters\": {}}}", name, call.arguments), ""};
    case StandInLeak::qwen_xml:
      return {fmt::format("<tool_call>\n<function={}>\n", call.name),
              xml_parameters(call.arguments), "</function>\n</tool_call>"};
    case StandInLeak::granite:
      return {"<|tool_call|>[", object, "]<|/tool_call|>"};
    case StandInLeak::hermes:
      break;
  }
  return {"<tool_call>\n", object, "\n</tool_call>"};
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The first word of a tag loses its last letter: "<tool_cal>", "[TOOL_CALL] [".
void misspell(std::string& tag) {
  const auto begin = std::ranges::find_if(tag, is_letter);
  const auto end = std::find_if(begin, tag.end(), [](char c) { return !is_letter(c) && c != '_'; });
  if (begin != end) tag.erase(std::prev(end));
}

}  // namespace

std::string written_call(const StandInCall& call, StandInLeak format) {
  const Markup markup = markup_of(call, format);
  return markup.opener + markup.body + markup.closer;
}

std::string broken_call(const StandInCall& call, StandInLeak format, StandInBreak what) {
  Markup markup = markup_of(call, format);
  const bool bare = markup.opener.empty();
  if (what == StandInBreak::opener && !bare) {
    misspell(markup.opener);
  } else if (what == StandInBreak::closer && std::ranges::any_of(markup.closer, is_letter)) {
    misspell(markup.closer);
  } else if (what == StandInBreak::closer && !bare) {
    markup.closer.clear();
  } else if (what == StandInBreak::opener) {
    markup.body.erase(0, 1);
  } else if (const auto brace = markup.body.rfind('}'); brace != std::string::npos) {
    markup.body.erase(brace);
  } else {
    markup.body.resize(markup.body.size() / 2);
  }
  return markup.opener + markup.body + markup.closer;
}

std::string written_answer(const StandInReply& reply, StandInLeak format) {
  std::string text;
  if (!reply.reasoning.empty()) {
    text = "<think>\n" + reply.reasoning + (reply.only_thinks ? "" : "\n</think>\n\n");
  }
  text += reply.text;
  for (const StandInCall& call : reply.calls) {
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    text += written_call(call, format);
  }
  return text;
}

}  // namespace plumb
