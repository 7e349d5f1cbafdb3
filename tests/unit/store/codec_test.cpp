#include "core/store/codec.hpp"

#include <gtest/gtest.h>

namespace plumb {
namespace {

TEST(Codec, WhatIsPackedUnpacksToTheSameBytes) {
  std::string text(3'000'000, 'x');
  for (std::size_t i = 0; i < text.size(); i += 7) text[i] = static_cast<char>(i % 251);
  for (const std::string& bytes : {std::string(), std::string("a"), text}) {
    EXPECT_EQ(decompress(compress(bytes), text.size()), bytes);
  }
}

TEST(Codec, MoreThanTheLimitIsRefused) {
  std::string zeros;
  zeros.resize(10'000'000);
  const std::string bomb = compress(zeros);
  EXPECT_LT(bomb.size(), 10'000U);
  const auto bytes = decompress(bomb, 9'999'999);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, Code::limit);
  EXPECT_TRUE(decompress(bomb, 10'000'000));
}

TEST(Codec, BytesThatAreNotPackedAreRefused) {
  const std::string packed = compress("a text that is long enough to be cut somewhere");
  for (const std::string& bytes : {std::string(), std::string("not packed"), packed.substr(0, 10),
                                   packed.substr(0, packed.size() - 1)}) {
    const auto unpacked = decompress(bytes, 1000);
    ASSERT_FALSE(unpacked) << bytes.size();
    EXPECT_EQ(unpacked.error().code, Code::protocol);
  }
}

TEST(Codec, DeepNestingIsRefusedWhenUnpacked) {
  EXPECT_FALSE(unpack_json(compress(std::string(100'000, '['))));
}

TEST(Codec, EventsThatFitAreKeptAsTheyAre) {
  const Json events = {{{"type", "assistant"}, {"text", std::string(5000, 'a')}}};
  EXPECT_EQ(unpack_json(pack_events(events)), events);
}

TEST(Codec, AnOversizeTranscriptIsCutAndSaysSo) {
  Json events = Json::array();
  for (int i = 0; i < 4; ++i) {
    events.push_back({{"type", "tool"}, {"text", std::string(1 << 20, 'a')}});
  }
  const auto kept = unpack_json(pack_events(events, 500'000));
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->size(), 5U);
  EXPECT_NE(kept->at(0)["text"].get<std::string>().find("bytes cut"), std::string::npos);
  EXPECT_EQ(kept->at(4)["type"], "note");
  EXPECT_LT(dump_json(*kept).size(), 501'000U);
}

TEST(Codec, BytesThatAreNoUtf8AreReplaced) {
  const auto kept = unpack_json(pack_events({{{"type", "tool"},
                                              {"text",
                                               "a\xff"
                                               "b"}}}));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->at(0)["text"],
            "a\xEF\xBF\xBD"
            "b");
}

}  // namespace
}  // namespace plumb
