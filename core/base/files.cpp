#include "core/base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "core/base/fd.hpp"
#include "core/base/hash.hpp"

namespace plumb {
namespace fs = std::filesystem;

Result<std::string> read_file(const fs::path& path, std::size_t max_bytes) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd && errno == ENOENT) return fail(Code::not_found, path.string() + ": no such file");
  if (!fd) return fail_errno(errno, "cannot open " + path.string());
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, "cannot stat " + path.string());
  if (!S_ISREG(info.st_mode)) return fail(Code::io, path.string() + " is not a regular file");
  std::string bytes;
  char buffer[65536];
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "cannot read " + path.string());
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(got) > max_bytes) {
      return fail(Code::limit,
                  path.string() + " is larger than " + std::to_string(max_bytes) + " bytes");
    }
    bytes.append(buffer, static_cast<std::size_t>(got));
  }
}

namespace {

/// The regular file that a rename may replace when `path` is written, which need not exist yet: a
/// link is followed, a device or pipe (/dev/stdout, say) is refused, since the rename would put a
/// file in its place.
Result<fs::path> replaceable(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return path;
  if (!fs::is_regular_file(status)) return fail(Code::io, path.string() + " is not a regular file");
  fs::path target = fs::canonical(path, error);
  if (error) return fail(Code::io, "cannot follow " + path.string() + ": " + error.message());
  return target;
}

}  // namespace

Status write_file(const fs::path& path, std::string_view bytes) {
  PLUMB_TRY(const fs::path target, replaceable(path));
  const std::string temporary = target.string() + ".tmp-" + random_hex(4);
  Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd) return fail_errno(errno, "cannot create " + temporary);
  const auto give_up = [&](const std::string& what) {
    const int number = errno;
    ::unlink(temporary.c_str());
    return fail_errno(number, what + " " + path.string());
  };
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::write(fd.get(), bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return give_up("cannot write");
    done += static_cast<std::size_t>(put);
  }
  if (::fsync(fd.get()) != 0) return give_up("cannot write");
  if (::rename(temporary.c_str(), target.c_str()) != 0) return give_up("cannot replace");
  return {};
}

Result<std::vector<FileInTree>> list_tree(const fs::path& root) {
  std::vector<FileInTree> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end;
       it.increment(error)) {
    const fs::file_status status = it->symlink_status(error);
    if (error) break;
    if (fs::is_directory(status)) continue;
    if (!fs::is_regular_file(status)) {
      return fail(Code::config,
                  it->path().string() +
                      " is neither a file nor a folder; links and devices cannot be task content");
    }
    const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    files.push_back({it->path().lexically_relative(root).generic_string(), executable});
  }
  if (error) return fail(Code::io, "cannot list " + root.string() + ": " + error.message());
  std::ranges::sort(files, {}, &FileInTree::path);
  return files;
}

Result<std::string> hash_tree(const fs::path& root) {
  PLUMB_TRY(const auto files, list_tree(root));
  Hasher hasher;
  for (const FileInTree& file : files) {
    PLUMB_TRY(const std::string bytes, read_file(root / file.path));
    hasher.add(file.path).add(file.executable ? "x" : "-").add(bytes);
  }
  return hasher.hex();
}

fs::path resource_dir() {
  if (const char* home = std::getenv("PLUMB_HOME"); home != nullptr && *home != '\0') return home;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path installed = program.parent_path().parent_path() / "share" / "plumbline";
    if (fs::is_directory(installed, error)) return installed;
  }
  return PLUMB_SOURCE_DIR;
}

}  // namespace plumb
