#include "core/wire/message.hpp"

namespace plumb {

const char* role_name(Role role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::user:
      return "user";
    case Role::assistant:
      return "assistant";
    case Role::tool:
      return "tool";
  }
  return "?";
}

std::string image_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return "image/gif";
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return "image/webp";
  return "";
}

const char* finish_name(Finish finish) {
  switch (finish) {
    case Finish::stop:
      return "stop";
    case Finish::tool_calls:
      return "tool_calls";
    case Finish::length:
      return "length";
    case Finish::refused:
      return "refused";
  }
  return "?";
}

std::optional<std::string> finish_mismatch(const ChatResponse& response) {
  const auto said_one_of = [&](std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, response.finish_as_sent) != words.end();
  };
  const bool said_calls = said_one_of({"tool_calls", "tool_use", "function_call"});
  const bool said_stop = said_one_of({"stop", "end_turn", "stop_sequence"});
  const bool said_whole = said_calls || said_stop || said_one_of({"completed"});
  const std::string said = "the server says \"" + response.finish_as_sent + "\"";
  if (response.finish == Finish::length && said_whole && !response.oversize) {
    return said + ", and the answer was cut at its token limit";
  }
  if (said_calls && response.message.calls.empty()) return said + ", and no call came";
  if (said_stop && !response.message.calls.empty()) return said + ", and calls came";
  return std::nullopt;
}

}  // namespace plumb
