#include "plugins/endpoints/stand_in_encoder.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/json.hpp"

namespace plumb {

std::vector<StandInFrame> encode_stream(StandInProtocol protocol, const StandInReply& reply,
                                        const StandInHead& head) {
  switch (protocol) {
    case StandInProtocol::responses:
      return stream_responses(reply, head);
    case StandInProtocol::messages:
      return stream_messages(reply, head);
    case StandInProtocol::chat:
      break;
  }
  return stream_chat(reply, head);
}

std::string encode_whole(StandInProtocol protocol, const StandInReply& reply,
                         const StandInHead& head) {
  switch (protocol) {
    case StandInProtocol::responses:
      return whole_responses(reply, head);
    case StandInProtocol::messages:
      return whole_messages(reply, head);
    case StandInProtocol::chat:
      break;
  }
  return whole_chat(reply, head);
}

std::string json_text(std::string_view text) { return dump_json(Json(std::string(text))); }

std::string arguments_json(const std::string& arguments, StandInFault fault) {
  if (fault == StandInFault::args_null) return "null";
  if (fault == StandInFault::args_object && parse_json(arguments)) return arguments;
  return json_text(arguments);
}

bool sends_arguments_whole(const std::string& arguments, StandInFault fault) {
  return arguments.empty() || fault == StandInFault::args_null ||
         fault == StandInFault::args_object;
}

std::int64_t accepted_in_step(double draft, std::int64_t step) {
  const double each = draft * static_cast<double>(kDraftedPerStep);
  const auto until = [each](std::int64_t steps) {
    return static_cast<std::int64_t>(std::floor(each * static_cast<double>(steps) + 1e-9));
  };
  return until(step + 1) - until(step);
}

std::size_t StandInPieces::piece_end(std::string_view text, std::size_t begin,
                                     std::int64_t& count) {
  const auto wanted = head_.draft > 0 ? 1 + accepted_in_step(head_.draft, step_++)
                                      : static_cast<std::int64_t>(head_.tokens_per_chunk);
  std::size_t end = begin;
  for (count = 0; count < std::max<std::int64_t>(1, wanted) && end < text.size(); ++count) {
    end = token_end(text, end);
  }
  return end;
}

}  // namespace plumb
