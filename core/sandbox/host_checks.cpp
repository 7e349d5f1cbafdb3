#include "core/sandbox/host_checks.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include <fmt/format.h>

#include "core/base/subprocess.hpp"
#include "core/base/text.hpp"
#include "core/sandbox/launcher.hpp"

namespace plumb {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

/// What a command said, on both outputs, shortened to a line.
Result<std::string> run(const std::vector<std::string>& argv, std::optional<std::uint32_t> user) {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    return fail_errno(errno, "cannot make a pipe");
  const Fd ours(fds[0]);
  Fd theirs(fds[1]);
  const char* path = std::getenv("PATH");
  PLUMB_TRY(
      Subprocess process,
      Subprocess::spawn({.argv = argv,
                         .env = {std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin")},
                         .fds = {{1, theirs.get()}, {2, theirs.get()}},
                         .cwd = "/",
                         .user = user}));
  theirs.reset();
  PLUMB_TRY(const Exit exit, process.wait(after(real_clock().now(), kPatience)));
  std::string said(4096, '\0');
  const ssize_t got = ::read(ours.get(), said.data(), said.size());
  said.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  said = printable(valid_utf8(shortened(trimmed(said), 300)));
  if (exit.code == 0) return said;
  const std::string how = exit.signal != 0 ? fmt::format("signal {}", exit.signal)
                                           : fmt::format("exit code {}", exit.code);
  return fail(Code::unavailable,
              fmt::format("{}: {}{}{}", argv[0], how, said.empty() ? "" : ": ", said));
}

HostCheck evaluate(const LaunchNeed& need, std::optional<std::uint32_t> user) {
  HostCheck check{.name = need.name};
  if (!need.file.empty()) {
    std::ifstream file(need.file);
    std::string text;
    std::getline(file, text);
    check.ok = !file.is_open() || trimmed(text) == need.expect;
    check.sentence = file.is_open() ? fmt::format("{} is {}", need.file, trimmed(text))
                                    : fmt::format("this host has no {}", need.file);
  }
  if (!check.ok && !need.command.empty()) {
    const auto said = run(need.command, user);
    check.ok = said.has_value();
    check.sentence = !said ? full_sentence(said.error()) : said->empty() ? "it does" : *said;
  }
  if (!check.ok) check.remedy = need.remedy;
  return check;
}

}  // namespace

Result<std::vector<HostCheck>> run_launcher_checks(const std::string& launcher_file) {
  PLUMB_TRY(const std::unique_ptr<Launcher> launcher, Launcher::load(launcher_file));
  PLUMB_TRY(const std::vector<LaunchNeed> needs, launcher->needs({}));
  std::vector<HostCheck> checks;
  for (const LaunchNeed& need : needs) checks.push_back(evaluate(need, launcher->user(0)));
  return checks;
}

}  // namespace plumb
