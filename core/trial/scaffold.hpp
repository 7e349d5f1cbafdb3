#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace plumb {

/// What surrounds every task alike: the system prompt, the words around results and errors, the
/// truncation of results. A versioned file (plugins/scaffold.lua), shown by `plumb show
/// --scaffold`, and part of every fingerprint.
struct Scaffold {
  std::string version;
  std::string system;  ///< the system prompt
  std::string
      malformed;  ///< answers a malformed call; `{problem}` stands for what is wrong with it
  std::string tool_error;  ///< answers a call whose tool failed; `{problem}` stands for its message
  std::size_t result_head = 0;  ///< bytes of a result that are kept from its start
  std::size_t result_tail = 0;  ///< and from its end
  std::string source;           ///< the file's text
  std::string digest;           ///< SHA-256 of it

  /// A tool's text as the model sees it: valid UTF-8, cut in the middle where it is too long.
  [[nodiscard]] std::string shown_result(std::string_view text) const;
};

/// Code::config with file and line; not_found.
[[nodiscard]] Result<Scaffold> load_scaffold(const std::filesystem::path& file);
/// The one that ships.
[[nodiscard]] std::filesystem::path scaffold_file();

/// `{problem}` in the template replaced.
[[nodiscard]] std::string with_problem(const std::string& text, std::string_view problem);

}  // namespace plumb
