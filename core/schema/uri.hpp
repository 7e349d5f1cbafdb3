#pragma once

#include <string>
#include <string_view>

namespace plumb {

/// `reference` as seen from `base` (RFC 3986, section 5.2). An empty base leaves it as it is.
[[nodiscard]] std::string resolve_uri(std::string_view base, std::string_view reference);

/// What stands before and behind the first '#'.
struct UriParts {
  std::string document;
  std::string fragment;  ///< percent-decoded
};
[[nodiscard]] UriParts split_fragment(std::string_view uri);

}  // namespace plumb
