#include "tests/bench/wire/pacer_process.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "tests/bench/measure.hpp"

namespace plumb::bench {
namespace {

/// Tokens at either end of a stream that are not part of its steady middle.
constexpr std::size_t kEdge = 10;
/// Between two looks at the sockets when there is always something due.
constexpr int kTurnsInARow = 64;

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/event-stream; charset=utf-8\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

std::string http_chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

std::string event(std::size_t stream, std::string_view choices, std::string_view more = "") {
  return fmt::format(
      "data: {{\"id\":\"chatcmpl-8f3b0c5ad7e94f0c9d61\",\"object\":\"chat.completion.chunk\","
      "\"created\":1767225600,\"model\":\"{}{}\",\"choices\":[{}]{}}}\n\n",
      kPacedModel, stream, choices, more);
}

std::string token_event(std::size_t stream, std::string_view word) {
  return event(stream, fmt::format(R"({{"index":0,"delta":{{"content":"{}"}},"logprobs":null,)"
                                   R"("finish_reason":null}})",
                                   word));
}

std::string role_event(std::size_t stream) {
  return event(stream, R"({"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,)"
                       R"("finish_reason":null})");
}

std::string end_of_stream(std::size_t stream, std::size_t tokens) {
  const std::string finish =
      event(stream, R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"})");
  const std::string usage = event(stream, "",
                                  fmt::format(R"(,"usage":{{"prompt_tokens":12,"total_tokens":{},)"
                                              R"("completion_tokens":{}}})",
                                              12 + tokens, tokens));
  return http_chunk(finish) + http_chunk(usage) + http_chunk("data: [DONE]\n\n") + "0\r\n\r\n";
}

bool send_all(int socket, std::string_view bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(bytes.size());
}

/// Reads what has come, and tells when the kernel took it in; how long it lay in the socket before
/// somebody read it is no part of its way. `at` is untouched when nothing came.
ssize_t receive(int socket, std::string& unread, Instant& at) {
  std::array<char, 16384> buffer{};
  alignas(cmsghdr) std::array<char, 256> control{};
  iovec piece{.iov_base = buffer.data(), .iov_len = buffer.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(socket, &message, MSG_DONTWAIT);
  if (got <= 0) return got;
  unread.append(buffer.data(), static_cast<std::size_t>(got));
  at = real_clock().now();
  for (const cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(part))) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
    timespec calendar{};
    ::clock_gettime(CLOCK_REALTIME, &calendar);
    at -= std::chrono::seconds(calendar.tv_sec - stamp.tv_sec) +
          std::chrono::nanoseconds(calendar.tv_nsec - stamp.tv_nsec);
  }
  return got;
}

/// Takes one whole request off the front; false while it is not whole.
bool take_request(std::string& unread) {
  const auto head_end = unread.find("\r\n\r\n");
  if (head_end == std::string::npos) return false;
  const std::string head = lower(std::string_view(unread).substr(0, head_end + 2));
  constexpr std::string_view kLength = "content-length:";
  const auto at = head.find(kLength);
  std::int64_t length = 0;
  if (at != std::string::npos) {
    const auto value = at + kLength.size();
    length = parse_int(trimmed(head.substr(value, head.find('\r', value) - value))).value_or(0);
  }
  const std::size_t whole = head_end + 4 + static_cast<std::size_t>(length);
  if (unread.size() < whole) return false;
  unread.erase(0, whole);
  return true;
}

}  // namespace

PacerProcess::PacerProcess(PacerBoard& board, Fd listener, Fd commands, Fd signs)
    : board_(board),
      listener_(std::move(listener)),
      commands_(std::move(commands)),
      signs_(std::move(signs)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  ::prctl(PR_SET_TIMERSLACK, 1'000UL);
  const int on = 1;  // what it accepts inherits this
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  watch(listener_.get());
  watch(commands_.get());
}

void PacerProcess::watch(int fd) const {
  epoll_event event{.events = EPOLLIN | EPOLLRDHUP, .data = {.fd = fd}};
  must(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0, "cannot watch a socket");
}

void PacerProcess::run() {
  std::array<epoll_event, 256> events{};
  while (!over_) {
    const Duration left = turns_.empty()
                              ? Duration(std::chrono::seconds(1))
                              : std::max(Duration::zero(), turns_.top().due - real_clock().now());
    const timespec patience{.tv_sec = left / std::chrono::seconds(1),
                            .tv_nsec = (left % std::chrono::seconds(1)).count()};
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     &patience, nullptr);
    for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)].data.fd);
    send_due();
  }
}

void PacerProcess::serve(int fd) {
  if (fd == listener_.get()) return accept_all();
  if (fd == commands_.get()) return take_command();
  read_from(fd);
}

void PacerProcess::take_command() {
  char command = 0;
  if (::read(commands_.get(), &command, 1) != 1) {
    over_ = true;
    return;
  }
  plan_ = board_.plan;
  board_.sent = 0;
  board_.broken = 0;
  sockets_.clear();
  begins_.clear();
  chunks_.clear();
  turns_ = {};
  ten_sent_ = 0;
  ending_ = false;
  // What a reader left behind belongs to the plan before.
  while (!connections_.empty()) drop(connections_.begin()->first);
  must(::write(signs_.get(), &kFollowSign, 1) == 1, "the benchmark is gone");
}

void PacerProcess::accept_all() {
  while (true) {
    Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(socket.get());
    const int fd = socket.get();
    connections_[fd].socket = std::move(socket);
  }
}

void PacerProcess::read_from(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  Instant arrived;
  const ssize_t got = receive(fd, connection.unread, arrived);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return drop(fd);
  if (take_request(connection.unread)) begin_stream(fd, connection, arrived);
}

void PacerProcess::begin_stream(int fd, Connection& connection, Instant arrived) {
  const std::size_t stream = sockets_.size();
  if (stream == plan_.streams) return drop(fd);
  connection.stream = stream;
  sockets_.push_back(fd);
  TokenChunks& chunks = chunks_.emplace_back();
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    chunks[i] = http_chunk(token_event(stream, kWords[i]));
  }
  board_.streams[stream].arrived = arrived;
  begins_.push_back(arrived + plan_.first_after);
  send_all(fd, std::string(kHead) + http_chunk(role_event(stream)));
  if (!plan_.together) turns_.push({due(stream, 0), stream, 0});
  if (plan_.together && sockets_.size() == plan_.streams) begin_together();
}

void PacerProcess::begin_together() {
  const Instant begin = real_clock().now() + plan_.first_after;
  const double period_s = 1 / plan_.tok_s;
  for (std::size_t i = 0; i < plan_.streams; ++i) {
    const double phase = static_cast<double>(i) / static_cast<double>(plan_.streams);
    begins_[i] = begin + from_seconds(phase * period_s);
    turns_.push({due(i, 0), i, 0});
  }
}

Instant PacerProcess::due(std::size_t stream, std::size_t token) const {
  return begins_[stream] + from_seconds(static_cast<double>(token) / plan_.tok_s);
}

void PacerProcess::send_due() {
  for (int i = 0; i < kTurnsInARow && !turns_.empty(); ++i) {
    const Turn turn = turns_.top();
    if (turn.due > real_clock().now()) return;
    turns_.pop();
    send_token(turn);
  }
}

void PacerProcess::send_token(const Turn& turn) {
  const int socket = sockets_[turn.stream];
  if (socket < 0) return;
  const TokenChunks& chunks = chunks_[turn.stream];
  const std::string& bytes = chunks[turn.token % chunks.size()];
  const bool last = turn.token + 1 == plan_.tokens;
  const Instant now = real_clock().now();
  if (!send_all(socket, bytes)) return drop(socket);
  PacedStream& record = board_.streams[turn.stream];
  if (turn.token == 0) record.first_sent = now;
  record.last_sent = now;
  record.late_us[turn.token] = static_cast<float>(to_seconds(now - turn.due) * 1e6);
  board_.sent.fetch_add(1, std::memory_order_relaxed);
  tell(turn.token);
  if (!last) return turns_.push({due(turn.stream, turn.token + 1), turn.stream, turn.token + 1});
  sockets_[turn.stream] = -1;
  connections_.at(socket).stream.reset();
  if (!send_all(socket, end_of_stream(turn.stream, plan_.tokens))) drop(socket);
}

void PacerProcess::tell(std::size_t token) {
  if (!plan_.together) return;
  if (token + 1 == kEdge && ++ten_sent_ == plan_.streams) {
    must(::write(signs_.get(), &kSteadySign, 1) == 1, "the benchmark is gone");
  }
  if (!ending_ && token + kEdge == plan_.tokens) {
    ending_ = true;
    must(::write(signs_.get(), &kEndingSign, 1) == 1, "the benchmark is gone");
  }
}

void PacerProcess::drop(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  if (const auto stream = found->second.stream; stream && *stream < sockets_.size()) {
    sockets_[*stream] = -1;
    board_.broken.fetch_add(1, std::memory_order_relaxed);
  }
  connections_.erase(found);
}

}  // namespace plumb::bench
