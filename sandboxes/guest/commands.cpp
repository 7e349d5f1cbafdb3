#include "sandboxes/guest/commands.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace plumb::guest {
namespace {

/// How long outputs are read on after the command has ended while something else holds them open.
constexpr auto kGrace = std::chrono::milliseconds(100);
constexpr std::size_t kMostLeftovers = 64;

Instant now() { return std::chrono::steady_clock::now(); }

/// What the child needs between vfork and exec. It shares our memory, so its failure is read from
/// here.
struct Launch {
  const char* cwd;
  std::vector<char*> argv;
  std::vector<char*> env;
  std::array<int, 3> fds;
  bool die_with_us;
  int error = 0;
  bool in_cwd = false;
};

[[noreturn]] void become_command(Launch& launch) {
  ::setsid();
  if (launch.die_with_us) ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  for (int number = 0; number < 3; ++number) ::dup2(launch.fds[number], number);
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::chdir(launch.cwd) == 0) {
    launch.in_cwd = true;
    ::execvpe(launch.argv[0], launch.argv.data(), launch.env.data());
  }
  launch.error = errno;
  ::_exit(127);
}

/// vfork, since it costs the same however large the guest has become. Not inlined: the frame must
/// stay intact.
[[gnu::noinline]] pid_t start_process(Launch& launch) {
  const pid_t pid = ::vfork();  // NOLINT(bugprone-unsafe-functions): see above
  if (pid == 0) become_command(launch);
  if (pid < 0) launch.error = errno;
  if (pid > 0 && launch.error != 0) ::waitpid(pid, nullptr, 0);
  return pid;
}

struct Ends {
  Fd read, write;
};

Result<Ends> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return fail_errno(errno, "cannot make a pipe");
  return Ends{Fd(fds[0]), Fd(fds[1])};
}

void set_nonblocking(const Fd& fd) { ::fcntl(fd.get(), F_SETFL, O_NONBLOCK); }

Result<std::vector<std::string>> take_texts(std::string_view& body, std::int64_t count) {
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < count; ++i) {
    auto text = frame::take_text(body);
    if (!text) return fail(Code::io, "a request to run a command is cut off");
    texts.push_back(std::move(*text));
  }
  return texts;
}

std::vector<char*> c_strings(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// The later setting of a name wins, as in a shell.
void set_variable(std::vector<std::string>& environment, std::string setting) {
  const std::string name = setting.substr(0, setting.find('=') + 1);
  std::erase_if(environment, [&](const std::string& old) { return old.starts_with(name); });
  environment.push_back(std::move(setting));
}

std::size_t size_or(const Json& ask, const char* key) {
  const auto wanted = json_or<std::int64_t>(ask, key, 0);
  return std::clamp<std::size_t>(wanted < 0 ? 0 : static_cast<std::size_t>(wanted), 0,
                                 frame::kMaxCapture);
}

}  // namespace

void Capture::add(std::string_view bytes) {
  const std::size_t fits = std::min(bytes.size(), head_cap_ - head_.size());
  head_ += bytes.substr(0, fits);
  bytes.remove_prefix(fits);
  tail_ += bytes;
  // Cut only now and then: each cut moves the rest.
  if (tail_.size() <= 2 * tail_cap_) return;
  dropped_ += tail_.size() - tail_cap_;
  tail_.erase(0, tail_.size() - tail_cap_);
}

void Capture::finish() {
  if (tail_.size() > tail_cap_) {
    dropped_ += tail_.size() - tail_cap_;
    tail_.erase(0, tail_.size() - tail_cap_);
  }
  if (dropped_ > 0) return;
  head_ += tail_;
  tail_.clear();
}

Commands::Commands(Channel& channel, const Place& place)
    : channel_(channel),
      environment_{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + place.home, "LANG=C.UTF-8",
                   "TERM=dumb"},
      place_(place),
      nothing_(::open("/dev/null", O_RDWR | O_CLOEXEC)) {}

void Commands::start(std::int64_t id, const Json& ask, std::string_view body) {
  auto command = std::make_shared<Command>(Command{
      .id = id,
      .out_kept = Capture(size_or(ask, "head"), size_or(ask, "tail")),
      .err_kept = Capture(size_or(ask, "head"), size_or(ask, "tail")),
  });
  if (const Status launched = launch(*command, ask, body); !launched) {
    return channel_.failed(id, launched.error());
  }
  if (command->pid <= 0) return;
  if (json_or(ask, "background", false)) {
    return channel_.done(id, {{"pid", command->pid}});
  }
  running_.push_back(std::move(command));
}

Status Commands::launch(Command& command, const Json& ask, std::string_view body) {
  PLUMB_TRY(std::vector<std::string> cwd, take_texts(body, 1));
  PLUMB_TRY(std::vector<std::string> argv, take_texts(body, json_or<std::int64_t>(ask, "argc", 0)));
  PLUMB_TRY(std::vector<std::string> env, take_texts(body, json_or<std::int64_t>(ask, "envc", 0)));
  if (argv.empty()) return fail(Code::io, "a command needs at least a name");
  std::vector<std::string> environment = environment_;
  for (std::string& setting : env) set_variable(environment, std::move(setting));
  const std::string folder = place_.resolve(cwd[0]);

  Launch launch{.cwd = folder.c_str(),
                .argv = c_strings(argv),
                .env = c_strings(environment),
                .fds = {nothing_.get(), nothing_.get(), nothing_.get()},
                .die_with_us = ::getpid() != 1};
  Ends in, out, err;
  if (!json_or(ask, "background", false)) {
    PLUMB_TRY(out, make_pipe());
    PLUMB_TRY(err, make_pipe());
    launch.fds[1] = out.write.get();
    launch.fds[2] = err.write.get();
  }
  if (!body.empty()) {
    PLUMB_TRY(in, make_pipe());
    launch.fds[0] = in.read.get();
    set_nonblocking(in.write);
  }
  const pid_t pid = start_process(launch);
  if (launch.error != 0) {
    const std::string shown = argv[0].substr(0, 200);
    if (pid > 0 && !launch.in_cwd) {
      const Code code = launch.error == ENOENT ? Code::not_found : Code::io;
      return fail(code,
                  fail_errno(launch.error, "cannot run a command in " + cwd[0]).error().sentence);
    }
    if (pid < 0 || launch.error == ENOMEM || launch.error == EAGAIN) {
      return fail_errno(launch.error, "cannot run " + shown);
    }
    // What a shell would answer: this is the caller's mistake, and the caller learns it from the
    // result.
    const bool missing = launch.error == ENOENT || launch.error == ENOTDIR;
    const std::string sentence = missing ? shown + ": no such command\n"
                                         : fail_errno(launch.error, shown).error().sentence + "\n";
    channel_.done(command.id, {{"code", missing ? 127 : 126}, {"err_head", sentence.size()}},
                  sentence);
    return {};
  }
  command.pid = pid;
  command.out = std::move(out.read);
  command.err = std::move(err.read);
  if (command.out) set_nonblocking(command.out);
  if (command.err) set_nonblocking(command.err);
  if (!body.empty()) {
    command.in = std::move(in.write);
    command.stdin_bytes = body;
  }
  const auto timeout_ms = std::max<std::int64_t>(json_or<std::int64_t>(ask, "timeout_ms", 0), 0);
  command.kill_at = after(now(), from_seconds(static_cast<double>(timeout_ms) / 1e3));
  return {};
}

void Commands::watch(PollSet& polls) {
  // A copy: answering takes a command out of the list.
  for (const CommandPtr& command : std::vector(running_)) act_on_time(command);
  for (const CommandPtr& command : running_) {
    polls.wake_at(std::min(command->kill_at, command->answer_at));
    if (command->in) {
      polls.add(command->in.get(), POLLOUT, [this, command](short) { feed(*command); });
    }
    const auto watch_output = [&](Fd& fd, Capture& kept) {
      if (!fd) return;
      polls.add(fd.get(), POLLIN, [this, command, &fd, &kept](short) {
        drain(fd, kept);
        answer_when_over(command);
      });
    };
    watch_output(command->out, command->out_kept);
    watch_output(command->err, command->err_kept);
  }
  for (const auto& fd : leftovers_) {
    polls.add(fd->get(), POLLIN, [this, fd](short) {
      Capture nobody(0, 0);
      drain(*fd, nobody);
      if (!*fd) std::erase(leftovers_, fd);
    });
  }
}

void Commands::act_on_time(const CommandPtr& command) {
  if (now() >= command->kill_at) {
    command->kill_at = kNever;
    command->timed_out = true;
    ::kill(-command->pid, SIGKILL);
  }
  if (now() >= command->answer_at) {
    keep_draining(std::move(command->out));
    keep_draining(std::move(command->err));
    answer_when_over(command);
  }
}

void Commands::feed(Command& command) {
  while (command.in && command.stdin_at < command.stdin_bytes.size()) {
    const ssize_t written = ::write(command.in.get(), command.stdin_bytes.data() + command.stdin_at,
                                    command.stdin_bytes.size() - command.stdin_at);
    if (written < 0 && errno == EAGAIN) return;
    if (written <= 0) break;  // nobody reads any more
    command.stdin_at += static_cast<std::size_t>(written);
  }
  command.in.reset();
}

void Commands::drain(Fd& fd, Capture& kept) {
  std::array<char, std::size_t{64} << 10> buffer;
  const ssize_t got = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
  if (got > 0) kept.add({buffer.data(), static_cast<std::size_t>(got)});
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) fd.reset();
}

void Commands::ended(pid_t pid, int status) {
  const auto found =
      std::ranges::find_if(running_, [pid](const CommandPtr& c) { return c->pid == pid; });
  if (found == running_.end()) return;
  // A copy: answering may take it off the list.
  const CommandPtr command = *found;  // NOLINT(performance-unnecessary-copy-initialization)
  command->status = status;
  command->kill_at = kNever;
  command->answer_at = after(now(), kGrace);
  command->in.reset();
  answer_when_over(command);
}

void Commands::answer_when_over(const CommandPtr& command) {
  if (command->answer_at == kNever || command->out || command->err) return;
  if (std::erase(running_, command) == 0) return;
  command->out_kept.finish();
  command->err_kept.finish();
  Json fields = {{"timed_out", command->timed_out}};
  if (WIFEXITED(command->status)) {
    fields["code"] = WEXITSTATUS(command->status);
  } else {
    fields["signal"] = WTERMSIG(command->status);
  }
  std::string body;
  const auto add = [&](const char* name, const Capture& kept) {
    fields[std::string(name) + "_head"] = kept.head().size();
    fields[std::string(name) + "_tail"] = kept.tail().size();
    fields[std::string(name) + "_dropped"] = kept.dropped();
    body += kept.head();
    body += kept.tail();
  };
  add("out", command->out_kept);
  add("err", command->err_kept);
  channel_.done(command->id, std::move(fields), body);
}

void Commands::keep_draining(Fd&& fd) {
  if (!fd) return;
  if (leftovers_.size() == kMostLeftovers) leftovers_.erase(leftovers_.begin());
  leftovers_.push_back(std::make_shared<Fd>(std::move(fd)));
}

}  // namespace plumb::guest
