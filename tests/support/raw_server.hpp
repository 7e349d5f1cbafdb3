// tests/support: what several test programs stand on. Nothing here is linked into the product.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/base/fd.hpp"

namespace plumb::test {

/// A request as it came.
struct RawRequest {
  std::string method;
  std::string path;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// The server's side of one connection, for the handler's thread.
class RawConnection {
 public:
  explicit RawConnection(int fd) : fd_(fd) {}
  /// False when the client is gone (or the server ends).
  bool send(std::string_view bytes) const;
  /// Blocks until the client closes (or the server ends): the way to stay silent without sleeping.
  void wait_closed() const;
  /// The handler's return closes the connection with a reset instead of a proper end.
  void reset_on_close() const;
  /// The handler's return leaves the connection open for the next request.
  void keep_open() { keep_open_ = true; }
  [[nodiscard]] bool kept_open() const { return keep_open_; }

 private:
  int fd_;
  bool keep_open_ = false;
};

/// A real TCP server on 127.0.0.1 that answers each request with exactly the bytes its handler
/// sends: broken, cut or hostile as they may be. One thread for each connection; the handler runs
/// on it, several at once.
class RawServer {
 public:
  using Handler = std::function<void(RawConnection&, const RawRequest&)>;

  /// @param port  of a server that was here before; 0 takes a free one
  explicit RawServer(Handler handler, int port = 0);
  /// Ends every connection and waits for the handlers.
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  /// "http://127.0.0.1:PORT"
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::vector<RawRequest> requests() const;
  /// Blocks until that many requests were read in all.
  void wait_for_requests(std::size_t count) const;

 private:
  void accept_all();
  void serve(int fd);

  Handler handler_;
  Fd listener_;
  int port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  bool ending_ = false;
  std::vector<RawRequest> requests_;
  std::vector<int> open_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

/// A response head that ends with a blank line. The body ends with the connection, unless `extra`
/// says otherwise (lines that end in \r\n).
[[nodiscard]] std::string http_head(int status, std::string_view content_type,
                                    std::string_view extra = "");
/// A whole response with Content-Length.
[[nodiscard]] std::string http_response(int status, std::string_view content_type,
                                        std::string_view body, std::string_view extra = "");
/// The head of a chunked event stream; pieces then go through chunk(), and kLastChunk ends it
/// properly.
[[nodiscard]] std::string sse_head();
[[nodiscard]] std::string chunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace plumb::test
