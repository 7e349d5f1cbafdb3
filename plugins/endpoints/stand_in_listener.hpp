#pragma once

#include <csignal>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <httplib.h>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/base/waiter.hpp"

namespace plumb {

/// One accepted connection. Every wait on it ends when the listener stops.
class StandInConnection : public httplib::Stream {
 public:
  /// Neither is owned; both must outlive the connection.
  StandInConnection(int socket, int stop_fd) : socket_(socket), stop_fd_(stop_fd) {}

  /// Blocks until the instant has come. False at once when the client has hung up or the listener
  /// stops.
  [[nodiscard]] bool wait_until(Instant instant) const;
  /// Blocks until the descriptor is readable. False at once when the client has hung up or the
  /// listener stops.
  [[nodiscard]] bool wait_for(int fd) const;
  /// Blocks until there is something to read. False after `at_most`, and when the listener stops.
  [[nodiscard]] bool wait_for_bytes(Duration at_most) const;

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* data, std::size_t size) override;
  ssize_t write(const char* data, std::size_t size) override;
  /// Nobody here asks who is on the other side: it is always this host.
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  int socket() const override { return socket_; }

 private:
  /// The events that came; 0 after the instant, and when the listener stops.
  [[nodiscard]] short poll_until(short events, Instant instant) const;

  int socket_;
  int stop_fd_;
  std::string buffer_;     ///< read, and not yet asked for
  std::size_t taken_ = 0;  ///< bytes of buffer_ that were asked for
};

/// Remembers what the process does on SIGPIPE. The library's constructor makes it ignore the signal
/// for good, which child processes would inherit.
class StandInSigpipe {
 protected:
  StandInSigpipe();
  void restore() const;

 private:
  struct sigaction before_{};
};

/// The HTTP server of a stand-in. The library's own connections wake 100 times a second each while
/// they idle, and hold up its end for as long; these sleep until there are bytes, and end at once.
class StandInListener : private StandInSigpipe, public httplib::Server {
 public:
  StandInListener();
  /// Stops: every connection is closed, every thread is joined.
  ~StandInListener() override;

  /// Listens on 127.0.0.1 and serves from threads of its own. Register the routes before.
  /// @param port         0 takes a free one
  /// @param max_streams  connections that are served at the same time; more have to wait
  [[nodiscard]] Result<int> listen_on(int port, int max_streams);

  /// The connection of the request that this thread is handling. Only from a handler or a content
  /// provider.
  [[nodiscard]] const StandInConnection& connection_here();

 private:
  bool process_and_close_socket(socket_t socket) override;
  void serve(StandInConnection& connection);

  std::unique_ptr<httplib::TaskQueue> workers_;  ///< until the library takes it over
  Wake stop_;  ///< rung once, never cleared: every poll on it ends from then on
  std::mutex mutex_;
  std::map<std::thread::id, const StandInConnection*>
      connections_;  ///< by the thread that serves it
  std::jthread acceptor_;
};

}  // namespace plumb
