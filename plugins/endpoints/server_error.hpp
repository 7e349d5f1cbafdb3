#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plumb {

/// What a server said when it refused or failed.
struct ServerError {
  std::string message;  ///< printable, 300 bytes at most; "" when it said nothing
  int code = 0;         ///< the HTTP status it names inside, 0 when it names none
};

/// Reads `{"error":{"message","code","type"}}`, `{"error":"..."}`,
/// `{"object":"error","message","code"}`, `{"response":{"error":{...}}}` and `{"detail":...}`;
/// where there is no number, the status is what the type or the code says in words. Of anything
/// else the first bytes are the message. `secrets` are blotted out first: servers like to repeat
/// the key that they refuse.
[[nodiscard]] ServerError read_server_error(std::string_view body,
                                            const std::vector<std::string>& secrets);

/// Printable, without secrets, 300 bytes at most.
[[nodiscard]] std::string quotable(std::string_view text, const std::vector<std::string>& secrets);

}  // namespace plumb
