#include "sandboxes/guest/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <functional>
#include <memory>

#include "core/base/fd.hpp"

namespace plumb::guest {
namespace {

/// Folders in folders; each level costs a descriptor and a stack frame.
constexpr int kDeepest = 128;
constexpr std::size_t kMostListed = std::size_t{16} << 20;
constexpr mode_t kExecuteBits = 0111;

std::unexpected<Error> refused(int error, const std::string& what) {
  const bool absent = error == ENOENT || error == ENOTDIR;
  return fail(absent ? Code::not_found : Code::io, fail_errno(error, what).error().sentence);
}

Status write_all(int fd, std::string_view bytes, const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return refused(errno, what);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status make_parents(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST) continue;
    // A folder that is there may answer EROFS or EACCES instead.
    struct stat info{};
    const int error = errno;
    if (::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
      return refused(error, "cannot make the folder " + folder);
    }
  }
  return {};
}

Status write_in_place(const std::string& path, std::string_view bytes, const std::string& what) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return refused(errno, what);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(Code::io, what + ": it is not a regular file");
  }
  if (::ftruncate(fd.get(), 0) != 0) return refused(errno, what);
  return write_all(fd.get(), bytes, what);
}

/// The file behind a link, so that writing through it keeps the link; the path itself when there is
/// none.
std::string behind_links(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? std::string(real.get()) : path;
}

struct CloseDir {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using DirPtr = std::unique_ptr<DIR, CloseDir>;

/// `parent` may be AT_FDCWD. Never follows a link in `name`.
DirPtr open_folder(int parent, const char* name) {
  const int fd =
      ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  DIR* folder = fd < 0 ? nullptr : ::fdopendir(fd);
  if (folder == nullptr && fd >= 0) ::close(fd);
  return DirPtr(folder);
}

bool is_dots(std::string_view name) { return name == "." || name == ".."; }

Status too_deep(const std::string& path) {
  return fail(Code::limit,
              path + " is nested deeper than " + std::to_string(kDeepest) + " folders");
}

Status remove_contents(DIR* folder, const std::string& path, int depth) {
  if (depth > kDeepest) return too_deep(path.substr(0, 200));
  const int here = ::dirfd(folder);
  while (const dirent* entry = ::readdir(folder)) {
    const std::string name = entry->d_name;
    if (is_dots(name) || ::unlinkat(here, name.c_str(), 0) == 0) continue;
    const std::string below = path + "/" + name;
    if (errno != EISDIR && errno != EPERM) return refused(errno, "cannot remove " + below);
    const DirPtr inner = open_folder(here, name.c_str());
    if (!inner) return refused(errno, "cannot remove " + below);
    PLUMB_CHECK(remove_contents(inner.get(), below, depth + 1));
    if (::unlinkat(here, name.c_str(), AT_REMOVEDIR) != 0) {
      return refused(errno, "cannot remove " + below);
    }
  }
  return {};
}

char kind_of(mode_t mode) {
  if (S_ISREG(mode)) return 'f';
  if (S_ISDIR(mode)) return 'd';
  return S_ISLNK(mode) ? 'l' : 'o';
}

struct Listing {
  bool recursive;
  std::size_t most;
  std::size_t count = 0;
  std::string records;

  Status add(DIR* folder, const std::string& prefix, int depth) {
    if (depth > kDeepest) return too_deep(prefix.substr(0, 200));
    const int here = ::dirfd(folder);
    while (const dirent* entry = ::readdir(folder)) {
      const std::string name = entry->d_name;
      struct stat info{};
      if (is_dots(name) || ::fstatat(here, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (++count > most || records.size() > kMostListed) {
        return fail(Code::limit,
                    "the folder holds more than " + std::to_string(count - 1) + " entries");
      }
      records += kind_of(info.st_mode) + std::to_string(info.st_size) + " " + prefix + name + '\0';
      if (!recursive || !S_ISDIR(info.st_mode)) continue;
      const DirPtr inner = open_folder(here, name.c_str());
      if (inner) PLUMB_CHECK(add(inner.get(), prefix + name + "/", depth + 1));
    }
    return {};
  }
};

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t most) {
  const std::string what = "cannot read " + path;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) return refused(errno, what);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return refused(errno, what);
  if (!S_ISREG(info.st_mode)) return fail(Code::io, what + ": it is not a regular file");

  std::string bytes;
  std::array<char, std::size_t{64} << 10> buffer;
  while (bytes.size() <= most) {
    const ssize_t got =
        ::read(fd.get(), buffer.data(), std::min(buffer.size(), most + 1 - bytes.size()));
    if (got == 0) return bytes;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused(errno, what);
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return fail(Code::limit, what + ": it is larger than " + std::to_string(most) + " bytes");
}

Status write_file(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string what = "cannot write " + path;
  const std::string target = behind_links(path);
  PLUMB_CHECK(make_parents(target));

  mode_t permissions = mode & 0777U;
  struct stat old{};
  const bool replaces = ::stat(target.c_str(), &old) == 0;
  if (replaces && !S_ISREG(old.st_mode)) return fail(Code::io, what + ": it is not a regular file");
  if (replaces) permissions = (old.st_mode & 0777U) | (permissions & kExecuteBits);

  std::string temporary = target.substr(0, target.rfind('/') + 1) + ".plumb-XXXXXX";
  const Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd && replaces && (errno == EROFS || errno == EACCES)) {
    return write_in_place(target, bytes, what);
  }
  if (!fd) return refused(errno, what);
  Status written = write_all(fd.get(), bytes, what);
  if (written && ::fchmod(fd.get(), permissions) != 0) written = refused(errno, what);
  if (written && ::rename(temporary.c_str(), target.c_str()) != 0) {
    // EBUSY: the file is a mount of its own, as the hosts file may be.
    written = errno == EBUSY ? write_in_place(target, bytes, what) : refused(errno, what);
    ::unlink(temporary.c_str());
  }
  if (!written) ::unlink(temporary.c_str());
  return written;
}

Status remove_tree(const std::string& path) {
  const std::string what = "cannot remove " + path;
  if (::unlink(path.c_str()) == 0) return {};
  if (errno != EISDIR && errno != EPERM) return refused(errno, what);
  {
    const DirPtr folder = open_folder(AT_FDCWD, path.c_str());
    if (!folder) return refused(errno, what);
    PLUMB_CHECK(remove_contents(folder.get(), path, 0));
  }
  if (::rmdir(path.c_str()) != 0) return refused(errno, what);
  return {};
}

Result<std::string> list_folder(const std::string& path, bool recursive, std::size_t most) {
  // With a trailing slash a link to a folder is followed, as everywhere on the way to it.
  const DirPtr folder = open_folder(AT_FDCWD, (path + "/").c_str());
  if (!folder) return refused(errno, "cannot list " + path);
  Listing listing{.recursive = recursive, .most = most};
  PLUMB_CHECK(listing.add(folder.get(), "", 1));
  return std::move(listing.records);
}

}  // namespace plumb::guest
