#include "core/task/site.hpp"

#include <gmock/gmock.h>

#include "tests/support/fake_sandbox.hpp"

namespace plumb {
namespace {

using test::FakeConnection;
using testing::HasSubstr;
using testing::StartsWith;

class SiteTest : public testing::Test {
 protected:
  std::string ask(std::string_view bytes, std::size_t piece = std::string_view::npos) {
    FakeConnection connection;
    site_.on_open(connection);
    for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
      site_.on_data(connection, bytes.substr(at, piece));
    }
    closed_ = connection.closed;
    site_.on_close(connection);
    return connection.received;
  }
  SiteResponse response_ = {200, {}, "hello"};
  std::vector<SiteRequest> seen_;
  bool closed_ = false;
  Site site_{[this](const SiteRequest& request) {
    seen_.push_back(request);
    return response_;
  }};
};

TEST_F(SiteTest, AnswersARequestAndCloses) {
  const std::string answer = ask("GET /a?b=c&d HTTP/1.1\r\nHost: x.test\r\nX-Y: Z\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhello"));
  EXPECT_TRUE(closed_);
  ASSERT_EQ(seen_.size(), 1);
  EXPECT_EQ(seen_[0].method, "GET");
  EXPECT_EQ(seen_[0].path, "/a");
  EXPECT_EQ(seen_[0].query, "b=c&d");
  EXPECT_THAT(seen_[0].headers, testing::Contains(std::pair<std::string, std::string>{"x-y", "Z"}));
}

TEST_F(SiteTest, TakesABodyInAnyPieces) {
  const std::string request = "PUT /f HTTP/1.1\r\nContent-Length: 11\r\n\r\nhello there";
  for (const std::size_t piece : {1, 2, 7, 1000}) {
    seen_.clear();
    EXPECT_THAT(ask(request, piece), StartsWith("HTTP/1.1 200"));
    ASSERT_EQ(seen_.size(), 1) << piece;
    EXPECT_EQ(seen_[0].body, "hello there");
  }
}

TEST_F(SiteTest, TakesAChunkedBody) {
  const std::string request =
      "POST /f HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n "
      "there\r\n0\r\n\r\n";
  for (const std::size_t piece : {1, 1000}) {
    seen_.clear();
    EXPECT_THAT(ask(request, piece), StartsWith("HTTP/1.1 200"));
    ASSERT_EQ(seen_.size(), 1) << piece;
    EXPECT_EQ(seen_[0].body, "hello there");
  }
}

TEST_F(SiteTest, TheAnswerToHeadHasNoBody) {
  const std::string answer = ask("HEAD / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(SiteTest, SaysContinueOnceWhenAsked) {
  FakeConnection connection;
  site_.on_open(connection);
  site_.on_data(connection, "PUT /f HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n");
  EXPECT_EQ(connection.received, "HTTP/1.1 100 Continue\r\n\r\n");
  site_.on_data(connection, "a");
  EXPECT_EQ(connection.received, "HTTP/1.1 100 Continue\r\n\r\n");
  site_.on_data(connection, "b");
  EXPECT_THAT(connection.received, HasSubstr("HTTP/1.1 200 OK"));
  site_.on_close(connection);
}

TEST_F(SiteTest, ABodyTooLargeIsRefusedBeforeItComes) {
  EXPECT_THAT(ask("PUT /f HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_TRUE(closed_);
  EXPECT_TRUE(seen_.empty());
}

TEST_F(SiteTest, WhatIsNoHttpIsABadRequest) {
  for (const std::string& bytes :
       {std::string("hello\r\n\r\n"), std::string("GET\r\n\r\n"), std::string(3, '\0') + "\r\n\r\n",
        std::string("GET / HTTP/9.9\r\n\r\n"), std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
        std::string("PUT / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"),
        std::string("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "GET / HTTP/1.1\r\nX: " + std::string(70'000, 'x')}) {
    EXPECT_THAT(ask(bytes), StartsWith("HTTP/1.1 400")) << bytes.substr(0, 40);
    EXPECT_TRUE(closed_);
  }
  EXPECT_TRUE(seen_.empty());
}

TEST_F(SiteTest, OneRequestPerConnection) {
  const std::string answer = ask("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(seen_.size(), 1);
  EXPECT_EQ(answer.find("HTTP/1.1"), answer.rfind("HTTP/1.1"));
}

TEST_F(SiteTest, AConnectionThatGoesWhileTheHandlerWaitsGetsNothing) {
  FakeConnection connection;
  Site site([&](const SiteRequest&) {
    site.on_close(connection);
    return SiteResponse{};
  });
  site.on_open(connection);
  site.on_data(connection, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(connection.received, "");
}

TEST_F(SiteTest, SendsAnyStatusAndTheHeadersOfTheRoute) {
  response_ = {299, {{"Content-Type", "text/html"}, {"X-A", "b"}, {"", "x"}}, ""};
  const std::string answer = ask("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 299"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/html\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-A: b\r\n"));
}

}  // namespace
}  // namespace plumb
