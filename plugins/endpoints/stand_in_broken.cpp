#include "plugins/endpoints/stand_in_broken.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "plugins/endpoints/stand_in_refusal.hpp"

namespace plumb {
namespace {

constexpr const char* kStreamType = "text/event-stream";

void refuse(httplib::Response& response, StandInFlavour flavour, StandInProtocol protocol,
            StandInComplaint what, const char* sentence) {
  const StandInError error = encode_refusal(flavour, protocol, {what, sentence});
  response.status = error.status;
  response.set_content(error.body, error.type);
}

/// Nothing but the head of a response, until the client hangs up.
void stall(StandInListener& listener, httplib::Response& response) {
  response.set_chunked_content_provider(kStreamType, [&listener](std::size_t, httplib::DataSink&) {
    static_cast<void>(listener.connection_here().wait_until(kNever));
    return false;
  });
}

/// Sends `block` again and again, `times` times or until the client hangs up.
void repeat(StandInListener& listener, httplib::Response& response, std::string block,
            std::int64_t times) {
  response.set_chunked_content_provider(kStreamType, [&listener, block = std::move(block), times](
                                                         std::size_t, httplib::DataSink& sink) {
    const StandInConnection& connection = listener.connection_here();
    for (std::int64_t i = 0; times == 0 || i < times; ++i) {
      if (!connection.wait_until(real_clock().now())) return false;
      if (!sink.write(block.data(), block.size())) return false;
    }
    sink.done();
    return true;
  });
}

std::string endless_block(StandInProtocol protocol) {
  std::string one;
  switch (protocol) {
    case StandInProtocol::chat:
      one = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
      break;
    case StandInProtocol::responses:
      one =
          "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,"
          "\"content_index\":0,\"delta\":\"word \"}\n\n";
      break;
    case StandInProtocol::messages:
      one =
          "data: {\"type\":\"content_block_delta\",\"index\":0,"
          "\"delta\":{\"type\":\"text_delta\",\"text\":\"word \"}}\n\n";
      break;
  }
  std::string block;
  for (int i = 0; i < 500; ++i) block += one;
  return block;
}

}  // namespace

bool answer_brokenly(StandInFault fault, StandInFlavour flavour, StandInProtocol protocol,
                     StandInListener& listener, httplib::Response& response) {
  switch (fault) {
    case StandInFault::http_500:
      refuse(response, flavour, protocol, StandInComplaint::server_error,
             "a fault that was asked for: http_500");
      return true;
    case StandInFault::http_503:
      refuse(response, flavour, protocol, StandInComplaint::overloaded,
             "a fault that was asked for: http_503");
      return true;
    case StandInFault::http_429:
      response.set_header("Retry-After", "0");
      refuse(response, flavour, protocol, StandInComplaint::rate_limit,
             "a fault that was asked for: http_429");
      return true;
    case StandInFault::stall:
      stall(listener, response);
      return true;
    case StandInFault::html:
      response.set_content("<!doctype html><html><body><h1>It works!</h1></body></html>",
                           "text/html");
      return true;
    case StandInFault::garbage:
      response.set_content(std::string("\x00\xff\xfe{]data;;\r\r\x1b[2Jdata\n\ndata: {\"a\n\n", 28),
                           kStreamType);
      return true;
    case StandInFault::redirect:
      response.set_redirect("http://elsewhere.invalid/v1/chat/completions", 302);
      return true;
    case StandInFault::header_bomb:
      for (int i = 0; i < 128; ++i) {
        response.set_header(fmt::format("X-Bomb-{}", i), std::string(8000, 'x'));
      }
      response.set_content("{}", "application/json");
      return true;
    case StandInFault::long_line:
      repeat(listener, response, "data: " + std::string((1U << 20) - 6, 'x'), 100);
      return true;
    case StandInFault::endless:
      repeat(listener, response, endless_block(protocol), 0);
      return true;
    default:
      return false;
  }
}

void cut_stream(std::vector<StandInFrame>& frames) {
  if (frames.empty()) return;
  const std::int64_t wanted = std::max<std::int64_t>(1, frames.back().tokens_before / 2);
  const auto end = std::ranges::find_if(
      frames, [&](const StandInFrame& frame) { return frame.tokens_before >= wanted; });
  frames.erase(end, frames.end());
}

std::vector<std::string> cut_inside_characters(const std::string& bytes) {
  std::vector<std::string> pieces;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool leads = (static_cast<unsigned char>(bytes[i]) & 0xC0) == 0xC0;
    if (!leads) continue;
    pieces.push_back(bytes.substr(begin, i + 1 - begin));
    begin = i + 1;
  }
  pieces.push_back(bytes.substr(begin));
  return pieces;
}

}  // namespace plumb
