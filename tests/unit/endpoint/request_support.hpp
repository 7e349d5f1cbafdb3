#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "plugins/endpoints/protocol.hpp"

namespace plumb::test {

/// The body that a protocol makes, parsed.
inline Json body_of(const Protocol& protocol, const std::vector<Message>& messages,
                    const Contestant& contestant = {}, const std::vector<ToolSpec>& tools = {}) {
  const std::string text = protocol.body(contestant, {.messages = messages, .tools = tools});
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return *std::move(parsed);
}

inline Message user(std::string text) { return {.role = Role::user, .text = std::move(text)}; }
inline Message system(std::string text) { return {.role = Role::system, .text = std::move(text)}; }
inline Message turn(std::vector<ToolCall> calls, std::string text = "") {
  return {.role = Role::assistant,
          .text = std::move(text),
          .reasoning = "secret thoughts",
          .calls = std::move(calls)};
}
inline Message result(std::string id, std::string text) {
  return {.role = Role::tool, .text = std::move(text), .call_id = std::move(id)};
}
inline Message with_picture(Message message) {
  message.images.push_back({.type = "image/png", .bytes = "\x89PNG"});
  return message;
}
inline constexpr const char* kPictureBase64 = "iVBORw==";

}  // namespace plumb::test
