// core/sandbox: where a trial's commands run: the interface, the protocol of the guest (our small
// program inside) and its client. How a guest gets started somewhere is a Lua file in sandboxes/;
// nothing here knows a technology.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/base/waiter.hpp"

namespace plumb {

/// The folder every trial works in, inside.
inline constexpr const char* kWorkDir = "/work";

struct ExecRequest {
  std::vector<std::string> argv;  ///< argv[0] is looked up in the sandbox's PATH
  std::string cwd = kWorkDir;     ///< relative paths are below the work folder
  std::vector<std::pair<std::string, std::string>>
      env;  ///< beside the sandbox's own fixed environment
  std::string stdin_bytes;
  Duration timeout =
      std::chrono::seconds(60);      ///< then the command's whole process group is killed
  std::size_t head_cap = 128 << 10;  ///< bytes kept from the start, of each of stdout and stderr
  std::size_t tail_cap = 128 << 10;  ///< and from the end
  bool background = false;  ///< leave it running, return its pid at once; output is dropped
};

struct Output {
  std::string head;
  std::string tail;           ///< "" unless something was dropped
  std::uint64_t dropped = 0;  ///< bytes between head and tail
  /// Head and tail, with a line that names the cut where there is one.
  [[nodiscard]] std::string text() const;
};

struct ExecResult {
  int code = -1;   ///< exit code; 127 when the command does not exist; -1 when a signal ended it
  int signal = 0;  ///< that ended it; 0 = none
  bool timed_out = false;
  Output out;
  Output err;
  Duration wall{};
  int pid = 0;  ///< background only
};

struct DirEntry {
  std::string path;  ///< relative to the folder asked for
  enum class Kind { file, folder, link, other } kind = Kind::file;
  std::uint64_t size = 0;
};

/// One accepted connection of a listener, host side. Bytes are flow-controlled by the channel.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void send(std::string_view bytes) = 0;
  /// After everything sent has gone out.
  virtual void close() = 0;
};

/// Serves the connections of one listener, on the trial's thread, while it waits. Calls never
/// overlap.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  /// `connection` stays valid until on_close.
  virtual void on_open(Connection& connection) = 0;
  virtual void on_data(Connection& connection, std::string_view bytes) = 0;
  /// The other side closed or the sandbox died. Also after our own close().
  virtual void on_close(Connection& connection) = 0;
};

/// One live sandbox; belongs to its trial's thread and dies with it. What happens inside is hostile
/// input. Errors: Code::not_found, io, limit = the operation failed inside, the sandbox lives;
/// unavailable, protocol = the sandbox is lost (`invalid: sandbox_error`); cancelled = stop was
/// asked for; timeout.
class Sandbox {
 public:
  virtual ~Sandbox() = default;
  [[nodiscard]] virtual Result<ExecResult> exec(const ExecRequest& request) = 0;
  /// A regular file's bytes. Links are followed inside; anything but a regular file is Code::io.
  [[nodiscard]] virtual Result<std::string> read(const std::string& path,
                                                 std::size_t max_bytes = std::size_t{16} << 20) = 0;
  /// Replaces or creates in one step; parents are created.
  [[nodiscard]] virtual Status write(const std::string& path, std::string_view bytes,
                                     unsigned mode = 0644) = 0;
  [[nodiscard]] virtual Status remove(const std::string& path) = 0;
  /// The entries below a folder, sorted by path; at most `most` (Code::limit beyond).
  [[nodiscard]] virtual Result<std::vector<DirEntry>> list(const std::string& path, bool recursive,
                                                           std::size_t most = 10'000) = 0;
  /// Listens inside on an address of the loopback network; `handler` must outlive the sandbox.
  [[nodiscard]] virtual Status listen(const std::string& address, int port,
                                      ConnectionHandler& handler) = 0;
  /// Kills every process inside but the guest, and returns when they are gone.
  [[nodiscard]] virtual Status kill_all() = 0;
};

/// What a launcher file (sandboxes/NAME.lua) and the host know about one kind of sandbox.
struct SandboxOptions {
  std::uint64_t work_bytes = std::uint64_t{512} << 20;  ///< size of the work folder
  std::vector<std::string> masked;  ///< folders that must look empty inside (installed tasks)
};

/// Starts sandboxes of one kind. Thread-safe.
class SandboxFactory {
 public:
  virtual ~SandboxFactory() = default;
  /// A sandbox that is ready for its first command. Call from the trial's thread: the sandbox dies
  /// with it.
  [[nodiscard]] virtual Result<std::unique_ptr<Sandbox>> start(Waiter& waiter) = 0;
  /// The name that the launcher file gives itself, as every output shows it.
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// False for a launcher that isolates nothing; every output says so.
  [[nodiscard]] virtual bool isolates() const = 0;
  /// Digest of launcher file, guest and options: part of every fingerprint.
  [[nodiscard]] virtual const std::string& digest() const = 0;
};

/// Reads `launcher` (a Lua file, see sandboxes/) and the guest program. Code::config, not_found.
[[nodiscard]] Result<std::unique_ptr<SandboxFactory>> make_sandbox_factory(
    const std::string& launcher_file, const std::string& guest_file, SandboxOptions options);

}  // namespace plumb
