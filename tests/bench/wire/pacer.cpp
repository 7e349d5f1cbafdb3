#include "tests/bench/wire/pacer.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <new>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/wire/pacer_process.hpp"

namespace plumb::bench {
namespace {

constexpr int kPatienceMs = 120'000;

std::pair<Fd, Fd> make_pipe() {
  std::array<int, 2> ends{};
  must(::pipe2(ends.data(), O_CLOEXEC) == 0, "cannot make a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

Fd listen_on_any_port(int& port) {
  Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  must(::bind(listener.get(), plain, size) == 0 && ::listen(listener.get(), 4096) == 0 &&
           ::getsockname(listener.get(), plain, &size) == 0,
       "cannot listen on 127.0.0.1");
  port = ntohs(address.sin_port);
  return listener;
}

PacerBoard* shared_board() {
  void* const memory = ::mmap(nullptr, sizeof(PacerBoard), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(memory != MAP_FAILED, "cannot share memory");
  return new (memory) PacerBoard;
}

/// Splits the processors of this process: the last one, and all others.
void keep_to_processors(bool last_one) {
  cpu_set_t all;
  must(::sched_getaffinity(0, sizeof all, &all) == 0, "the processors cannot be counted");
  if (CPU_COUNT(&all) < 2) return;
  std::size_t last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &all)) --last;
  if (last_one) CPU_ZERO(&all);
  last_one ? CPU_SET(last, &all) : CPU_CLR(last, &all);
  ::sched_setaffinity(0, sizeof all, &all);
}

}  // namespace

void leave_source_its_processor() { keep_to_processors(false); }

Pacer::Pacer() : board_(shared_board()) {
  Fd listener = listen_on_any_port(port_);
  auto [command_in, command_out] = make_pipe();
  auto [sign_in, sign_out] = make_pipe();
  const pid_t parent = ::getpid();
  process_ = ::fork();
  must(process_ >= 0, "cannot start the source of paced streams");
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);
    command_out.reset();
    keep_to_processors(true);
    PacerProcess(*board_, std::move(listener), std::move(command_in), std::move(sign_out)).run();
    ::_exit(0);
  }
  commands_ = std::move(command_out);
  signs_ = std::move(sign_in);
}

Pacer::~Pacer() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  ::munmap(board_, sizeof(PacerBoard));
}

std::string Pacer::url() const { return fmt::format("http://127.0.0.1:{}/v1", port_); }

void Pacer::wait_for(char sign) const {
  char got = 0;
  while (got != sign) {
    pollfd polled{.fd = signs_.get(), .events = POLLIN, .revents = 0};
    must(::poll(&polled, 1, kPatienceMs) == 1 && ::read(signs_.get(), &got, 1) == 1,
         fmt::format("the source of paced streams does not get on: {} tokens sent, {} broken",
                     board_->sent.load(), board_->broken.load()));
  }
}

void Pacer::follow(const PacePlan& plan) {
  must(plan.streams <= kMaxPacedStreams && plan.tokens <= kMaxPacedTokens && plan.tokens > 20,
       "a plan that the source of paced streams has no room for");
  board_->plan = plan;
  const char command = kFollowSign;
  must(::write(commands_.get(), &command, 1) == 1, "the source of paced streams is gone");
  wait_for(kFollowSign);
}

void Pacer::wait_steady() { wait_for(kSteadySign); }
void Pacer::wait_ending() { wait_for(kEndingSign); }

std::size_t paced_stream_number(const std::string& model) {
  const auto number = model.starts_with(kPacedModel)
                          ? parse_int(std::string_view(model).substr(kPacedModel.size()))
                          : std::nullopt;
  must(number.has_value(), "a stream has lost its number: " + model);
  return static_cast<std::size_t>(*number);
}

}  // namespace plumb::bench
