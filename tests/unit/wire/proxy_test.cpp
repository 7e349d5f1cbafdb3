#include "core/wire/proxy.hpp"

#include <cstdlib>
#include <map>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/wire/http.hpp"
#include "tests/support/raw_server.hpp"

namespace plumb {
namespace {

using test::RawConnection;
using test::RawRequest;
using test::RawServer;

/// The variables that name proxies, cleared for one test and put back after it.
class Environment {
 public:
  Environment() {
    for (const char* name : kNames) {
      const char* const value = std::getenv(name);
      if (value != nullptr) before_[name] = value;
      ::unsetenv(name);
    }
  }
  ~Environment() {
    clear();
    for (const auto& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  void clear() {
    for (const char* name : kNames) ::unsetenv(name);
  }
  void set(const std::map<std::string, std::string>& values) {
    clear();
    for (const auto& [name, value] : values) ::setenv(name.c_str(), value.c_str(), 1);
  }

 private:
  static constexpr const char* kNames[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                           "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY"};
  std::map<std::string, std::string> before_;
};

class NullSink final : public HttpSink {
 public:
  void on_head(int, const std::vector<std::pair<std::string, std::string>>&) override {}
  bool on_body(std::string_view, Instant) override { return true; }
};

TEST(ProxyFor, NamesNoUserAndNoPassword) {
  Environment environment;
  environment.set({{"http_proxy", "http://me:hush@proxy:3128/"}, {"https_proxy", "secure:8080"}});
  EXPECT_EQ(proxy_for("http://api.test/v1"), "http://proxy:3128/");
  EXPECT_EQ(proxy_for("https://api.test/v1"), "http://secure:8080");
}

TEST(ProxyFor, ThisMachineIsAskedDirectly) {
  Environment environment;
  environment.set({{"all_proxy", "http://proxy:3128"}});
  for (const char* url : {"http://localhost:8000/v1", "http://127.0.0.1:8000", "http://127.9.9.9",
                          "http://[::1]:8000/v1", "https://LOCALHOST./v1"}) {
    EXPECT_EQ(proxy_for(url), "") << url;
  }
  for (const char* url : {"http://localhost.example/v1", "http://128.0.0.1", "http://[::2]/"}) {
    EXPECT_NE(proxy_for(url), "") << url;
  }
}

TEST(ProxyFor, IsWhatTheClientDoes) {
  Environment environment;
  RawServer proxy([](RawConnection& connection, const RawRequest&) {
    connection.send(test::http_response(200, "text/plain", "from the proxy"));
  });
  const auto client = std::move(*make_http_client(real_clock()));
  const auto goes_through_the_proxy = [&](const std::string& url) {
    const std::size_t before = proxy.requests().size();
    NullSink sink;
    Waiter waiter(real_clock(), {});
    const auto exchange = client->start(
        {.method = "GET", .url = url, .connect_timeout = std::chrono::milliseconds(100)}, sink,
        waiter.wake());
    (void)waiter.wait([&] { return exchange->done(); }, kNever);
    return proxy.requests().size() > before;
  };
  const std::string at = fmt::format("127.0.0.1:{}", proxy.port());
  const std::map<std::string, std::string> http = {{"http_proxy", "http://u:p@" + at}};
  const auto with = [&](std::map<std::string, std::string> more) {
    more.insert(http.begin(), http.end());
    return more;
  };
  struct Case {
    std::map<std::string, std::string> environment;
    const char* url;
    bool proxied;
  };
  const Case cases[] = {
      {{}, "http://a.test/", false},
      {http, "http://a.test/", true},
      {http, "https://a.test/", false},
      {{{"HTTP_PROXY", at}}, "http://a.test/", false},
      {{{"HTTPS_PROXY", at}}, "https://a.test/", true},
      {{{"https_proxy", at}}, "https://a.test/", true},
      {{{"all_proxy", at}}, "http://a.test/", true},
      {{{"ALL_PROXY", at}}, "https://a.test/", true},
      {{{"http_proxy", ""}, {"all_proxy", at}}, "http://a.test/", true},
      {http, "http://127.0.0.1:1/", false},
      {with({{"no_proxy", "*"}}), "http://a.test/", false},
      {with({{"no_proxy", "a.test"}}), "http://a.test/", false},
      {with({{"no_proxy", "A.TEST"}}), "http://sub.a.test/", false},
      {with({{"no_proxy", ".a.test"}}), "http://a.test/", false},
      {with({{"no_proxy", "a.test"}}), "http://nota.test/", true},
      {with({{"no_proxy", "b.test, a.test"}}), "http://a.test/", false},
      {with({{"no_proxy", "b.test a.test"}}), "http://a.test./", false},
      {with({{"NO_PROXY", "a.test"}}), "http://a.test/", false},
      {with({{"no_proxy", "b.test"}, {"NO_PROXY", "a.test"}}), "http://a.test/", true},
      {with({{"no_proxy", "192.0.2.0/24"}}), "http://192.0.2.9/", false},
      {with({{"no_proxy", "192.0.2.0/24"}}), "http://192.0.3.9/", true},
      {with({{"no_proxy", "192.0.2.9"}}), "http://192.0.2.9/", false},
      {with({{"no_proxy", "2.9"}}), "http://192.0.2.9/", true},
      {with({{"no_proxy", "2001:db8::/32"}}), "http://[2001:db8::9]/", false},
      {with({{"no_proxy", "2001:db8::/32"}}), "http://[2001:db9::9]/", true},
  };
  for (const Case& one : cases) {
    environment.set(one.environment);
    const std::string list =
        one.environment.contains("no_proxy") ? one.environment.at("no_proxy") : "";
    EXPECT_EQ(!proxy_for(one.url).empty(), one.proxied) << one.url << " " << list;
    EXPECT_EQ(goes_through_the_proxy(one.url), one.proxied) << one.url << " " << list;
  }
}

}  // namespace
}  // namespace plumb
