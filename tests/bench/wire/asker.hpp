#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/endpoint/endpoint.hpp"
#include "core/endpoint/server_book.hpp"
#include "core/wire/http.hpp"

namespace plumb::bench {

/// Our side of the streams: the product's client and endpoint, asked from threads as trials do.
class Asker {
 public:
  /// `url` is the base of something that speaks chat completions.
  explicit Asker(const std::string& url);

  /// Each of `streams` threads asks once, all at the same time. Ends the program when an answer
  /// fails.
  [[nodiscard]] std::vector<ChatResponse> ask(std::size_t streams);

 private:
  ServerBook book_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace plumb::bench
