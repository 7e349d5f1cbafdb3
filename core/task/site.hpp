#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/sandbox/sandbox.hpp"

namespace plumb {

struct SiteRequest {
  std::string method;
  std::string path;                                          ///< as sent, without the query
  std::string query;                                         ///< raw, without '?'
  std::vector<std::pair<std::string, std::string>> headers;  ///< names lower-case
  std::string body;
};

struct SiteResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// A fixture that speaks HTTP/1.1 to the inside of a sandbox: one request per connection. Requests
/// are hostile input: head and body are capped, what is no HTTP gets a 400.
class Site final : public ConnectionHandler {
 public:
  using Handler = std::function<SiteResponse(const SiteRequest&)>;
  explicit Site(Handler handler);
  ~Site() override;

  void on_open(Connection& connection) override;
  void on_data(Connection& connection, std::string_view bytes) override;
  void on_close(Connection& connection) override;

 private:
  struct Exchange;
  void answer(Connection& connection, Exchange& exchange);

  Handler handler_;
  std::map<Connection*, std::unique_ptr<Exchange>> exchanges_;
};

}  // namespace plumb
