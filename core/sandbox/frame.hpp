#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.hpp"
#include "core/base/result.hpp"

/// The protocol between the host and the guest, over the guest's stdin and stdout. Both sides
/// include this file.
///
/// A frame is two little-endian u32 (length of the header, length of the body), a JSON object, and
/// raw bytes. Every text that need not be UTF-8 (paths, arguments, data) is in the body, several of
/// them separated by NUL. The guest opens with `hello`; then the host asks and the guest answers,
/// by id, in any order:
///
/// - exec {id, argc, envc, timeout_ms, head, tail, background}; body: cwd, argv..., NAME=value...,
///   then stdin
/// - read {id, most}; body: path
/// - write {id, mode}; body: path, then the bytes
/// - remove {id}; body: path
/// - list {id, recursive, most}; body: path
/// - listen {id, listener, port}; body: address
/// - kill_all {id}
/// - done {id, ...} with the answer in the body, or failed {id, code} with a sentence in the body
/// - part {id}: its body goes before that of the frame that ends this request or answer
///
/// A connection that a listener accepted lives through `open {conn, listener}` (guest), `data
/// {conn}` (both, within the credit that the other side granted), `credit {conn, bytes}` (both:
/// bytes that were consumed), `eof {conn}` (guest: nothing more will come from the client), `close
/// {conn}` (host, exactly once: after what was sent) and `closed {conn}` (guest, exactly once: the
/// last word about it). Closing the channel ends the guest.
namespace plumb::frame {

inline constexpr int kProtocol = 1;
inline constexpr std::size_t kMaxHeader = std::size_t{64} << 10;
inline constexpr std::size_t kMaxBody = std::size_t{256} << 10;
/// Of a request with all its parts.
inline constexpr std::size_t kMaxRequest = std::size_t{64} << 20;
/// Bytes of a connection that may be under way in each direction before they are consumed.
inline constexpr std::size_t kWindow = std::size_t{256} << 10;
/// Connections at a time, from `open` until both `close` and `closed` were said.
inline constexpr std::size_t kMaxConnections = 256;
/// Bytes kept from the start and from the end of each output of a command.
inline constexpr std::size_t kMaxCapture = std::size_t{4} << 20;

struct Frame {
  Json header;
  std::string body;
};

/// Appends a frame; the body must fit.
void append(std::string& out, const Json& header, std::string_view body = {});
/// Appends as many `part` frames as the body needs, and the frame itself. The header must have an
/// id.
void append_in_parts(std::string& out, const Json& header, std::string_view body);

/// Cuts bytes into frames. Whatever the other side sends, it holds no more than one frame and what
/// was fed at once.
class Reader {
 public:
  void feed(std::string_view bytes);
  /// The next whole frame, or nothing yet. Code::protocol for lengths beyond the limits and for
  /// headers that are no JSON object with an `op`; there is no next frame after that.
  [[nodiscard]] Result<std::optional<Frame>> next();

 private:
  std::string buffer_;
  std::size_t at_ = 0;
};

/// Takes the text up to the next NUL off the front, or nothing when there is no NUL.
[[nodiscard]] std::optional<std::string> take_text(std::string_view& body);

}  // namespace plumb::frame
