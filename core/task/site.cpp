#include "core/task/site.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>

#include "core/base/text.hpp"

namespace plumb {
namespace http = boost::beast::http;

namespace {

constexpr std::size_t kMostHeader = 64 << 10;
constexpr std::size_t kMostBody = 16 << 20;

std::string render(const SiteResponse& response) {
  http::response<http::string_body> message;
  message.version(11);
  message.result(static_cast<unsigned>(response.status));
  for (const auto& [name, value] : response.headers) message.set(name, value);
  if (message.find(http::field::content_type) == message.end()) {
    message.set(http::field::content_type, "text/plain; charset=utf-8");
  }
  message.set(http::field::connection, "close");
  message.content_length(response.body.size());
  std::string text;
  boost::system::error_code error;
  http::serializer<false, http::string_body> serializer(message);
  serializer.split(true);
  serializer.next(error, [&](boost::system::error_code&, const auto& buffers) {
    for (auto it = boost::asio::buffer_sequence_begin(buffers);
         it != boost::asio::buffer_sequence_end(buffers); ++it) {
      const boost::asio::const_buffer part(*it);
      text.append(static_cast<const char*>(part.data()), part.size());
    }
  });
  return text + response.body;
}

SiteRequest to_request(const http::request<http::string_body>& message) {
  SiteRequest request;
  request.method = std::string(message.method_string());
  const std::string target(message.target());
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) request.query = target.substr(question + 1);
  for (const auto& field : message) {
    request.headers.emplace_back(
        lower(std::string_view(field.name_string().data(), field.name_string().size())),
        std::string(field.value()));
  }
  request.body = message.body();
  return request;
}

}  // namespace

struct Site::Exchange {
  http::request_parser<http::string_body> parser;
  std::string pending;
  bool told_to_continue = false;
  bool answered = false;
};

Site::Site(Handler handler) : handler_(std::move(handler)) {}
Site::~Site() = default;

void Site::on_open(Connection& connection) {
  auto exchange = std::make_unique<Exchange>();
  exchange->parser.header_limit(kMostHeader);
  exchange->parser.body_limit(kMostBody);
  exchange->parser.eager(true);
  exchanges_[&connection] = std::move(exchange);
}

void Site::on_data(Connection& connection, std::string_view bytes) {
  const auto found = exchanges_.find(&connection);
  if (found == exchanges_.end() || found->second->answered) return;
  Exchange& exchange = *found->second;
  exchange.pending.append(bytes);
  boost::system::error_code error;
  while (!exchange.pending.empty() && !exchange.parser.is_done()) {
    const std::size_t used = exchange.parser.put(boost::asio::buffer(exchange.pending), error);
    exchange.pending.erase(0, used);
    if (error == http::error::need_more) error = {};
    if (error || used == 0) break;
  }
  if (error) {
    exchange.answered = true;
    const int status = error == http::error::body_limit ? 413 : 400;
    connection.send(render({status, {}, "This is no HTTP request that this site takes.\n"}));
    connection.close();
    return;
  }
  if (exchange.parser.is_done()) return answer(connection, exchange);
  if (exchange.parser.is_header_done() && !exchange.told_to_continue) {
    const auto& message = exchange.parser.get();
    const auto expect = message.find(http::field::expect);
    if (expect != message.end() && boost::beast::iequals(expect->value(), "100-continue")) {
      connection.send("HTTP/1.1 100 Continue\r\n\r\n");
    }
    exchange.told_to_continue = true;
  }
}

void Site::answer(Connection& connection, Exchange& exchange) {
  exchange.answered = true;
  const SiteRequest request = to_request(exchange.parser.get());
  SiteResponse response = handler_(request);
  // The handler may have waited, and the other side may have gone meanwhile.
  if (!exchanges_.contains(&connection)) return;
  std::string bytes = render(response);
  if (request.method == "HEAD") bytes.resize(bytes.size() - response.body.size());
  connection.send(bytes);
  connection.close();
}

void Site::on_close(Connection& connection) { exchanges_.erase(&connection); }

}  // namespace plumb
