#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/endpoint/endpoint.hpp"
#include "core/endpoint/server_kind.hpp"

namespace plumb {

/// What a route answered.
struct Answer {
  int status = 0;  ///< 0: nothing came
  std::vector<std::pair<std::string, std::string>> headers;
  std::string text;          ///< the start of the body
  std::optional<Json> json;  ///< of a body that is JSON, with a status of 200 to 299
};

/// Plain questions to one server, each asked once. A server that twice in a row leaves a question
/// unanswered is asked no more.
class Interview {
 public:
  Interview(Endpoint& endpoint, Waiter& waiter) : endpoint_(endpoint), waiter_(waiter) {}

  /// @param body  null is a GET
  [[nodiscard]] const Answer& ask(const std::string& route, const Json& body = nullptr);
  /// See Endpoint::without_secrets().
  [[nodiscard]] std::string without_secrets(std::string text) const {
    return endpoint_.without_secrets(std::move(text));
  }
  /// Why the last question that was really asked had no answer.
  [[nodiscard]] const std::optional<Fault>& fault() const { return fault_; }

 private:
  Endpoint& endpoint_;
  Waiter& waiter_;
  std::map<std::string, Answer> answers_;
  std::optional<Fault> fault_;
  int unanswered_ = 0;
};

/// Calls `visit` with every value at the path until it returns true. `model` is whose entry
/// "[model]" takes: the one that has it as its id, name or alias (with or without a tag behind a
/// colon), or the only one.
bool visit_path(const Json& value, const JsonPath& path, const std::string& model,
                const std::function<bool(const Json&)>& visit);

/// The body with every text "$name" replaced by that value.
[[nodiscard]] Json filled(const Json& body, const std::map<std::string, Json>& values);

/// "default_generation_settings.n_ctx".
[[nodiscard]] std::string shown_path(const JsonPath& path);

}  // namespace plumb
