#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/sandbox/frame.hpp"
#include "core/sandbox/sandbox.hpp"

namespace plumb {

/// The host's side of the connections that a guest carries: checks every word of the guest, keeps
/// the credit of both directions and calls the handlers one at a time, also when a handler waits
/// and more arrives meanwhile.
class GuestConnections {
 public:
  using Send = std::function<void(const Json& header, std::string_view body)>;

  explicit GuestConnections(Send send) : send_(std::move(send)) {}

  /// The number by which the guest shall name the connections of this handler.
  [[nodiscard]] std::int64_t add_listener(ConnectionHandler& handler);
  /// Takes an `open`, `data`, `credit`, `eof` or `closed`; no handler is called yet.
  /// Code::protocol.
  [[nodiscard]] Status take(const frame::Frame& frame);
  /// Something waits for a handler, and none is running.
  [[nodiscard]] bool has_events() const { return !serving_ && !queue_.empty(); }
  /// Calls the handlers for what waits by now; does nothing when called from inside a handler.
  void serve();
  /// The sandbox is gone: every connection closes.
  void lose_all();

 private:
  class Carried : public Connection {
   public:
    Carried(GuestConnections& owner, std::int64_t id, ConnectionHandler& handler)
        : owner_(owner), id_(id), handler_(handler) {}
    void send(std::string_view bytes) override;
    void close() override;

   private:
    friend class GuestConnections;
    void flush();

    GuestConnections& owner_;
    std::int64_t id_;
    ConnectionHandler& handler_;
    std::string inbox_;   ///< received, not handled yet; never more than the window
    std::string outbox_;  ///< sent by the handler, waiting for credit
    std::size_t outbox_at_ = 0;
    std::size_t credit_ = frame::kWindow;    ///< bytes the guest still takes
    std::size_t promised_ = frame::kWindow;  ///< bytes we still take
    bool queued_ = false;
    bool opened_ = false;
    bool eof_ = false;
    bool close_asked_ = false;
    bool close_sent_ = false;
    bool gone_ = false;
  };

  [[nodiscard]] Status open(const Json& header);
  void enqueue(Carried& connection);
  void serve_one(std::int64_t id);

  Send send_;
  std::unordered_map<std::int64_t, ConnectionHandler*> listeners_;
  std::unordered_map<std::int64_t, std::unique_ptr<Carried>> connections_;
  std::deque<std::int64_t> queue_;
  std::int64_t last_opened_ = 0;
  /// Connections for which `close` and `closed` were not both said yet: what the guest counts, too.
  std::size_t held_ = 0;
  bool serving_ = false;
  bool lost_ = false;
};

}  // namespace plumb
