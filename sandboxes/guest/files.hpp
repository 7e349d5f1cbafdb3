#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace plumb::guest {

// What the host asks of files inside. Everything here may be in motion and hostile: nothing waits,
// and what is not a regular file is not read. Code::not_found, limit, io.

[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t most);

/// In one step where the folder allows it (temporary file and rename), else in place. Links are
/// followed, parents are created; a file that is replaced keeps its permissions, with the execute
/// bits of `mode` added.
[[nodiscard]] Status write_file(const std::string& path, std::string_view bytes, unsigned mode);

/// A file, or a folder with all that is in it; links are removed, not followed.
[[nodiscard]] Status remove_tree(const std::string& path);

/// The entries below a folder: for each one of "fdlo" (file, folder, link, other), its size, a
/// blank, its path relative to the folder, NUL.
[[nodiscard]] Result<std::string> list_folder(const std::string& path, bool recursive,
                                              std::size_t most);

}  // namespace plumb::guest
