#include "core/sandbox/frame.hpp"

#include <gtest/gtest.h>

#include "core/sandbox/sandbox.hpp"

namespace plumb::frame {
namespace {

std::string lengths(std::size_t header, std::size_t body) {
  std::string out;
  for (const std::size_t value : {header, body}) {
    for (unsigned shift = 0; shift < 32; shift += 8)
      out += static_cast<char>((value >> shift) & 0xFFU);
  }
  return out;
}

Result<std::optional<Frame>> first(const std::string& bytes) {
  Reader reader;
  reader.feed(bytes);
  return reader.next();
}

TEST(Frame, IsTwoLittleEndianLengthsAHeaderAndABody) {
  std::string out;
  append(out, {{"op", "x"}}, "body");
  EXPECT_EQ(out, lengths(10, 4) + "{\"op\":\"x\"}body");
}

TEST(Frame, ArrivesByteByByteAsWellAsAtOnce) {
  std::string out;
  append(out, {{"op", "one"}}, std::string("a\0b", 3));
  append(out, {{"op", "two"}});
  Reader reader;
  std::vector<Frame> frames;
  for (const char c : out) {
    reader.feed({&c, 1});
    auto frame = reader.next();
    ASSERT_TRUE(frame);
    if (*frame) frames.push_back(std::move(**frame));
  }
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].body, std::string("a\0b", 3));
  EXPECT_EQ(frames[1].header.at("op"), "two");
}

TEST(Frame, LongBodiesTravelInParts) {
  std::string out;
  append_in_parts(out, {{"op", "write"}, {"id", 7}}, std::string(kMaxBody * 2 + 1, 'x'));
  Reader reader;
  reader.feed(out);
  std::vector<std::string> ops;
  std::size_t bytes = 0;
  for (auto frame = reader.next(); frame && *frame; frame = reader.next()) {
    ops.push_back((*frame)->header.at("op"));
    EXPECT_EQ((*frame)->header.at("id"), 7);
    bytes += (*frame)->body.size();
  }
  EXPECT_EQ(ops, (std::vector<std::string>{"part", "part", "write"}));
  EXPECT_EQ(bytes, kMaxBody * 2 + 1);
}

TEST(Frame, LengthsBeyondTheLimitsAreRefusedBeforeAnythingIsKept) {
  EXPECT_EQ(first(lengths(kMaxHeader + 1, 0)).error().code, Code::protocol);
  EXPECT_EQ(first(lengths(10, kMaxBody + 1)).error().code, Code::protocol);
  EXPECT_EQ(first(lengths(0xFFFFFFFF, 0xFFFFFFFF)).error().code, Code::protocol);
}

TEST(Frame, HeadersThatNameNoOperationAreRefused) {
  for (const std::string header : {"", "{", "[]", "null", "{}", "{\"op\":3}", "{\"op\":\"\"}",
                                   "{\"op\":\"\xff\"}", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}) {
    const auto frame = first(lengths(header.size(), 0) + header);
    ASSERT_FALSE(frame) << header;
    EXPECT_EQ(frame.error().code, Code::protocol) << header;
  }
}

TEST(Frame, TextsEndWithNul) {
  std::string_view body("a\0\0b", 4);
  EXPECT_EQ(take_text(body), "a");
  EXPECT_EQ(take_text(body), "");
  EXPECT_EQ(take_text(body), std::nullopt);
  EXPECT_EQ(body, "b");
}

TEST(Output, NamesTheCutBetweenHeadAndTail) {
  EXPECT_EQ((Output{.head = "all"}.text()), "all");
  EXPECT_EQ((Output{.head = "begin", .tail = "end", .dropped = 12}.text()),
            "begin\n[... 12 bytes cut ...]\nend");
}

}  // namespace
}  // namespace plumb::frame
