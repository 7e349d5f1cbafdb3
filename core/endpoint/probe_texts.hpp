#pragma once

#include <cstdint>
#include <string>

namespace plumb {

/// Four letters and digits that cannot be guessed, none of which look alike.
[[nodiscard]] std::string make_code();

/// A prompt of about so many bytes. It begins with a salt (a new salt defeats every prefix cache),
/// then with a code, and asks for that code at its end: a server that cuts prompts at their front
/// cannot answer.
[[nodiscard]] std::string long_prompt(const std::string& salt, const std::string& code,
                                      std::size_t bytes);

/// The same with a new end: an answer is asked for that does not end before max_tokens.
[[nodiscard]] std::string long_endless_prompt(const std::string& salt, std::size_t bytes);

/// Asks for an answer that does not end before max_tokens. Dense text cannot be guessed by
/// speculation, predictable text can.
[[nodiscard]] std::string endless_prompt(const std::string& salt, bool dense);

}  // namespace plumb
