#include "core/wire/sse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plumb {
namespace {

using Events = std::vector<std::pair<SseKind, std::string>>;

SseParser::Handler into(Events& events) {
  return [&events](SseKind kind, std::string_view data) {
    events.emplace_back(kind, data);
    return true;
  };
}

Events whole(std::string_view bytes) {
  Events events;
  SseParser parser;
  EXPECT_TRUE(parser.push(bytes, into(events)));
  EXPECT_TRUE(parser.finish(into(events)));
  return events;
}

TEST(Sse, AnyMixOfLineEndsMakesTheSameEvents) {
  const Events expected = {{SseKind::data, "a"}, {SseKind::data, "b"}};
  EXPECT_EQ(whole("data: a\n\ndata: b\n\n"), expected);
  EXPECT_EQ(whole("data: a\r\n\r\ndata: b\r\n\r\n"), expected);
  EXPECT_EQ(whole("data: a\r\rdata: b\r\r"), expected);
}

TEST(Sse, CutsAnywhereChangeNothing) {
  const std::string bytes =
      "\xEF\xBB\xBF"
      "data: gr\xC3\xBC\xC3\x9F\r\ndata: zwei\r\n\r\n: note\ndata: \xF0\x9F\x98\x80\n\n";
  const Events expected = whole(bytes);
  ASSERT_EQ(expected.size(), 2U);
  EXPECT_EQ(expected[0].second, "gr\xC3\xBC\xC3\x9F\nzwei");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Events events;
    SseParser parser;
    ASSERT_TRUE(parser.push(std::string_view(bytes).substr(0, cut), into(events)));
    ASSERT_TRUE(parser.push(std::string_view(bytes).substr(cut), into(events)));
    EXPECT_EQ(events, expected) << "cut at " << cut;
  }
  Events events;
  SseParser parser;
  for (const char c : bytes) ASSERT_TRUE(parser.push({&c, 1}, into(events)));
  EXPECT_EQ(events, expected);
}

TEST(Sse, CommentsNamesIdsAndEmptyEventsAreSkipped) {
  EXPECT_EQ(whole(": keep-alive\n\nevent: x\nid: 7\nretry: 5\n\ndata:tight\n\n"),
            (Events{{SseKind::data, "tight"}}));
}

TEST(Sse, AnUnframedLineAndAnErrorFieldAreTold) {
  EXPECT_EQ(whole("data: a\n\n{\"error\":\"boom\"}\nerror: {\"code\":500}\n\n"),
            (Events{{SseKind::data, "a"},
                    {SseKind::bare, "{\"error\":\"boom\"}"},
                    {SseKind::error, "{\"code\":500}"}}));
}

TEST(Sse, AnEventWithoutItsBlankLineCountsAtAProperEndOnly) {
  Events events;
  SseParser parser;
  ASSERT_TRUE(parser.push("data: [DONE]", into(events)));
  EXPECT_TRUE(events.empty());
  ASSERT_TRUE(parser.finish(into(events)));
  EXPECT_EQ(events, (Events{{SseKind::data, "[DONE]"}}));
}

TEST(Sse, AnEndlessLineIsRefusedWithinItsCap) {
  Events events;
  SseParser parser(1000);
  const std::string piece(400, 'x');
  ASSERT_TRUE(parser.push("data: " + piece, into(events)));
  ASSERT_TRUE(parser.push(piece, into(events)));
  const auto more = parser.push(piece, into(events));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::limit);
}

TEST(Sse, AnEventOfEndlesslyManyLinesIsRefusedWithinItsCap) {
  Events events;
  SseParser parser(1000);
  Result<bool> more = true;
  int lines = 0;
  for (; lines < 1000 && more; ++lines) more = parser.push("data: 0123456789\n", into(events));
  ASSERT_FALSE(more);
  EXPECT_LT(lines, 100);
}

TEST(Sse, AHandlerThatHadEnoughEndsTheReading) {
  int seen = 0;
  SseParser parser;
  const auto more = parser.push("data: a\n\ndata: b\n\n", [&](SseKind, std::string_view) {
    ++seen;
    return false;
  });
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace plumb
