// sdk/cli: the command line, and the first embedder: it puts the parts together and says what they
// found. Each command is one file with two functions: one declares its options, one does the work
// and returns the exit code.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "core/endpoint/server_book.hpp"
#include "core/run/run.hpp"
#include "core/sandbox/sandbox.hpp"
#include "core/wire/http.hpp"

namespace plumb {
class StandInServer;
}

namespace plumb::cli {

// Exit codes (docs/scorecard.md).
inline constexpr int kOk = 0;
inline constexpr int kUsage = 1;
inline constexpr int kInvalid = 3;
inline constexpr int kUnreachable = 4;
inline constexpr int kInterrupted = 130;

/// Prints the error to stderr and returns its exit code.
int report(const Error& error);

/// Turns SIGINT and SIGTERM into a stop: the first asks the work to end, the second ends the
/// program at once. Make it before any other thread, which then inherits the blocked signals.
class Signals {
 public:
  Signals();
  ~Signals();
  [[nodiscard]] std::stop_token stop() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::jthread listener_;
};

/// "bwrap", or "process" when the user asked for no isolation.
[[nodiscard]] Result<std::unique_ptr<SandboxFactory>> make_sandboxes(bool unsafe);
[[nodiscard]] std::string launcher_file(bool unsafe);

/// Endpoints for contestants: stand-ins are served in this process, the rest is reached over the
/// network.
class Endpoints {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Endpoints>> create();
  /// The factory refers to this object, and to the store.
  /// @param max_streams  most requests in flight at one stand-in
  /// @param store        of the runs that are replayed; null: there is nothing to replay
  [[nodiscard]] EndpointFactory factory(int max_streams, Store* store = nullptr);
  [[nodiscard]] const ServerBook& servers() const { return servers_; }

 private:
  Endpoints(std::unique_ptr<HttpClient> http, ServerBook servers)
      : servers_(std::move(servers)), http_(std::move(http)) {}
  Result<std::unique_ptr<Endpoint>> serve_stand_in(
      const Contestant& contestant, const std::vector<std::shared_ptr<const Task>>& tasks,
      int max_streams);

  ServerBook servers_;
  std::unique_ptr<HttpClient> http_;
  /// By name, options and tasks: a contestant that is asked in several ways is one server.
  std::map<std::string, std::weak_ptr<StandInServer>> stand_ins_;
  std::mutex mutex_;  ///< guards stand_ins_
};

/// A path as the user typed it, or the one of that name among what ships ("tasks/starter").
[[nodiscard]] std::string find_tasks(const std::string& path);

/// A database to read from. Reading creates nothing: a mistyped name is an error.
[[nodiscard]] Result<std::unique_ptr<Store>> open_existing(const std::string& db);

/// Writes to the file, or to stdout for "-".
[[nodiscard]] Status write_output(const std::string& path, const std::string& text);

}  // namespace plumb::cli
