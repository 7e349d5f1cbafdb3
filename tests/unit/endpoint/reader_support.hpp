#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "plugins/endpoints/protocol.hpp"
#include "plugins/endpoints/response_stream.hpp"

namespace plumb::test {

/// A response of one protocol that has read these bytes.
class ReaderTest : public ::testing::Test {
 protected:
  explicit ReaderTest(const Protocol& protocol) : protocol_(protocol) {}

  void read(std::string_view bytes, const char* type = "text/event-stream", int status = 200) {
    stream.on_head(status, {{"content-type", type}});
    if (stream.on_body(bytes, Instant{})) stream.finish();
  }
  /// A stream of these objects, with nothing behind them.
  void events(const std::vector<std::string>& objects) { read(framed(objects)); }
  /// Objects may be written over several lines; on the wire each is one.
  static std::string framed(std::vector<std::string> objects) {
    std::string bytes;
    for (std::string& object : objects) {
      std::ranges::replace(object, '\n', ' ');
      bytes += "data: " + object + "\n\n";
    }
    return bytes;
  }
  ChatResponse response() { return stream.assembler().take({}); }

  const Protocol& protocol_;
  Wake wake;
  ResponseStream stream{protocol_, wake};
};

}  // namespace plumb::test
