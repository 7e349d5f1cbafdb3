#include "sandboxes/guest/setup.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace plumb::guest {
namespace {

constexpr std::string_view kHostWork = "/work";
constexpr rlim_t kMostFiles = 4096;
constexpr rlim_t kMostProcesses = 1024;

/// Some hosts do not let a sandbox set these. Then low ports are refused with a sentence of their
/// own, and what forbids the setting forbids new user namespaces, too.
void try_write(const char* file, std::string_view text) {
  const int fd = ::open(file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] const auto written = ::write(fd, text.data(), text.size());
  ::close(fd);
}

void lower_limit(__rlimit_resource which, rlim_t most) {
  rlimit limit{};
  if (::getrlimit(which, &limit) != 0) return;
  limit.rlim_max = limit.rlim_max < most ? limit.rlim_max : most;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(which, &limit);
}

Status drop_capabilities() {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const std::array<__user_cap_data_struct, 2> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) {
    return fail_errno(errno, "the guest cannot drop its capabilities");
  }
  return {};
}

Status become_process_one() {
  try_write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
  try_write("/proc/sys/user/max_user_namespaces", "0");
  lower_limit(RLIMIT_NPROC, kMostProcesses);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  PLUMB_CHECK(drop_capabilities());
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return fail_errno(errno, "the guest cannot hide its memory");
  }
  return {};
}

Result<Place> make_temporary() {
  std::string folder = "/tmp/plumb-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return fail_errno(errno, "cannot make a folder in /tmp");
  Place place{.work = folder + "/work", .home = folder + "/home", .owned = folder};
  for (const std::string& part : {place.work, place.home}) {
    if (::mkdir(part.c_str(), 0755) != 0) return fail_errno(errno, "cannot make " + part);
  }
  return place;
}

void hide_stderr() {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return;
  ::dup2(nothing, STDERR_FILENO);
  ::close(nothing);
}

}  // namespace

std::string Place::resolve(const std::string& path) const {
  if (!path.starts_with('/')) return work + "/" + path;
  const bool in_work = path.starts_with(kHostWork) &&
                       (path.size() == kHostWork.size() || path[kHostWork.size()] == '/');
  return in_work ? work + path.substr(kHostWork.size()) : path;
}

Result<Place> set_up(bool temporary) {
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  ::umask(022);
  ::setsid();
  lower_limit(RLIMIT_CORE, 0);
  lower_limit(RLIMIT_NOFILE, kMostFiles);
  // When memory runs out, the commands go before anything of the host does.
  try_write("/proc/self/oom_score_adj", "500");
  if (::getpid() == 1) {
    PLUMB_CHECK(become_process_one());
  } else {
    // Orphans come to us instead of leaving, and we are told when the thread that started us is
    // gone.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  }
  Place place{.work = std::string(kHostWork), .home = "/home/agent"};
  if (temporary) {
    PLUMB_TRY(place, make_temporary());
  }
  if (::chdir(place.work.c_str()) != 0) {
    return fail_errno(errno, "the guest cannot enter " + place.work);
  }
  hide_stderr();
  return place;
}

}  // namespace plumb::guest
