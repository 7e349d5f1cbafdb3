#include "tests/support/raw_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plumb::test {
namespace {

/// Reads one request; `left` keeps what came after it.
std::optional<RawRequest> read_request(int fd, std::string& left) {
  const auto more = [&] {
    char buffer[16384];
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got > 0) left.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  };
  while (left.find("\r\n\r\n") == std::string::npos) {
    if (!more()) return std::nullopt;
  }
  const std::size_t head_size = left.find("\r\n\r\n") + 4;
  RawRequest request;
  const auto lines = split(left.substr(0, head_size), '\n');
  const auto words = split(trimmed(lines.front()), ' ');
  request.method = words.front();
  request.path = words.size() > 1 ? words[1] : "";
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto colon = lines[i].find(':');
    if (colon == std::string::npos) continue;
    request.headers[lower(lines[i].substr(0, colon))] =
        trimmed(std::string_view(lines[i]).substr(colon + 1));
  }
  left.erase(0, head_size);
  const auto length =
      static_cast<std::size_t>(parse_int(request.headers["content-length"]).value_or(0));
  while (left.size() < length) {
    if (!more()) return std::nullopt;
  }
  request.body = left.substr(0, length);
  left.erase(0, length);
  return request;
}

}  // namespace

bool RawConnection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawConnection::wait_closed() const {
  char buffer[4096];
  while (::recv(fd_, buffer, sizeof buffer, 0) > 0) {
  }
}

void RawConnection::reset_on_close() const {
  const linger abrupt{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
}

RawServer::RawServer(Handler handler, int port)
    : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const int again = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (!listener_ || ::bind(listener_.get(), any, size) != 0 ||
      ::listen(listener_.get(), 1024) != 0 || ::getsockname(listener_.get(), any, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "RawServer");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

RawServer::~RawServer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  acceptor_.join();
  threads_.clear();
}

std::string RawServer::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

std::vector<RawRequest> RawServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void RawServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return requests_.size() >= count; });
}

void RawServer::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 && errno == EINTR) continue;
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    if (ending_) {
      ::close(fd);
      return;
    }
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void RawServer::serve(int fd) {
  std::string left;
  while (auto request = read_request(fd, left)) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
    }
    arrived_.notify_all();
    RawConnection connection(fd);
    handler_(connection, *request);
    if (!connection.kept_open()) break;
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

std::string http_head(int status, std::string_view content_type, std::string_view extra) {
  const std::string type =
      content_type.empty() ? "" : fmt::format("Content-Type: {}\r\n", content_type);
  return fmt::format("HTTP/1.1 {} Status\r\n{}{}\r\n", status, type, extra);
}

std::string http_response(int status, std::string_view content_type, std::string_view body,
                          std::string_view extra) {
  return http_head(status, content_type,
                   fmt::format("Content-Length: {}\r\n{}", body.size(), extra)) +
         std::string(body);
}

std::string sse_head() {
  return http_head(200, "text/event-stream", "Transfer-Encoding: chunked\r\n");
}

std::string chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace plumb::test
