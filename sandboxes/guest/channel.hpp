#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/sandbox/frame.hpp"
#include "sandboxes/guest/poll_set.hpp"

namespace plumb::guest {

/// The way to the host: frames over stdin and stdout, never blocking.
class Channel {
 public:
  /// A request with all its parts, or a word about a connection.
  using OnFrame = std::function<void(const Json& header, std::string_view body)>;

  /// Makes stdin and stdout nonblocking.
  explicit Channel(OnFrame on_frame);
  void watch(PollSet& polls);
  /// The host has closed its end, broke the protocol, or cannot be written to.
  [[nodiscard]] bool ended() const { return ended_; }

  void send(const Json& header, std::string_view body = {});
  /// Answers request `id`.
  void done(std::int64_t id, Json fields = Json::object(), std::string_view body = {});
  void failed(std::int64_t id, const Error& error);
  /// done or failed.
  void answer(std::int64_t id, const Status& status);

  /// True while so much waits for the host that nothing more should be produced for it.
  [[nodiscard]] bool congested() const;

 private:
  void receive();
  void flush();
  void take(frame::Frame&& frame);

  OnFrame on_frame_;
  frame::Reader reader_;
  std::string out_;
  std::size_t out_at_ = 0;
  std::unordered_map<std::int64_t, std::string> parts_;
  std::size_t parts_size_ = 0;
  bool ended_ = false;
};

}  // namespace plumb::guest
