#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/sandbox/sandbox.hpp"

namespace plumb::test {

/// The host's end of a connection that a test makes; keeps what was sent to it.
class FakeConnection : public Connection {
 public:
  void send(std::string_view bytes) override { received += bytes; }
  void close() override { closed = true; }
  std::string received;
  bool closed = false;
};

/// What is inside a fake sandbox. It outlives the sandbox, so that a test can look at it
/// afterwards.
struct FakeWorld {
  std::map<std::string, std::string> files = {{"/etc/hosts", "127.0.0.1 localhost\n"}};
  std::map<std::string, unsigned> modes;
  std::vector<ExecRequest> commands;
  std::function<Result<ExecResult>(const ExecRequest&)> on_exec = [](const ExecRequest&) {
    return ExecResult{.code = 0};
  };
  /// Asked before every operation ("exec", "read", "write", "remove", "list", "listen", "kill_all")
  /// with its path.
  std::function<Status(const std::string& operation, const std::string& path)> fault =
      [](const std::string&, const std::string&) { return Status{}; };
  std::map<std::string, ConnectionHandler*> listeners;  ///< by address
  int killed = 0;
  int started = 0;
  int ended = 0;

  /// One request to a listener and all that comes back.
  std::string request(const std::string& address, std::string_view bytes) {
    FakeConnection connection;
    ConnectionHandler& handler = *listeners.at(address);
    handler.on_open(connection);
    handler.on_data(connection, bytes);
    handler.on_close(connection);
    return connection.received;
  }
};

/// A sandbox whose files are a map and whose commands are a function. Where a test left a
/// connection open, its end closes it, as the real one does.
class FakeSandbox : public Sandbox {
 public:
  explicit FakeSandbox(std::shared_ptr<FakeWorld> world) : world_(std::move(world)) {
    ++world_->started;
  }
  ~FakeSandbox() override {
    FakeConnection last;
    for (const auto& [address, handler] : world_->listeners) {
      handler->on_open(last);
      handler->on_data(last, "GET / HTTP/1.1\r\n\r\n");
      handler->on_close(last);
    }
    world_->listeners.clear();
    ++world_->ended;
  }

  Result<ExecResult> exec(const ExecRequest& request) override {
    PLUMB_CHECK(world_->fault("exec", ""));
    world_->commands.push_back(request);
    return world_->on_exec(request);
  }
  Result<std::string> read(const std::string& path, std::size_t) override {
    PLUMB_CHECK(world_->fault("read", path));
    const auto found = world_->files.find(path);
    if (found == world_->files.end()) return fail(Code::not_found, path + ": no such file");
    return found->second;
  }
  Status write(const std::string& path, std::string_view bytes, unsigned mode) override {
    PLUMB_CHECK(world_->fault("write", path));
    world_->files[path] = bytes;
    world_->modes[path] = mode;
    return {};
  }
  Status remove(const std::string& path) override {
    PLUMB_CHECK(world_->fault("remove", path));
    if (world_->files.erase(path) == 0) return fail(Code::not_found, path + ": no such file");
    return {};
  }
  Result<std::vector<DirEntry>> list(const std::string& path, bool, std::size_t) override {
    PLUMB_CHECK(world_->fault("list", path));
    std::vector<DirEntry> entries;
    for (const auto& [name, bytes] : world_->files) {
      if (!name.starts_with('/')) entries.push_back({.path = name, .size = bytes.size()});
    }
    return entries;
  }
  Status listen(const std::string& address, int, ConnectionHandler& handler) override {
    PLUMB_CHECK(world_->fault("listen", address));
    world_->listeners[address] = &handler;
    return {};
  }
  Status kill_all() override {
    PLUMB_CHECK(world_->fault("kill_all", ""));
    ++world_->killed;
    return {};
  }

 private:
  std::shared_ptr<FakeWorld> world_;
};

class FakeSandboxFactory : public SandboxFactory {
 public:
  Result<std::unique_ptr<Sandbox>> start(Waiter&) override {
    if (start_error) return std::unexpected(*start_error);
    return std::make_unique<FakeSandbox>(world);
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool isolates() const override { return false; }
  [[nodiscard]] const std::string& digest() const override { return name_; }

  std::shared_ptr<FakeWorld> world = std::make_shared<FakeWorld>();
  std::optional<Error> start_error;

 private:
  std::string name_ = "fake";
};

}  // namespace plumb::test
