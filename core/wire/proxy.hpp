#pragma once

#include <string>
#include <string_view>

namespace plumb {

/// Whether a URL leads to this very machine ("localhost", 127.0.0.0/8, [::1]). A proxy elsewhere
/// could not reach it, so none is asked, whatever the environment says.
[[nodiscard]] bool is_loopback(std::string_view url);

/// The proxy that a request to this URL goes through ("http://proxy:3128", free of user and
/// password), "" for none. The rules are those of libcurl over http_proxy, https_proxy, all_proxy
/// and no_proxy as they stand in the environment now, but for is_loopback(). The client follows
/// this choice and does not make one of its own.
[[nodiscard]] std::string proxy_for(std::string_view url);

/// The same as it stands in the environment: for the client alone, never for a person.
[[nodiscard]] std::string proxy_with_password(std::string_view url);

}  // namespace plumb
