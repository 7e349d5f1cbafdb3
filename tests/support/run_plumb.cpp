#include "tests/support/run_plumb.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace plumb::test {
namespace {

Subprocess spawn(const std::string& program, const std::vector<std::string>& arguments,
                 const PlumbSettings& settings, int out, int err) {
  SpawnRequest request{.argv = settings.before,
                       .env = settings.env,
                       .fds = {{STDOUT_FILENO, out}, {STDERR_FILENO, err}},
                       .cwd = settings.folder};
  request.argv.push_back(program);
  request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
  const char* path = std::getenv("PATH");
  request.env.push_back(std::string("PATH=") + (path == nullptr ? "/usr/bin:/bin" : path));
  request.env.push_back("HOME=" + settings.folder);
  auto child = Subprocess::spawn(request);
  if (!child) throw std::runtime_error(full_sentence(child.error()));
  return std::move(*child);
}

}  // namespace

Fd PlumbProcess::pipe_into(Stream& stream) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  stream.fd = Fd(ends[0]);
  return Fd(ends[1]);
}

PlumbProcess::PlumbProcess(const std::string& program, const std::vector<std::string>& arguments,
                           const PlumbSettings& settings)
    : child_([&] {
        const Fd out = pipe_into(out_);
        const Fd err = pipe_into(err_);
        return spawn(program, arguments, settings, out.get(), err.get());
      }()) {
  out_reader_ = std::jthread([this] { read_all(out_); });
  err_reader_ = std::jthread([this] { read_all(err_); });
}

PlumbProcess::~PlumbProcess() { child_.kill(); }

void PlumbProcess::read_all(Stream& stream) {
  char buffer[16384];
  while (true) {
    const ssize_t got = ::read(stream.fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (got > 0) stream.text.append(buffer, static_cast<std::size_t>(got));
    stream.ended = got <= 0;
    changed_.notify_all();
    if (stream.ended) return;
  }
}

std::optional<std::string> PlumbProcess::next_line() {
  std::unique_lock lock(mutex_);
  std::size_t end = std::string::npos;
  changed_.wait(lock, [&] {
    end = out_.text.find('\n', lines_end_);
    return end != std::string::npos || out_.ended;
  });
  if (end == std::string::npos) return std::nullopt;
  std::string line = out_.text.substr(lines_end_, end - lines_end_);
  lines_end_ = end + 1;
  return line;
}

bool PlumbProcess::wait_for_error_text(const std::string& text) {
  std::unique_lock lock(mutex_);
  const auto is_there = [&] { return err_.text.find(text) != std::string::npos; };
  changed_.wait(lock, [&] { return is_there() || err_.ended; });
  return is_there();
}

void PlumbProcess::signal(int number) const { ::kill(child_.pid(), number); }

PlumbEnd PlumbProcess::end(Duration patience) {
  auto exit = child_.wait(after(real_clock().now(), patience));
  if (!exit) {
    child_.kill();
    exit = child_.wait(kNever);
  }
  out_reader_.join();
  err_reader_.join();
  return {.code = exit->code, .signal = exit->signal, .out = out_.text, .err = err_.text};
}

PlumbEnd run_plumb(const std::string& program, const std::vector<std::string>& arguments,
                   const PlumbSettings& settings) {
  return PlumbProcess(program, arguments, settings).end();
}

}  // namespace plumb::test
