// A server that speaks chat completions just well enough to be told what to say, and as badly as a
// test wants.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "core/base/json.hpp"
#include "tests/support/raw_server.hpp"

namespace plumb::test {

inline bool asks_for_models(const RawRequest& request) {
  return request.method == "GET" && request.path.ends_with("/models");
}

inline std::string models_answer() {
  return http_response(200, "application/json", R"({"object":"list","data":[{"id":"x"}]})");
}

inline std::string delta_event(const Json& delta, const char* finish = nullptr) {
  const Json choice = {{"index", 0},
                       {"delta", delta},
                       {"finish_reason", finish == nullptr ? Json(nullptr) : Json(finish)}};
  return "data: " + dump_json({{"object", "chat.completion.chunk"}, {"choices", {choice}}}) +
         "\n\n";
}

/// A whole stream of these events, with its terminator.
inline std::string stream_of(std::string_view events) {
  return sse_head() + chunk(std::string(events) + "data: [DONE]\n\n") + std::string(kLastChunk);
}

inline std::string text_answer(const std::string& text) {
  return stream_of(delta_event({{"role", "assistant"}, {"content", text}}) +
                   delta_event(Json::object(), "stop"));
}

/// `arguments` are bytes that need not be JSON.
inline std::string call_answer(const std::string& tool, const std::string& arguments) {
  const Json call = {{"index", 0},
                     {"id", "call_1"},
                     {"type", "function"},
                     {"function", {{"name", tool}, {"arguments", arguments}}}};
  return stream_of(delta_event({{"role", "assistant"}, {"tool_calls", {call}}}) +
                   delta_event(Json::object(), "tool_calls"));
}

/// Answers every chat request with the same bytes.
inline RawServer::Handler always(std::string bytes) {
  return [bytes = std::move(bytes)](RawConnection& connection, const RawRequest& request) {
    connection.send(asks_for_models(request) ? models_answer() : bytes);
  };
}

/// The number that the quick task "number-note" asks for in this request, "" for any other.
inline std::string asked_number(const std::string& body) {
  constexpr std::string_view kBefore = "Write the number ";
  const auto at = body.find(kBefore);
  return at == std::string::npos ? "" : body.substr(at + kBefore.size(), 3);
}

/// A model that does "number-note" as asked, and answers anything else with "ready".
inline std::string obedient_answer(const RawRequest& request) {
  if (asks_for_models(request)) return models_answer();
  const std::string number = asked_number(request.body);
  const bool has_result = request.body.find(R"("role":"tool")") != std::string::npos;
  if (number.empty() || has_result) return text_answer("ready");
  return call_answer("write_file", dump_json({{"path", "note.txt"}, {"content", number}}));
}

}  // namespace plumb::test
