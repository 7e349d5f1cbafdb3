#include "plugins/endpoints/base_url.hpp"

#include <gtest/gtest.h>

namespace plumb {
namespace {

std::string chat(const char* url) { return BaseUrl(url).below("/chat/completions"); }

TEST(BaseUrl, IsMadeOfWhatPeopleType) {
  for (const char* url :
       {"http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/",
        "http://h:1/v1/chat/completions", "http://h:1/v1/chat/completions/", "http://h:1/v1#x",
        "http://h:1/v1/responses", "http://h:1/v1/messages/", "http://h:1/messages"}) {
    EXPECT_EQ(chat(url), "http://h:1/v1/chat/completions") << url;
    EXPECT_EQ(BaseUrl(url).plain("models"), "http://h:1/v1/models") << url;
  }
  EXPECT_EQ(chat("http://h/api/v3"), "http://h/api/v3/chat/completions");
  EXPECT_EQ(chat("http://h/d?api-version=1"), "http://h/d/chat/completions?api-version=1");
  EXPECT_EQ(BaseUrl("http://h/d?api-version=1").shown(), "http://h/d");
}

TEST(BaseUrl, ASlashLeadsToTheServersRoot) {
  EXPECT_EQ(BaseUrl("http://h:1/v1").plain("/props"), "http://h:1/props");
  EXPECT_EQ(BaseUrl("http://h:1").plain("/props"), "http://h:1/props");
  EXPECT_EQ(BaseUrl("http://h/d?key=1").plain("models"), "http://h/d/models?key=1");
}

TEST(SameServer, IsSchemeHostAndPort) {
  EXPECT_TRUE(same_server("http://h:1/v1", "http://H:1/metrics?x"));
  EXPECT_FALSE(same_server("http://h:1/v1", "http://h:2/v1"));
  EXPECT_FALSE(same_server("http://h:1/v1", "https://h:1/v1"));
  EXPECT_FALSE(same_server("http://h:1/v1", "http://h:1@evil/v1"));
}

}  // namespace
}  // namespace plumb
