#include "sandboxes/guest/processes.hpp"

#include <dirent.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>
#include <vector>

namespace plumb::guest {
namespace {

/// 0 when the process is gone.
pid_t parent_of(pid_t pid) {
  std::FILE* file = std::fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "re");
  if (file == nullptr) return 0;
  std::string text(512, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  // "pid (name) state parent ...": the name may hold anything, so the last parenthesis counts.
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos || end + 4 >= text.size()) return 0;
  return static_cast<pid_t>(std::strtol(text.c_str() + end + 4, nullptr, 10));
}

std::unordered_multimap<pid_t, pid_t> children_by_parent() {
  std::unordered_multimap<pid_t, pid_t> children;
  DIR* proc = ::opendir("/proc");
  if (proc == nullptr) return children;
  while (const dirent* entry = ::readdir(proc)) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid > 1) children.emplace(parent_of(pid), pid);
  }
  ::closedir(proc);
  return children;
}

void kill_descendants() {
  const auto children = children_by_parent();
  std::vector<pid_t> parents{::getpid()};
  while (!parents.empty()) {
    const pid_t parent = parents.back();
    parents.pop_back();
    const auto [first, last] = children.equal_range(parent);
    for (auto child = first; child != last; ++child) {
      ::kill(child->second, SIGKILL);
      parents.push_back(child->second);
    }
  }
}

}  // namespace

void kill_everything() {
  if (::getpid() == 1) {
    ::kill(-1, SIGKILL);
  } else {
    kill_descendants();
  }
}

}  // namespace plumb::guest
