#pragma once

#include <string>
#include <string_view>

namespace plumb {

/// Where a contestant's server answers. A base without a path gets /v1; trailing slashes and the
/// path of a protocol (/chat/completions, /responses, /messages) are cut; a query is kept.
class BaseUrl {
 public:
  explicit BaseUrl(std::string_view url);
  /// "/chat/completions" below the base.
  [[nodiscard]] std::string below(std::string_view path) const;
  /// Where a plain request goes: a target that begins with "/" is on the server's root, any other
  /// below the base.
  [[nodiscard]] std::string plain(std::string_view target) const;
  /// The base, fit for a sentence: no user, password or query.
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  std::string base_;
  std::string query_;
  std::string shown_;
};

/// Whether both have the same scheme, host and port.
[[nodiscard]] bool same_server(std::string_view a, std::string_view b);

}  // namespace plumb
