// plumb-guest: the resident program inside a sandbox. One thread, one poll loop, nothing that
// blocks: it serves the host's requests (core/sandbox/frame.hpp says which) until the host closes
// the channel.
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.hpp"
#include "sandboxes/guest/channel.hpp"
#include "sandboxes/guest/commands.hpp"
#include "sandboxes/guest/connections.hpp"
#include "sandboxes/guest/files.hpp"
#include "sandboxes/guest/processes.hpp"
#include "sandboxes/guest/setup.hpp"

namespace plumb::guest {
namespace {

/// What was forked while everything was being killed is killed in the next round.
constexpr auto kKillAgain = std::chrono::milliseconds(5);

class Guest {
 public:
  explicit Guest(Place place)
      : place_(std::move(place)),
        channel_([this](const Json& header, std::string_view body) { serve(header, body); }),
        commands_(channel_, place_),
        connections_(channel_) {
    sigset_t ours;
    ::sigemptyset(&ours);
    ::sigaddset(&ours, SIGCHLD);
    // As process 1 we must stay deaf to what our own sandbox could send.
    if (::getpid() != 1) ::sigaddset(&ours, SIGTERM);
    signals_ = Fd(::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
    ::sigaddset(&ours, SIGPIPE);
    ::sigprocmask(SIG_BLOCK, &ours, nullptr);
  }

  void run() {
    channel_.send({{"op", "hello"}, {"protocol", frame::kProtocol}});
    while (!channel_.ended() && !told_to_end_) {
      PollSet polls;
      channel_.watch(polls);
      polls.add(signals_.get(), POLLIN, [this](short) { on_signal(); });
      commands_.watch(polls);
      connections_.watch(polls);
      if (!kills_.empty()) polls.wake_at(after(std::chrono::steady_clock::now(), kKillAgain));
      polls.run();
      if (!kills_.empty()) go_on_killing();
    }
    // As process 1 our end is everybody's end.
    if (::getpid() != 1) {
      kills_.push_back(0);
      while (!kills_.empty()) go_on_killing();
    }
    if (!place_.owned.empty()) {
      [[maybe_unused]] const Status removed = remove_tree(place_.owned);
    }
  }

 private:
  void serve(const Json& header, std::string_view body);
  void answer_text(std::int64_t id, Result<std::string> text);

  void on_signal() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGTERM) told_to_end_ = true;
    }
    reap();
  }

  /// False when there is no child left.
  bool reap() {
    int status = 0;
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) commands_.ended(pid, status);
    return pid == 0;
  }

  void go_on_killing() {
    kill_everything();
    if (reap()) return;
    for (const std::int64_t id : std::exchange(kills_, {})) {
      if (id != 0) channel_.done(id);
    }
  }

  Place place_;
  Channel channel_;
  Commands commands_;
  Connections connections_;
  Fd signals_;
  std::vector<std::int64_t> kills_;  ///< requests to kill everything that are not answered yet
  bool told_to_end_ = false;
};

void Guest::answer_text(std::int64_t id, Result<std::string> text) {
  if (text) return channel_.done(id, Json::object(), *text);
  channel_.failed(id, text.error());
}

void Guest::serve(const Json& header, std::string_view body) {
  const std::string op = json_or(header, "op", "");
  const auto id = json_or<std::int64_t>(header, "id", 0);
  const auto connection = json_or<std::int64_t>(header, "conn", 0);
  if (op == "exec") return commands_.start(id, header, body);
  if (op == "kill_all") return kills_.push_back(id);
  if (op == "data") return connections_.on_data(connection, body);
  if (op == "credit")
    return connections_.on_credit(connection, json_or<std::size_t>(header, "bytes", 0));
  if (op == "close") return connections_.on_close(connection);

  if (op == "listen") {
    const std::string address(frame::take_text(body).value_or(""));
    return channel_.answer(id, connections_.listen(json_or<std::int64_t>(header, "listener", 0),
                                                   address, json_or(header, "port", 0)));
  }
  const std::string path = place_.resolve(frame::take_text(body).value_or(""));
  const auto most = json_or<std::size_t>(header, "most", 0);
  if (op == "read") return answer_text(id, read_file(path, most));
  if (op == "write")
    return channel_.answer(id, write_file(path, body, json_or(header, "mode", 0644U)));
  if (op == "remove") return channel_.answer(id, remove_tree(path));
  if (op == "list")
    return answer_text(id, list_folder(path, json_or(header, "recursive", false), most));
  channel_.failed(id, Error{Code::io, "the guest does not know the operation " + op});
}

}  // namespace
}  // namespace plumb::guest

int main(int argc, char** argv) {
  bool temporary = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--temporary") {
      std::fprintf(
          stderr, "plumb-guest is started by a launcher of Plumbline; it takes only --temporary\n");
      return 1;
    }
    temporary = true;
  }
  auto place = plumb::guest::set_up(temporary);
  if (!place) {
    std::fprintf(stderr, "%s\n", plumb::full_sentence(place.error()).c_str());
    return 1;
  }
  plumb::guest::Guest(std::move(*place)).run();
  return 0;
}
