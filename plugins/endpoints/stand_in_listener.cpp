#include "plugins/endpoints/stand_in_listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/fd.hpp"

namespace plumb {
namespace {

/// How long a connection may rest between requests, and inside one.
constexpr Duration kIdle = std::chrono::hours(1);
constexpr Duration kInRequest = std::chrono::seconds(30);
/// Only announced, never enforced.
constexpr std::size_t kMostRequests = 1'000'000;
constexpr std::size_t kReadSize = std::size_t{16} << 10;

void set_flag(int socket, int level, int option) {
  const int on = 1;
  ::setsockopt(socket, level, option, &on, sizeof on);
}

/// Threads that serve one connection each; a new one is started when all are busy.
class Workers : public httplib::TaskQueue {
 public:
  explicit Workers(std::size_t most) : most_(most) {}
  ~Workers() override { shutdown(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False when the system has no thread left.
  [[nodiscard]] bool add_worker() {
    try {
      threads_.emplace_back([this] { work(); });
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void enqueue(std::function<void()> job) override {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    // Where no thread is to be had, the job waits for one of those that there are.
    if (jobs_.size() > idle_ && threads_.size() < most_) static_cast<void>(add_worker());
    ready_.notify_one();
  }

  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    ready_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      --idle_;
      if (jobs_.empty()) return;
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace

short StandInConnection::poll_until(short events, Instant instant) const {
  pollfd fds[] = {{socket_, events, 0}, {stop_fd_, POLLIN, 0}};
  while (true) {
    const Duration left = std::max(Duration::zero(), instant - real_clock().now());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{.tv_sec = static_cast<time_t>(seconds.count()),
                           .tv_nsec = static_cast<long>((left - seconds).count())};
    const int ready = ::ppoll(fds, 2, instant == kNever ? nullptr : &timeout, nullptr);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || fds[1].revents != 0) return 0;
    return fds[0].revents;
  }
}

bool StandInConnection::wait_until(Instant instant) const {
  // 0 means either that the instant has come, or the end.
  if (poll_until(POLLRDHUP, instant) != 0) return false;
  pollfd stop{stop_fd_, POLLIN, 0};
  return ::poll(&stop, 1, 0) == 0;
}

bool StandInConnection::wait_for(int fd) const {
  pollfd fds[] = {{socket_, POLLRDHUP, 0}, {stop_fd_, POLLIN, 0}, {fd, POLLIN, 0}};
  int ready = 0;
  do {
    ready = ::poll(fds, 3, -1);
  } while (ready < 0 && errno == EINTR);
  return ready > 0 && fds[0].revents == 0 && fds[1].revents == 0;
}

bool StandInConnection::wait_for_bytes(Duration at_most) const {
  if (taken_ < buffer_.size()) return true;
  return poll_until(POLLIN, after(real_clock().now(), at_most)) != 0;
}

bool StandInConnection::is_readable() const { return wait_for_bytes(Duration::zero()); }

bool StandInConnection::is_writable() const {
  return (poll_until(POLLOUT, real_clock().now()) & POLLOUT) != 0;
}

ssize_t StandInConnection::read(char* data, std::size_t size) {
  if (taken_ == buffer_.size()) {
    if (!wait_for_bytes(kInRequest)) return -1;
    buffer_.resize(kReadSize);
    ssize_t got = 0;
    do {
      got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    } while (got < 0 && errno == EINTR);
    buffer_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    taken_ = 0;
    if (got <= 0) return got;
  }
  const std::size_t count = std::min(size, buffer_.size() - taken_);
  std::memcpy(data, buffer_.data() + taken_, count);
  taken_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t StandInConnection::write(const char* data, std::size_t size) {
  while (true) {
    const ssize_t sent = ::send(socket_, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return sent;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return -1;
    if (poll_until(POLLOUT, after(real_clock().now(), kIdle)) == 0) return -1;
  }
}

void StandInConnection::get_remote_ip_and_port(std::string& ip, int& /*port*/) const {
  ip = "127.0.0.1";
}

void StandInConnection::get_local_ip_and_port(std::string& ip, int& /*port*/) const {
  ip = "127.0.0.1";
}

StandInSigpipe::StandInSigpipe() { ::sigaction(SIGPIPE, nullptr, &before_); }

void StandInSigpipe::restore() const { ::sigaction(SIGPIPE, &before_, nullptr); }

StandInListener::StandInListener() { restore(); }

StandInListener::~StandInListener() {
  stop_.signal();
  // The accepting thread closes the socket itself once it is shut down.
  if (acceptor_.joinable()) ::shutdown(svr_sock_, SHUT_RDWR);
}

Result<int> StandInListener::listen_on(int port, int max_streams) {
  auto workers = std::make_unique<Workers>(static_cast<std::size_t>(std::max(1, max_streams)));
  if (!workers->add_worker()) {
    return fail(Code::io,
                "no thread could be started for a stand-in; raise the limit of processes");
  }
  workers_ = std::move(workers);
  set_keep_alive_max_count(kMostRequests);
  set_keep_alive_timeout(std::chrono::duration_cast<std::chrono::seconds>(kIdle).count());
  new_task_queue = [this] { return workers_.release(); };
  // Without SO_REUSEPORT, which the library sets: two servers on one port would share its clients.
  set_socket_options([](socket_t socket) {
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);
    set_flag(socket, SOL_SOCKET, SO_REUSEADDR);
  });
  const int bound = port == 0                         ? bind_to_any_port("127.0.0.1")
                    : bind_to_port("127.0.0.1", port) ? port
                                                      : -1;
  if (bound <= 0) {
    return fail_errno(errno, fmt::format("a stand-in could not listen on 127.0.0.1 port {}", port));
  }
  // The library's queue of 5 makes a burst of clients wait for a second.
  ::listen(svr_sock_, SOMAXCONN);
  acceptor_ = std::jthread([this] { listen_after_bind(); });
  return bound;
}

bool StandInListener::process_and_close_socket(socket_t socket) {
  const Fd owner(socket);
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  set_flag(socket, IPPROTO_TCP, TCP_NODELAY);
  StandInConnection connection(socket, stop_.fd());
  const auto here = std::this_thread::get_id();
  {
    const std::lock_guard lock(mutex_);
    connections_[here] = &connection;
  }
  bool served = false;
  try {
    serve(connection);
    served = true;
  } catch (const std::exception&) {
    // Out of memory, or the library choked on a request: this connection ends, the others go on.
    served = false;
  }
  {
    const std::lock_guard lock(mutex_);
    connections_.erase(here);
  }
  ::shutdown(socket, SHUT_RDWR);
  return served;
}

void StandInListener::serve(StandInConnection& connection) {
  bool closed = false;
  while (!closed && connection.wait_for_bytes(kIdle)) {
    // Without this the library would compress for clients that accept it, and hold back what it
    // compresses.
    const auto plain = [](httplib::Request& request) { request.headers.erase("Accept-Encoding"); };
    if (!process_request(connection, false, closed, plain)) return;
  }
}

const StandInConnection& StandInListener::connection_here() {
  const std::lock_guard lock(mutex_);
  return *connections_.at(std::this_thread::get_id());
}

}  // namespace plumb
