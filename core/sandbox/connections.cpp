#include "core/sandbox/connections.hpp"

#include <algorithm>
#include <utility>

namespace plumb {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;

std::unexpected<Error> broken(const std::string& what) {
  return fail(Code::protocol, "the guest " + what);
}

}  // namespace

std::int64_t GuestConnections::add_listener(ConnectionHandler& handler) {
  const auto id = static_cast<std::int64_t>(listeners_.size()) + 1;
  listeners_.emplace(id, &handler);
  return id;
}

Status GuestConnections::open(const Json& header) {
  const auto id = json_or<std::int64_t>(header, "conn", 0);
  const auto listener = listeners_.find(json_or<std::int64_t>(header, "listener", 0));
  if (listener == listeners_.end()) return broken("opened a connection of an unknown listener");
  if (id <= last_opened_) return broken("used the number of a connection twice");
  if (held_ >= frame::kMaxConnections) return broken("opened too many connections");
  last_opened_ = id;
  ++held_;
  auto connection = std::make_unique<Carried>(*this, id, *listener->second);
  enqueue(*connection);
  connections_.emplace(id, std::move(connection));
  return {};
}

Status GuestConnections::take(const frame::Frame& frame) {
  const std::string op = json_or(frame.header, "op", "");
  if (op == "open") return open(frame.header);
  const auto found = connections_.find(json_or<std::int64_t>(frame.header, "conn", 0));
  if (found == connections_.end() || found->second->gone_) {
    return broken("spoke of a connection that does not exist");
  }
  Carried& connection = *found->second;
  if (op == "data") {
    if (frame.body.empty() || frame.body.size() > connection.promised_ || connection.eof_) {
      return broken("sent more on a connection than it may");
    }
    connection.promised_ -= frame.body.size();
    connection.inbox_ += frame.body;
  } else if (op == "credit") {
    const auto bytes = json_or<std::size_t>(frame.header, "bytes", 0);
    if (bytes == 0 || bytes > frame::kWindow - connection.credit_) {
      return broken("took more from a connection than there was");
    }
    connection.credit_ += bytes;
    connection.flush();
    return {};
  } else if (op == "eof" && !connection.eof_) {
    connection.eof_ = true;
  } else if (op == "closed") {
    connection.gone_ = true;
    if (connection.close_sent_) --held_;
  } else {
    return broken("said something out of order about a connection");
  }
  enqueue(connection);
  return {};
}

void GuestConnections::enqueue(Carried& connection) {
  if (std::exchange(connection.queued_, true)) return;
  queue_.push_back(connection.id_);
}

void GuestConnections::serve() {
  if (std::exchange(serving_, true)) return;
  // Only what waits by now, or a busy listener could keep its host here for ever; all of it when
  // nothing can follow.
  for (std::size_t left = queue_.size(); !queue_.empty() && (left > 0 || lost_); left -= left > 0) {
    const std::int64_t id = queue_.front();
    queue_.pop_front();
    serve_one(id);
  }
  serving_ = false;
}

void GuestConnections::serve_one(std::int64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Carried& connection = *found->second;
  connection.queued_ = false;
  if (!std::exchange(connection.opened_, true)) connection.handler_.on_open(connection);
  if (!connection.inbox_.empty()) {
    const std::string bytes = std::exchange(connection.inbox_, {});
    if (!connection.close_asked_) connection.handler_.on_data(connection, bytes);
    if (!connection.close_asked_ && !connection.gone_) {
      connection.promised_ += bytes.size();
      send_({{"op", "credit"}, {"conn", id}, {"bytes", bytes.size()}}, {});
    }
  }
  if (!connection.inbox_.empty()) return;  // it came while the handler waited, and is queued
  if (connection.eof_) connection.close();
  if (!connection.gone_) return;
  connection.close_asked_ = true;
  if (!connection.close_sent_) {
    send_({{"op", "close"}, {"conn", id}}, {});
    --held_;
  }
  connection.handler_.on_close(connection);
  connections_.erase(id);
}

void GuestConnections::lose_all() {
  lost_ = true;
  for (auto& [id, connection] : connections_) {
    connection->gone_ = true;
    enqueue(*connection);
  }
  serve();
}

void GuestConnections::Carried::send(std::string_view bytes) {
  if (close_asked_ || gone_) return;
  outbox_ += bytes;
  flush();
}

void GuestConnections::Carried::close() {
  close_asked_ = true;
  flush();
}

void GuestConnections::Carried::flush() {
  if (gone_ || close_sent_) return;
  while (credit_ > 0 && outbox_at_ < outbox_.size()) {
    const std::size_t size = std::min({kPiece, credit_, outbox_.size() - outbox_at_});
    owner_.send_({{"op", "data"}, {"conn", id_}},
                 std::string_view(outbox_).substr(outbox_at_, size));
    credit_ -= size;
    outbox_at_ += size;
  }
  if (outbox_at_ < outbox_.size()) return;
  outbox_.clear();
  outbox_at_ = 0;
  if (!close_asked_) return;
  close_sent_ = true;
  owner_.send_({{"op", "close"}, {"conn", id_}}, {});
}

}  // namespace plumb
