#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/base/waiter.hpp"

namespace plumb {

struct HttpRequest {
  std::string method = "POST";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  ///< may hold secrets: never logged
  std::string body;
  Duration connect_timeout = std::chrono::seconds(5);
  Duration idle_timeout = std::chrono::seconds(120);  ///< no byte for this long
  Duration total_timeout = std::chrono::hours(1);
  bool insecure = false;  ///< accepts a certificate that does not verify
};

/// Receives the body of one response, on the network thread. Must not block, must not build a DOM.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  /// Once, before the body. `status` is the final one; header names are lower-case.
  virtual void on_head(int status,
                       const std::vector<std::pair<std::string, std::string>>& headers) = 0;
  /// False ends the transfer (HttpEnd::sink_stopped).
  virtual bool on_body(std::string_view bytes, Instant at) = 0;
};

enum class HttpEnd {
  complete,        ///< the whole response arrived
  sink_stopped,    ///< the sink had enough
  connect_failed,  ///< name, route, refusal, TLS: no request was sent
  broken,          ///< the connection ended inside the exchange
  idle_timeout,
  total_timeout,
  cancelled,
};

struct HttpOutcome {
  HttpEnd end = HttpEnd::cancelled;
  int status = 0;          ///< 0 when no status line came
  std::string detail;      ///< the library's sentence for a transport fault; holds no secret
  bool any_byte = false;   ///< a byte of a response arrived (its head counts)
  bool untrusted = false;  ///< the server's certificate did not verify
  Instant sent{};          ///< when the request was handed to the network
  Instant ended{};
};

/// One running exchange. Destroying it cancels; the sink is not called after the destructor
/// returned.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  /// Thread-safe. The Wake given to start() rings when it becomes true.
  [[nodiscard]] virtual bool done() const = 0;
  /// Only after done().
  [[nodiscard]] virtual const HttpOutcome& outcome() const = 0;
};

/// The network seam. Thread-safe: any number of exchanges at once, from any thread.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Never blocks. `sink` and `wake` must outlive the exchange.
  [[nodiscard]] virtual std::unique_ptr<HttpExchange> start(HttpRequest request, HttpSink& sink,
                                                            Wake& wake) = 0;
};

/// The real client: one network thread with one curl multi handle (multi_socket + epoll) for all
/// exchanges. No redirects are followed; HTTP/1.1; every socket close-on-exec. Lives until
/// destroyed; cancels what still runs.
[[nodiscard]] Result<std::unique_ptr<HttpClient>> make_http_client(const Clock& clock);

}  // namespace plumb
