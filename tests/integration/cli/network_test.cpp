// A run in a network in which nothing but the endpoint is there, watched by strace.
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <regex>
#include <set>

#include "tests/integration/cli/cli_fixture.hpp"
#include "tests/integration/cli/scripted_model.hpp"

namespace plumb::test {
namespace {

/// Puts this thread, and whatever it starts, into a network of its own with a loopback and nothing
/// else.
bool enter_empty_network() {
  if (::unshare(CLONE_NEWNET) != 0) return false;
  const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  loopback.ifr_name[0] = 'l';
  loopback.ifr_name[1] = 'o';
  if (!any || ::ioctl(any.get(), SIOCGIFFLAGS, &loopback) != 0) return false;
  loopback.ifr_flags |= IFF_UP;
  return ::ioctl(any.get(), SIOCSIFFLAGS, &loopback) == 0;
}

class Network : public Cli {
 protected:
  /// Runs "number-note" under strace. The addresses that were connected or sent to, "HOST:PORT".
  [[nodiscard]] std::set<std::string> addresses_of_run(const std::string& url) const {
    PlumbSettings watched = settings();
    watched.before = {"strace",
                      "-f",
                      "--seccomp-bpf",
                      "-qq",
                      "-s",
                      "0",
                      "-e",
                      "trace=connect,sendto,sendmsg,sendmmsg",
                      "-o",
                      file("trace")};
    const PlumbEnd end = run_plumb(PLUMB_PROGRAM,
                                   {"run", kQuick, "--task", "number-note", "--repeats", "3",
                                    "--model", "m=" + url + "/v1,model=x"},
                                   watched);
    EXPECT_EQ(end.code, 0) << end.out << end.err;
    for (const auto& [key, settled] : outcomes()) EXPECT_EQ(settled.outcome, "passed");
    const std::string trace = bytes("trace");
    EXPECT_EQ(trace.find("AF_INET6"), std::string::npos);
    static const std::regex address_of(
        R"re(sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\))re");
    std::set<std::string> addresses;
    for (std::sregex_iterator it(trace.begin(), trace.end(), address_of), none; it != none; ++it) {
      addresses.insert((*it)[2].str() + ":" + (*it)[1].str());
    }
    return addresses;
  }
  void run_alone_with_the_endpoint() const {
    const RawServer server([](RawConnection& connection, const RawRequest& request) {
      connection.send(obedient_answer(request));
    });
    const std::string endpoint = "127.0.0.1:" + std::to_string(server.port());
    // The ruler check plays against a stand-in in the program itself.
    for (const std::string& address : addresses_of_run(server.url())) {
      EXPECT_TRUE(address.starts_with("127.0.0.1:")) << address;
    }
    // Its result is stored, so the second run speaks to the endpoint alone.
    EXPECT_EQ(addresses_of_run(server.url()), std::set<std::string>{endpoint});
  }
};

TEST_F(Network, ARunSpeaksToItsEndpointAndToNobodyElse) {
  if (!find_program("strace")) GTEST_SKIP() << "strace is not installed: apt-get install strace";
  bool entered = false;
  std::jthread([&] {
    entered = enter_empty_network();
    if (entered) run_alone_with_the_endpoint();
  }).join();
  if (!entered) GTEST_SKIP() << "this host lets nobody make a network namespace of their own";
}

}  // namespace
}  // namespace plumb::test
