#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace plumb {

/// The whole of a regular file. Code::not_found, Code::limit when larger than max_bytes, Code::io.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t max_bytes = std::size_t{64} << 20);
/// Replaces the file in one step (temporary file in the same folder, fsync, rename); creates no
/// folder. A link is followed; what exists and is not a regular file is refused.
[[nodiscard]] Status write_file(const std::filesystem::path& path, std::string_view bytes);

struct FileInTree {
  std::string path;  ///< relative to the root, '/' between parts
  bool executable = false;
};
/// The regular files below root, sorted by path. Code::config for anything but files and folders
/// (links too): a task's folder is content, and content is pinned by its bytes.
[[nodiscard]] Result<std::vector<FileInTree>> list_tree(const std::filesystem::path& root);
/// SHA-256 over the names, execute bits and bytes of list_tree(root).
[[nodiscard]] Result<std::string> hash_tree(const std::filesystem::path& root);

/// Where the Lua files, tasks and the guest that ship with Plumbline are: $PLUMB_HOME, else
/// `../share/plumbline` beside the running program, else the source folder it was built from.
[[nodiscard]] std::filesystem::path resource_dir();

}  // namespace plumb
