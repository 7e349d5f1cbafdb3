#include "sandboxes/guest/connections.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace plumb::guest {
namespace {

/// How long a client may go on talking after its answer was complete. Closing at once would reset
/// the connection and could take the end of the answer away from it.
constexpr auto kLinger = std::chrono::seconds(2);

Instant now() { return std::chrono::steady_clock::now(); }

}  // namespace

Status Connections::listen(std::int64_t listener, const std::string& address, int port) {
  const std::string what = "cannot listen on " + address + " port " + std::to_string(port);
  sockaddr_in name{.sin_family = AF_INET, .sin_port = htons(static_cast<std::uint16_t>(port))};
  if (::inet_pton(AF_INET, address.c_str(), &name.sin_addr) != 1) {
    return fail(Code::io, what + ": that is no IPv4 address");
  }
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    const bool low = errno == EACCES && port < 1024;
    auto error = fail_errno(errno, what);
    if (low) error.error().sentence += " (this host keeps ports below 1024 from sandboxes)";
    return error;
  }
  listeners_.push_back(std::make_shared<Listener>(Listener{listener, std::move(fd)}));
  return {};
}

void Connections::watch(PollSet& polls) {
  if (connections_.size() < frame::kMaxConnections) {
    for (const auto& listener : listeners_) {
      polls.add(listener->fd.get(), POLLIN, [this, listener](short) { accept(*listener); });
    }
  }
  std::vector<ConnectionPtr> overdue;
  for (const auto& [id, connection] : connections_) {
    if (!connection->fd) continue;
    if (now() >= connection->give_up_at) overdue.push_back(connection);
    polls.wake_at(connection->give_up_at);
    const bool wants = connection->shut || (connection->credit > 0 && !channel_.congested());
    const int events = (wants && !connection->eof ? POLLIN : 0) |
                       (connection->to_client_at < connection->to_client.size() ? POLLOUT : 0);
    polls.add(connection->fd.get(), events,
              [this, connection = connection](short revents) { on_event(connection, revents); });
  }
  for (const ConnectionPtr& connection : overdue) end(connection);
}

void Connections::accept(const Listener& listener) {
  if (connections_.size() >= frame::kMaxConnections) return;
  Fd fd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) return;
  auto connection = std::make_shared<Connection>(Connection{.id = next_id_++, .fd = std::move(fd)});
  channel_.send({{"op", "open"}, {"conn", connection->id}, {"listener", listener.id}});
  connections_.emplace(connection->id, std::move(connection));
}

void Connections::on_event(const ConnectionPtr& connection, short events) {
  if (connection->fd && (events & POLLOUT) != 0) write_to(connection);
  if (connection->fd && (events & POLLIN) != 0) {
    read_from(connection);
  } else if (connection->fd && (events & (POLLERR | POLLHUP)) != 0) {
    end(connection);  // reset: nothing is left to read or write
  }
}

void Connections::read_from(const ConnectionPtr& connection) {
  std::array<char, std::size_t{64} << 10> buffer;
  const std::size_t most =
      connection->shut ? buffer.size() : std::min(buffer.size(), connection->credit);
  const ssize_t got = ::recv(connection->fd.get(), buffer.data(), most, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got < 0) return end(connection);
  if (got == 0) {
    connection->eof = true;
    if (connection->shut) return end(connection);
    return channel_.send({{"op", "eof"}, {"conn", connection->id}});
  }
  if (connection->shut) return;
  connection->credit -= static_cast<std::size_t>(got);
  channel_.send({{"op", "data"}, {"conn", connection->id}},
                {buffer.data(), static_cast<std::size_t>(got)});
}

void Connections::write_to(const ConnectionPtr& connection) {
  Connection& c = *connection;
  while (c.to_client_at < c.to_client.size()) {
    const ssize_t sent = ::send(c.fd.get(), c.to_client.data() + c.to_client_at,
                                c.to_client.size() - c.to_client_at, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) return end(connection);
    c.to_client_at += static_cast<std::size_t>(sent);
    c.consumed += static_cast<std::size_t>(sent);
  }
  if (c.to_client_at == c.to_client.size()) {
    c.to_client.clear();
    c.to_client_at = 0;
  }
  if (c.consumed >= frame::kWindow / 2 || (c.consumed > 0 && c.to_client.empty())) {
    channel_.send({{"op", "credit"}, {"conn", c.id}, {"bytes", c.consumed}});
    c.consumed = 0;
  }
  shut_when_written(connection);
}

void Connections::shut_when_written(const ConnectionPtr& connection) {
  if (!connection->close_asked || connection->shut || !connection->to_client.empty()) return;
  ::shutdown(connection->fd.get(), SHUT_WR);
  connection->shut = true;
  connection->give_up_at = after(now(), kLinger);
  if (connection->eof) end(connection);
}

void Connections::end(const ConnectionPtr& connection) {
  connection->fd.reset();
  connection->give_up_at = kNever;
  connection->to_client.clear();
  channel_.send({{"op", "closed"}, {"conn", connection->id}});
  // Until the host has said `close`, the connection counts, so that the host is never told of more
  // than agreed.
  if (connection->close_asked) connections_.erase(connection->id);
}

void Connections::on_data(std::int64_t id, std::string_view bytes) {
  const auto found = connections_.find(id);
  if (found == connections_.end() || !found->second->fd) return;
  const ConnectionPtr connection = found->second;
  connection->to_client.erase(0, std::exchange(connection->to_client_at, 0));
  connection->to_client += bytes;
  write_to(connection);
}

void Connections::on_credit(std::int64_t id, std::size_t bytes) {
  const auto found = connections_.find(id);
  if (found != connections_.end()) found->second->credit += bytes;
}

void Connections::on_close(std::int64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  const ConnectionPtr connection = found->second;
  connection->close_asked = true;
  if (connection->fd) {
    shut_when_written(connection);
  } else {
    connections_.erase(found);
  }
}

}  // namespace plumb::guest
