#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <utility>

#include "core/base/files.hpp"
#include "core/base/hash.hpp"
#include "core/base/subprocess.hpp"
#include "core/sandbox/guest_client.hpp"
#include "core/sandbox/launcher.hpp"
#include "core/sandbox/sandbox.hpp"

namespace plumb {
namespace {

/// A start takes milliseconds; only a machine in trouble takes this long.
constexpr auto kStartPatience = std::chrono::seconds(60);

#ifndef MFD_EXEC
constexpr unsigned kExecutable = 0x0010U;  // Linux 6.3
#else
constexpr unsigned kExecutable = MFD_EXEC;
#endif

/// The bytes as a file without a name, which the started command inherits. Rewound.
Result<Fd> file_of(std::string_view bytes, unsigned flags) {
  int raw = ::memfd_create("plumb", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);
  if (raw < 0 && errno == EINVAL) raw = ::memfd_create("plumb", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  Fd fd(raw);
  if (!fd) return fail_errno(errno, "cannot keep a file in memory");
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t written = ::write(fd.get(), bytes.data() + at, bytes.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail_errno(errno, "cannot keep a file in memory");
    at += static_cast<std::size_t>(written);
  }
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

/// The guest program. Sealed: a command that inherits it cannot change what the next sandbox runs.
Result<Fd> sealed_program(std::string_view bytes) {
  PLUMB_TRY(Fd fd, file_of(bytes, kExecutable));
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) !=
      0) {
    return fail_errno(errno, "cannot seal the guest program");
  }
  return fd;
}

struct Pair {
  Fd ours, theirs;
};

/// Our end of the channel does not block; the launcher's end does, as programs expect of their
/// stdin.
Result<Pair> make_channel() {
  std::array<int, 2> fds{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) {
    return fail_errno(errno, "cannot make a channel for a sandbox");
  }
  Pair pair{Fd(fds[0]), Fd(fds[1])};
  ::fcntl(pair.ours.get(), F_SETFL, O_RDWR | O_NONBLOCK);
  return pair;
}

/// Neither end blocks: a launcher that talks without end loses its words instead of stalling.
Result<Pair> make_error_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return fail_errno(errno, "cannot make a pipe for a sandbox");
  }
  return Pair{Fd(fds[0]), Fd(fds[1])};
}

class Factory : public SandboxFactory {
 public:
  Factory(std::unique_ptr<Launcher> launcher, Fd guest, SandboxOptions options, std::string digest)
      : launcher_(std::move(launcher)),
        name_(launcher_->name()),
        isolates_(launcher_->isolates()),
        guest_(std::move(guest)),
        options_(std::move(options)),
        digest_(std::move(digest)),
        next_user_(static_cast<std::uint32_t>(hash_number(random_hex(8)))) {}

  [[nodiscard]] Result<std::unique_ptr<Sandbox>> start(Waiter& waiter) override;
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool isolates() const override { return isolates_; }
  [[nodiscard]] const std::string& digest() const override { return digest_; }

 private:
  [[nodiscard]] Result<LaunchLine> line_for_one() {
    const HostFacts host{.guest = "/proc/self/fd/" + std::to_string(Launcher::kGuestFd),
                         .work_bytes = options_.work_bytes,
                         .masked = options_.masked};
    const std::scoped_lock lock(launcher_mutex_);
    return launcher_->command(host);
  }

  std::mutex launcher_mutex_;
  std::unique_ptr<Launcher> launcher_;
  const std::string name_;
  const bool isolates_;
  const Fd guest_;
  const SandboxOptions options_;
  const std::string digest_;
  std::atomic<std::uint32_t> next_user_;
};

Result<std::unique_ptr<Sandbox>> Factory::start(Waiter& waiter) {
  PLUMB_TRY(LaunchLine line, line_for_one());
  PLUMB_TRY(Pair channel, make_channel());
  PLUMB_TRY(Pair errors, make_error_pipe());
  const char* path = std::getenv("PATH");
  SpawnRequest request{.argv = std::move(line.argv),
                       .env = {std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin")},
                       .fds = {{0, channel.theirs.get()},
                               {1, channel.theirs.get()},
                               {2, errors.theirs.get()},
                               {Launcher::kGuestFd, guest_.get()}},
                       .cwd = "/",
                       .user = launcher_->user(next_user_++)};
  std::vector<Fd> texts;
  for (const std::string& text : line.data) {
    PLUMB_TRY(Fd fd, file_of(text, 0));
    request.fds.emplace_back(Launcher::kFirstData + static_cast<int>(texts.size()), fd.get());
    texts.push_back(std::move(fd));
  }
  auto process = Subprocess::spawn(request);
  if (!process) {
    return fail(Code::unavailable, "the sandbox (" + name_ + ") did not start", process.error());
  }
  channel.theirs.reset();
  errors.theirs.reset();
  PLUMB_TRY(std::unique_ptr<GuestClient> client,
            GuestClient::open(waiter,
                              {.channel = std::move(channel.ours),
                               .errors = std::move(errors.ours),
                               .process = std::move(*process),
                               .launcher = name_},
                              kStartPatience));
  return client;
}

}  // namespace

Result<std::unique_ptr<SandboxFactory>> make_sandbox_factory(const std::string& launcher_file,
                                                             const std::string& guest_file,
                                                             SandboxOptions options) {
  PLUMB_TRY(std::unique_ptr<Launcher> launcher, Launcher::load(launcher_file));
  PLUMB_TRY(const std::string source, read_file(launcher_file));
  PLUMB_TRY(const std::string program, read_file(guest_file));
  PLUMB_TRY(Fd guest, sealed_program(program));
  std::erase_if(options.masked, [](const std::string& folder) {
    std::error_code error;
    return !std::filesystem::is_directory(folder, error);
  });
  Hasher hasher;
  hasher.add(source).add(program).add(static_cast<std::int64_t>(options.work_bytes));
  for (const std::string& folder : options.masked) hasher.add(folder);
  return std::make_unique<Factory>(std::move(launcher), std::move(guest), std::move(options),
                                   hasher.hex());
}

}  // namespace plumb
