#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/endpoint/endpoint.hpp"
#include "core/endpoint/server_book.hpp"
#include "core/wire/http.hpp"
#include "plugins/endpoints/response_stream.hpp"

namespace plumb {

/// Makes Faults of what went wrong in an exchange with one server: their sentences, free of
/// secrets, and what they mean.
class HttpFaults {
 public:
  /// @param server   how sentences call the server: its base URL
  /// @param noun     what was asked for: "a chat completion"
  /// @param secrets  are blotted out of whatever is quoted
  /// @param book     must outlive this
  HttpFaults(std::string server, std::string_view noun, std::vector<std::string> secrets,
             const ServerBook& book)
      : server_(std::move(server)), noun_(noun), secrets_(std::move(secrets)), book_(book) {}

  /// An error that the server reported inside a stream which began with status 200.
  [[nodiscard]] Fault reported(std::string_view error_event) const;
  /// Status 200, and something else than the protocol.
  [[nodiscard]] Fault not_the_protocol(const ResponseStream& stream) const;
  /// Any other status. `location` is where a redirect leads.
  [[nodiscard]] Fault refused(int status, std::string_view body, std::string_view location) const;
  /// The exchange with `url` itself failed.
  [[nodiscard]] Fault transport(const HttpOutcome& outcome, double idle_s,
                                std::string_view url) const;
  [[nodiscard]] Fault no_terminator(int status) const;
  /// A stream with its terminator and nothing else.
  [[nodiscard]] Fault nothing_but_terminator(int status) const;
  /// A stream that was kept alive by comments alone.
  [[nodiscard]] Fault nothing_but_comments(int status, double patience_s) const;
  /// A plain answer without something that belongs into it.
  [[nodiscard]] Fault lacks(std::string_view route, std::string_view what, int status,
                            std::string_view body) const;
  [[nodiscard]] Fault no_list_of_models(int status, std::string_view body) const;

  [[nodiscard]] const std::vector<std::string>& secrets() const { return secrets_; }

 private:
  std::string server_;
  std::string noun_;
  std::vector<std::string> secrets_;
  const ServerBook& book_;
};

}  // namespace plumb
