// Services that the host provides inside: accepted by the guest, served by a handler on the trial's
// thread.
#include <functional>
#include <map>

#include "tests/integration/sandbox/sandbox_fixture.hpp"

namespace plumb::test {
namespace {

/// Answers each whole HTTP request by a function; counts what happened.
class Service : public ConnectionHandler {
 public:
  explicit Service(std::function<std::string(const std::string& request)> answer)
      : answer_(std::move(answer)) {}

  void on_open(Connection& connection) override {
    enter([&] { requests_[&connection] = ""; });
  }
  void on_data(Connection& connection, std::string_view bytes) override {
    enter([&] {
      std::string& request = requests_.at(&connection);
      request += bytes;
      received += bytes.size();
      if (request.find("\r\n\r\n") == std::string::npos) return;
      const std::string body = answer_(request);
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                      "\r\n\r\n");
      connection.send(body);
      if (close_after_answer) connection.close();
      request.clear();
    });
  }
  void on_close(Connection& connection) override {
    enter([&] {
      EXPECT_EQ(requests_.erase(&connection), 1U);
      ++closed;
    });
  }

  [[nodiscard]] std::size_t open() const { return requests_.size(); }
  std::size_t closed = 0;
  std::size_t received = 0;
  bool close_after_answer = true;

 private:
  void enter(const std::function<void()>& body) {
    EXPECT_FALSE(inside_) << "calls of handlers must not overlap";
    inside_ = true;
    body();
    inside_ = false;
  }

  std::function<std::string(const std::string&)> answer_;
  std::map<Connection*, std::string> requests_;
  bool inside_ = false;
};

class SandboxConnections : public SandboxTest {
 protected:
  void SetUp() override {
    SandboxTest::SetUp();
    if (IsSkipped()) return;
    hosts("127.1.0.1 news.test\n127.1.0.2 big.test\n");
  }
  void hosts(const std::string& lines) {
    ASSERT_TRUE(sandbox_->write("/etc/hosts", "127.0.0.1 localhost\n" + lines));
  }
  void wait_until(const std::function<bool()>& holds) {
    EXPECT_EQ(waiter_.wait(holds, after(waiter_.now(), std::chrono::seconds(20))),
              Waiter::End::ready);
  }
  /// The handlers must outlive the sandbox.
  void TearDown() override { sandbox_.reset(); }
};

TEST_F(SandboxConnections, PlainCurlReachesAServiceByName) {
  Service news([](const std::string& request) {
    return "you asked: " + request.substr(0, request.find('\r'));
  });
  ASSERT_TRUE(sandbox_->listen("127.1.0.1", 80, news));
  EXPECT_EQ(said("curl -sS http://news.test/front"), "you asked: GET /front HTTP/1.1");
  EXPECT_EQ(said("python3 -c 'import urllib.request as u; "
                 "print(u.urlopen(\"http://news.test/x\").read().decode())'"),
            "you asked: GET /x HTTP/1.1\n");
  EXPECT_NE(shell("curl -sS http://big.test/").code, 0);
  wait_until([&] { return news.closed == 2; });
  EXPECT_EQ(sandbox_->listen("127.1.0.1", 80, news).error().code, Code::io);
  EXPECT_EQ(sandbox_->listen("not an address", 80, news).error().code, Code::io);
  sandbox_.reset();
}

TEST_F(SandboxConnections, AConnectionServesSeveralRequests) {
  Service news([](const std::string&) { return "again "; });
  news.close_after_answer = false;
  ASSERT_TRUE(sandbox_->listen("127.1.0.1", 80, news));
  EXPECT_EQ(said("curl -sS http://news.test/1 http://news.test/2 http://news.test/3"),
            "again again again ");
  wait_until([&] { return news.closed == 1; });
  sandbox_.reset();
}

TEST_F(SandboxConnections, ALargeAnswerReachesASlowReaderWhole) {
  const std::string page(20'000'000, 'p');
  Service big([&](const std::string&) { return page; });
  ASSERT_TRUE(sandbox_->listen("127.1.0.2", 80, big));
  EXPECT_EQ(said("curl -sS --limit-rate 40M http://big.test/ | tr -d '\\n' | wc -c"), "20000000\n");
  // One that stops reading keeps nobody else from being served.
  Service news([](const std::string&) { return "quick"; });
  ASSERT_TRUE(sandbox_->listen("127.1.0.1", 80, news));
  EXPECT_EQ(
      said("exec 3<>/dev/tcp/127.1.0.2/80; printf 'GET / HTTP/1.1\\r\\n\\r\\n' >&3; read -u 3 line;"
           "curl -sS http://news.test/"),
      "quick");
  sandbox_.reset();
}

TEST_F(SandboxConnections, ALargeUploadArrivesWhole) {
  Service news([](const std::string&) { return "thanks"; });
  ASSERT_TRUE(sandbox_->listen("127.1.0.1", 80, news));
  EXPECT_EQ(
      shell(
          "head -c 5000000 /dev/zero | tr '\\0' x > up; exec 3<>/dev/tcp/news.test/80; cat up >&3;"
          "printf '\\r\\n\\r\\n' >&3; cat <&3 | tail -c 6")
          .out.text(),
      "thanks");
  EXPECT_EQ(news.received, 5'000'004U);
  sandbox_.reset();
}

TEST_F(SandboxConnections, AHandlerMayReadAndWriteInTheSandbox) {
  int count = 0;
  Service news([&](const std::string&) {
    EXPECT_TRUE(sandbox_->write("visits", std::to_string(++count)));
    return sandbox_->read("page.html").value_or("no page") + sandbox_->read("visits").value_or("?");
  });
  ASSERT_TRUE(sandbox_->write("page.html", "visit "));
  ASSERT_TRUE(sandbox_->listen("127.1.0.1", 80, news));
  const ExecResult result = shell(
      "for i in $(seq 20); do curl -sS http://news.test/ > out.$i & done; wait; cat out.* | sed "
      "'s/visit /\\n/g' | sort -n | tail -1");
  EXPECT_EQ(result.out.text(), "20\n");
  wait_until([&] { return news.closed == 20; });
  sandbox_.reset();
}

TEST_F(SandboxConnections, AClientThatSaysItIsDoneStillGetsItsAnswer) {
  Service news([](const std::string&) { return std::string(1'000'000, 'z'); });
  news.close_after_answer = false;
  ASSERT_TRUE(sandbox_->listen("127.1.0.1", 80, news));
  EXPECT_EQ(
      said("python3 -c '\nimport socket\ns = socket.create_connection((\"news.test\", 80))\n"
           "s.sendall(b\"GET / HTTP/1.1\\r\\n\\r\\n\"); s.shutdown(socket.SHUT_WR)\n"
           "n = 0\nwhile True:\n  d = s.recv(65536)\n  if not d: break\n  n += len(d)\nprint(n)'"),
      std::to_string(1'000'000 +
                     std::string("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").size()) +
          "\n");
  sandbox_.reset();
}

TEST_F(SandboxConnections, ManyConnectionsWaitForTheirTurn) {
  Service news([](const std::string&) { return "ok"; });
  ASSERT_TRUE(sandbox_->listen("127.1.0.1", 80, news));
  EXPECT_EQ(said("python3 -c '\nimport socket\n"
                 "c = [socket.create_connection((\"news.test\", 80)) for _ in range(600)]\n"
                 "for s in c: s.sendall(b\"GET / HTTP/1.1\\r\\n\\r\\n\")\n"
                 "print(sum(s.makefile(\"rb\").read().endswith(b\"ok\") for s in c))'"),
            "600\n");
  wait_until([&] { return news.closed == 600; });
  sandbox_.reset();
}

TEST_F(SandboxConnections, ConnectionsCloseWithTheirClientsAndWithTheSandbox) {
  Service news([](const std::string&) { return "ok"; });
  news.close_after_answer = false;
  ASSERT_TRUE(sandbox_->listen("127.1.0.1", 80, news));
  ASSERT_TRUE(sandbox_->exec(
      {.argv = {"bash", "-c", "exec 3<>/dev/tcp/news.test/80; touch there; sleep 1000"},
       .background = true}));
  shell("until test -e there; do :; done");
  ASSERT_TRUE(sandbox_->kill_all());
  wait_until([&] { return news.closed == 1; });
  ASSERT_TRUE(sandbox_->exec(
      {.argv = {"bash", "-c", "exec 3<>/dev/tcp/news.test/80; touch again; sleep 1000"},
       .background = true}));
  shell("until test -e again; do :; done");
  wait_until([&] { return news.open() == 1; });
  sandbox_.reset();
  EXPECT_EQ(news.closed, 2U);
}

}  // namespace
}  // namespace plumb::test
