#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/fd.hpp"
#include "sandboxes/guest/channel.hpp"

namespace plumb::guest {

/// Listens inside and carries what arrives to the host and back, within the credit of the channel.
class Connections {
 public:
  explicit Connections(Channel& channel) : channel_(channel) {}

  [[nodiscard]] Status listen(std::int64_t listener, const std::string& address, int port);
  void watch(PollSet& polls);

  void on_data(std::int64_t id, std::string_view bytes);
  void on_credit(std::int64_t id, std::size_t bytes);
  void on_close(std::int64_t id);

 private:
  struct Listener {
    std::int64_t id;
    Fd fd;
  };
  struct Connection {
    std::int64_t id = 0;
    Fd fd;
    std::string to_client;
    std::size_t to_client_at = 0;
    std::size_t credit = frame::kWindow;  ///< bytes that the host still takes
    std::size_t consumed = 0;  ///< bytes that went to the client and were not reported yet
    bool eof = false;          ///< the client sends no more
    bool close_asked = false;
    bool shut = false;  ///< our side is closed; the client may still talk into the void
    Instant give_up_at = kNever;
  };
  using ConnectionPtr = std::shared_ptr<Connection>;

  void accept(const Listener& listener);
  void on_event(const ConnectionPtr& connection, short events);
  void read_from(const ConnectionPtr& connection);
  void write_to(const ConnectionPtr& connection);
  void shut_when_written(const ConnectionPtr& connection);
  void end(const ConnectionPtr& connection);

  Channel& channel_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::unordered_map<std::int64_t, ConnectionPtr> connections_;
  std::int64_t next_id_ = 1;
};

}  // namespace plumb::guest
