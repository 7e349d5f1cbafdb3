// The host against a guest that lies. The guest here is the other end of a socket pair.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "core/sandbox/guest_client.hpp"

namespace plumb {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The guest's end of the channel.
class FakeGuest {
 public:
  explicit FakeGuest(Fd fd) : fd_(std::move(fd)) {}

  void say(const Json& header, std::string_view body = {}) {
    std::string out;
    frame::append(out, header, body);
    say_bytes(out);
  }
  /// False once the host has hung up.
  bool say_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// The next frame of the host; nothing once it has hung up.
  std::optional<frame::Frame> hear() {
    std::array<char, 65536> buffer{};
    while (true) {
      auto next = reader_.next();
      if (next && *next) return std::move(**next);
      const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (!next || got <= 0) return std::nullopt;
      reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
    }
  }
  void hang_up() { fd_.reset(); }

 private:
  Fd fd_;
  frame::Reader reader_;
};

class Recorder : public ConnectionHandler {
 public:
  void on_open(Connection& connection) override {
    log += "open ";
    last = &connection;
  }
  void on_data(Connection& connection, std::string_view bytes) override {
    log += "data:" + std::to_string(bytes.size()) + " ";
    if (answer) answer(connection);
  }
  void on_close(Connection&) override { log += "close "; }
  std::string log;
  Connection* last = nullptr;
  std::function<void(Connection&)> answer;
};

class HostileGuest : public testing::Test {
 protected:
  HostileGuest() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
    ::fcntl(fds[0], F_SETFL, O_RDWR | O_NONBLOCK);
    channel_ = Fd(fds[0]);
    guest_ = std::make_unique<FakeGuest>(Fd(fds[1]));
  }

  Result<std::unique_ptr<GuestClient>> open(Duration patience = seconds(60)) {
    StartedGuest started;
    started.channel = std::move(channel_);
    started.launcher = "fake";
    return GuestClient::open(waiter_, std::move(started), patience);
  }
  void greet() {
    guest_->say({{"op", "hello"}, {"protocol", frame::kProtocol}});
    auto client = open();
    ASSERT_TRUE(client) << full_sentence(client.error());
    client_ = std::move(*client);
  }
  /// Runs `call` on the client while the guest, on a thread of its own, plays `part` on each
  /// request.
  template <class Call>
  auto against(const std::function<void(FakeGuest&, std::int64_t id)>& part, Call call) {
    std::jthread thread([&] {
      const auto request = guest_->hear();
      if (request) part(*guest_, request->header.at("id").get<std::int64_t>());
    });
    return call();
  }
  void expect_lost(const Error& error, const std::string& words) {
    EXPECT_EQ(error.code, Code::protocol) << error.sentence;
    EXPECT_NE(error.sentence.find(words), std::string::npos) << error.sentence;
    EXPECT_EQ(client_->read("x", 1).error().code, Code::protocol)
        << "a guest that lied once stays lost";
  }

  std::stop_source stop_;
  Waiter waiter_{real_clock(), stop_.get_token()};
  Fd channel_;
  std::unique_ptr<FakeGuest> guest_;
  Recorder recorder_;
  std::unique_ptr<GuestClient> client_;
};

TEST_F(HostileGuest, AnotherVersionIsNamed) {
  guest_->say({{"op", "hello"}, {"protocol", 99}});
  const auto client = open();
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::protocol);
  EXPECT_NE(
      full_sentence(client.error()).find("version 99 of the protocol and this program version 1"),
      std::string::npos);
}

TEST_F(HostileGuest, SomethingElseThanAGuestIsRefused) {
  guest_->say_bytes("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
  EXPECT_EQ(open().error().code, Code::protocol);
}

TEST_F(HostileGuest, AGuestThatNeverGreetsIsGivenUp) {
  EXPECT_EQ(open(milliseconds(20)).error().code, Code::timeout);
}

TEST_F(HostileGuest, AGuestThatHangsUpIsUnavailable) {
  guest_->hang_up();
  EXPECT_EQ(open().error().code, Code::unavailable);
}

TEST_F(HostileGuest, StopWhileItStartsIsCancelled) {
  std::jthread stopper([this] { stop_.request_stop(); });
  EXPECT_EQ(open().error().code, Code::cancelled);
}

TEST_F(HostileGuest, LiesInAnswersLoseTheSandbox) {
  const auto read = [this] { return client_->read("x", 10); };
  struct Lie {
    const char* words;
    std::function<void(FakeGuest&, std::int64_t)> part;
  };
  const std::vector<Lie> lies = {
      {"nobody asked",
       [](FakeGuest& g, std::int64_t id) { g.say({{"op", "done"}, {"id", id + 1}}); }},
      {"nobody asked", [](FakeGuest& g, std::int64_t) { g.say({{"op", "done"}, {"id", "one"}}); }},
      {"more than was asked",
       [](FakeGuest& g, std::int64_t id) {
         g.say({{"op", "done"}, {"id", id}}, std::string(100'000, 'x'));
       }},
      {"empty part", [](FakeGuest& g, std::int64_t id) { g.say({{"op", "part"}, {"id", id}}); }},
      {"reason that is none",
       [](FakeGuest& g, std::int64_t id) {
         g.say({{"op", "failed"}, {"id", id}, {"code", "cancelled"}});
       }},
      {"does not exist",
       [](FakeGuest& g, std::int64_t) { g.say({{"op", "hello"}, {"protocol", 1}}); }},
      {"does not exist", [](FakeGuest& g, std::int64_t) { g.say({{"op", "launch_missiles"}}); }},
      {"unknown listener",
       [](FakeGuest& g, std::int64_t) { g.say({{"op", "open"}, {"conn", 1}, {"listener", 1}}); }},
      {"broken",
       [](FakeGuest& g, std::int64_t) { g.say_bytes(std::string("\x02\0\0\0\0\0\0\0{{", 10)); }},
      {"beyond the limits",
       [](FakeGuest& g, std::int64_t) { g.say_bytes(std::string(64, '\xff')); }},
  };
  for (const Lie& lie : lies) {
    std::array<int, 2> fds{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
    ::fcntl(fds[0], F_SETFL, O_RDWR | O_NONBLOCK);
    channel_ = Fd(fds[0]);
    guest_ = std::make_unique<FakeGuest>(Fd(fds[1]));
    greet();
    const auto result = against(lie.part, read);
    ASSERT_FALSE(result) << lie.words;
    expect_lost(result.error(), lie.words);
  }
}

TEST_F(HostileGuest, AnAnswerWithoutEndIsCutOff) {
  greet();
  std::atomic<std::size_t> said = 0;
  const auto result = against(
      [&](FakeGuest& guest, std::int64_t id) {
        std::string part;
        frame::append(part, {{"op", "part"}, {"id", id}}, std::string(200'000, 'x'));
        while (guest.say_bytes(part)) said += 200'000;
      },
      [&] { return client_->read("x", 1'000'000); });
  ASSERT_FALSE(result);
  expect_lost(result.error(), "more than was asked for");
  EXPECT_LT(said, 10'000'000U);
}

TEST_F(HostileGuest, MiscountedOutputLosesTheSandbox) {
  greet();
  const auto result = against(
      [](FakeGuest& guest, std::int64_t id) {
        guest.say({{"op", "done"}, {"id", id}, {"code", 0}, {"out_head", 5}, {"err_tail", -1}},
                  "abc");
      },
      [&] { return client_->exec({.argv = {"true"}}); });
  ASSERT_FALSE(result);
  expect_lost(result.error(), "miscounted");
}

TEST_F(HostileGuest, ListedNamesThatLeaveTheFolderLoseTheSandbox) {
  for (const char* record :
       {"f1 ../up", "f1 /etc/passwd", "f1 a/../b", "f1 ", "x1 a", "f a", "f-1 a", "f1"}) {
    std::array<int, 2> fds{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
    ::fcntl(fds[0], F_SETFL, O_RDWR | O_NONBLOCK);
    channel_ = Fd(fds[0]);
    guest_ = std::make_unique<FakeGuest>(Fd(fds[1]));
    greet();
    const auto result = against(
        [&](FakeGuest& guest, std::int64_t id) {
          guest.say({{"op", "done"}, {"id", id}}, std::string(record) + '\0');
        },
        [&] { return client_->list(".", true, 10); });
    ASSERT_FALSE(result) << record;
    expect_lost(result.error(), "no entry of a folder");
  }
}

TEST_F(HostileGuest, WordsForThePersonAreMadeHarmless) {
  greet();
  const auto result = against(
      [](FakeGuest& guest, std::int64_t id) {
        guest.say({{"op", "failed"}, {"id", id}, {"code", "io"}}, "cannot read \x1b[2J\xff");
      },
      [&] { return client_->read("x", 10); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::io);
  EXPECT_EQ(result.error().sentence.find('\x1b'), std::string::npos);
}

TEST_F(HostileGuest, SilenceEndsWithTheCommandsOwnDeadline) {
  greet();
  // A clock that leaps, so that the test need not wait for the patience of the host.
  class Leaping : public Clock {
   public:
    [[nodiscard]] Instant now() const override { return real_clock().now() + leap_++ * seconds(5); }
    [[nodiscard]] std::int64_t unix_ms() const override { return 0; }

   private:
    mutable int leap_ = 0;
  } clock;
  Waiter waiter(clock, {});
  std::array<int, 2> fds{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
  StartedGuest started;
  started.channel = Fd(fds[0]);
  started.launcher = "fake";
  FakeGuest silent{Fd(fds[1])};
  silent.say({{"op", "hello"}, {"protocol", frame::kProtocol}});
  auto client = GuestClient::open(waiter, std::move(started), seconds(600));
  ASSERT_TRUE(client) << full_sentence(client.error());
  std::jthread noise([&] {
    while (silent.hear()) waiter.wake().signal();
  });
  std::jthread ringer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) waiter.wake().signal();
  });
  const auto result = (*client)->exec({.argv = {"true"}, .timeout = milliseconds(1)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::timeout);
  EXPECT_NE(result.error().sentence.find("while running true"), std::string::npos)
      << result.error().sentence;
  ringer.request_stop();
  ringer.join();
}

class HostileConnections : public HostileGuest {
 protected:
  void SetUp() override {
    greet();
    const auto listening =
        against([](FakeGuest& guest, std::int64_t id) { guest.say({{"op", "done"}, {"id", id}}); },
                [&] { return client_->listen("127.0.0.1", 80, recorder_); });
    ASSERT_TRUE(listening);
  }
  void TearDown() override { client_.reset(); }
  void open_connection(int id) { guest_->say({{"op", "open"}, {"conn", id}, {"listener", 1}}); }
  /// Reads a file while the guest plays; the file's content is "end" unless the guest is lost.
  Result<std::string> play(const std::function<void(FakeGuest&)>& part) {
    return against(
        [&](FakeGuest& guest, std::int64_t id) {
          part(guest);
          guest.say({{"op", "done"}, {"id", id}}, "end");
        },
        [&] { return client_->read("x", 10); });
  }
};

TEST_F(HostileConnections, DataBeyondTheCreditLosesTheSandbox) {
  recorder_.answer = [&](Connection&) {
    EXPECT_FALSE(client_->read("y", 1));
  };  // holds the credit back
  const auto result = play([&](FakeGuest& guest) {
    open_connection(1);
    for (int i = 0; i < 100; ++i)
      guest.say({{"op", "data"}, {"conn", 1}}, std::string(60'000, 'x'));
  });
  ASSERT_FALSE(result);
  expect_lost(result.error(), "more on a connection than it may");
}

TEST_F(HostileConnections, EveryOtherLieAboutAConnectionLosesTheSandbox) {
  const std::vector<std::function<void(FakeGuest&)>> lies = {
      [](FakeGuest& g) { g.say({{"op", "data"}, {"conn", 7}}, "x"); },
      [](FakeGuest& g) { g.say({{"op", "data"}, {"conn", 1}}, ""); },
      [](FakeGuest& g) { g.say({{"op", "credit"}, {"conn", 1}, {"bytes", 1}}); },
      [](FakeGuest& g) { g.say({{"op", "credit"}, {"conn", 1}, {"bytes", -1}}); },
      [](FakeGuest& g) { g.say({{"op", "open"}, {"conn", 1}, {"listener", 1}}); },
      [](FakeGuest& g) {
        g.say({{"op", "eof"}, {"conn", 1}});
        g.say({{"op", "data"}, {"conn", 1}}, "x");
      },
      [](FakeGuest& g) {
        for (int i = 2; i < 1000; ++i) g.say({{"op", "open"}, {"conn", i}, {"listener", 1}});
      },
  };
  for (const auto& lie : lies) {
    TearDown();
    recorder_.log.clear();
    std::array<int, 2> fds{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
    ::fcntl(fds[0], F_SETFL, O_RDWR | O_NONBLOCK);
    channel_ = Fd(fds[0]);
    guest_ = std::make_unique<FakeGuest>(Fd(fds[1]));
    SetUp();
    const auto result = play([&](FakeGuest& guest) {
      open_connection(1);
      lie(guest);
    });
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::protocol);
    EXPECT_TRUE(recorder_.log.ends_with("close ")) << recorder_.log;
  }
}

TEST_F(HostileConnections, AGuestThatGivesNoCreditIsSentNoMoreThanTheWindow) {
  recorder_.answer = [](Connection& connection) {
    connection.send(std::string(10'000'000, 'y'));
    connection.close();
  };
  std::size_t received = 0;
  bool closed = false;
  const auto result = play([&](FakeGuest& guest) {
    open_connection(1);
    guest.say({{"op", "data"}, {"conn", 1}}, "GET");
    while (received < frame::kWindow) {
      const auto heard = guest.hear();
      if (!heard) break;
      if (heard->header.at("op") == "data") received += heard->body.size();
      closed = closed || heard->header.at("op") == "close";
    }
  });
  EXPECT_EQ(result.value(), "end");
  EXPECT_EQ(received, frame::kWindow);
  EXPECT_FALSE(closed);
  EXPECT_EQ(recorder_.log, "open data:3 ");
}

TEST_F(HostileConnections, AConnectionClosesOnceWhenTheSandboxDies) {
  const auto result = against(
      [&](FakeGuest& guest, std::int64_t) {
        open_connection(1);
        guest.say({{"op", "data"}, {"conn", 1}}, "x");
        guest.hang_up();
      },
      [&] { return client_->read("x", 10); });
  EXPECT_EQ(result.error().code, Code::unavailable);
  client_.reset();
  EXPECT_EQ(recorder_.log, "open data:1 close ");
}

}  // namespace
}  // namespace plumb
