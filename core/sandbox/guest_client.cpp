#include "core/sandbox/guest_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plumb {
namespace {

/// How long the guest may take to answer what should take it milliseconds; a command gets its own
/// time before.
constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kPatienceWithFiles = std::chrono::seconds(60);
constexpr auto kLongestCommand = std::chrono::hours(24 * 30);
/// How long an orderly end may take before the launcher is killed.
constexpr auto kFarewell = std::chrono::milliseconds(500);
constexpr std::size_t kMostSentence = 4096;

/// Text that travels NUL-terminated.
Status add_text(std::string& body, std::string_view text, const char* what) {
  if (text.find('\0') != std::string_view::npos) {
    return fail(Code::io,
                std::string(what) + " has a NUL byte in it, which no program can be given");
  }
  body += text;
  body += '\0';
  return {};
}

Result<std::string> path_body(std::string_view path) {
  std::string body;
  PLUMB_CHECK(add_text(body, path, "the path"));
  return body;
}

std::string shown(const std::string& text) { return printable(shortened(text, 200)); }

std::string shown(const std::vector<std::string>& argv) { return shown(join(argv, " ")); }

std::unexpected<Error> broken(const std::string& what) {
  return fail(Code::protocol, "the guest " + what);
}

Code code_named(const std::string& name) {
  if (name == "not_found") return Code::not_found;
  if (name == "limit") return Code::limit;
  return name == "io" ? Code::io : Code::protocol;
}

/// Cuts the next `size` bytes off the body, as long as they are there and within `most`.
bool cut(std::string_view& body, const Json& header, const std::string& key, std::size_t most,
         std::string& piece) {
  const auto size = json_or<std::size_t>(header, key.c_str(), 0);
  if (size > body.size() || size > most) return false;
  piece = body.substr(0, size);
  body.remove_prefix(size);
  return true;
}

Result<DirEntry> entry_from(std::string_view record) {
  const auto bad = [] { return broken("listed something that is no entry of a folder"); };
  const std::size_t blank = record.find(' ');
  if (record.empty() || blank == std::string_view::npos) return bad();
  DirEntry entry;
  entry.path = record.substr(blank + 1);
  constexpr std::string_view kKinds = "fdlo";
  const std::size_t kind = kKinds.find(record[0]);
  const auto size = parse_int(record.substr(1, blank - 1));
  if (kind == std::string_view::npos || !size || *size < 0) return bad();
  entry.kind = static_cast<DirEntry::Kind>(kind);
  entry.size = static_cast<std::uint64_t>(*size);
  // Callers put these names below folders of their own.
  for (const std::string& part : split(entry.path, '/')) {
    if (part.empty() || part == "." || part == "..") return bad();
  }
  return entry;
}

}  // namespace

GuestClient::GuestClient(Waiter& waiter, StartedGuest guest)
    : waiter_(waiter),
      guest_(std::move(guest)),
      connections_([this](const Json& header, std::string_view body) {
        if (lost_) return;
        frame::append(out_, header, body);
        flush();
      }) {
  watch_ = waiter_.watch(
      guest_.channel.get(),
      [this] {
        const bool more = out_at_ < out_.size() || connections_.has_events();
        return static_cast<short>(more ? POLLIN | POLLOUT : POLLIN);
      },
      [this](short events) { on_event(events); });
}

Result<std::unique_ptr<GuestClient>> GuestClient::open(Waiter& waiter, StartedGuest guest,
                                                       Duration patience) {
  std::unique_ptr<GuestClient> client(new GuestClient(waiter, std::move(guest)));
  const auto end =
      waiter.wait([&] { return client->greeted_ || client->lost_; }, after(waiter.now(), patience));
  if (end == Waiter::End::stopped) return fail(Code::cancelled, "stopped while a sandbox started");
  if (end == Waiter::End::deadline) {
    return fail(Code::timeout,
                fmt::format("the sandbox ({}) did not start within {}", client->guest_.launcher,
                            human_seconds(to_seconds(patience))));
  }
  if (client->lost_) return fail(client->lost_->code, "the sandbox did not start", *client->lost_);
  return client;
}

GuestClient::~GuestClient() {
  if (!lost_) lose(Error{Code::unavailable, "the sandbox has ended"});
  connections_.serve();
  if (!guest_.process) return;
  // The end of the channel ends the guest and, with process 1 of the sandbox, everything inside.
  if (!guest_.process->wait(after(real_clock().now(), kFarewell))) guest_.process->kill();
}

Result<GuestClient::Answer> GuestClient::call(Json header, std::string_view body, std::size_t most,
                                              Duration patience, const std::string& what) {
  if (lost_) return std::unexpected(*lost_);
  if (body.size() > frame::kMaxRequest) {
    return fail(Code::limit, fmt::format("{}: {} bytes are more than the {} MiB that fit", what,
                                         body.size(), frame::kMaxRequest >> 20));
  }
  const std::int64_t id = next_id_++;
  header["id"] = id;
  const auto pending = std::make_shared<Pending>(Pending{.most = most + kMostSentence});
  pending_.emplace(id, pending);
  frame::append_in_parts(out_, header, body);
  flush();
  const auto end =
      waiter_.wait([&] { return pending->answer || lost_; }, after(waiter_.now(), patience));
  if (pending->answer) return std::move(*pending->answer);
  // Nobody will wait for the answer of this request, so nothing after it could be trusted.
  if (end == Waiter::End::stopped) lose(Error{Code::cancelled, "stopped while " + what});
  if (end == Waiter::End::deadline) {
    lose(Error{Code::timeout, fmt::format("the guest gave no answer within {} while {}",
                                          human_seconds(to_seconds(patience)), what)});
  }
  return std::unexpected(*lost_);
}

void GuestClient::on_event(short events) {
  if ((events & POLLOUT) != 0) flush();
  if (!lost_ && (events & (POLLIN | POLLHUP | POLLERR)) != 0) receive();
  connections_.serve();
}

void GuestClient::receive() {
  std::array<char, std::size_t{64} << 10> buffer;
  const ssize_t got = ::recv(guest_.channel.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return lose(how_it_ended());
  reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
  while (!lost_) {
    auto frame = reader_.next();
    if (frame && !*frame) return;
    const Status taken = frame ? take(std::move(**frame)) : Status(std::unexpected(frame.error()));
    if (!taken) lose(taken.error());
  }
}

void GuestClient::flush() {
  while (!lost_ && out_at_ < out_.size()) {
    const ssize_t sent = ::send(guest_.channel.get(), out_.data() + out_at_, out_.size() - out_at_,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0)
      break;  // full, or gone: then reading says so, after what the guest still had to say
    out_at_ += static_cast<std::size_t>(sent);
  }
  if (out_at_ < out_.size() && out_at_ < frame::kMaxBody) return;
  out_.erase(0, out_at_);
  out_at_ = 0;
}

Status GuestClient::take(frame::Frame&& frame) {
  const std::string op = json_or(frame.header, "op", "");
  if (!greeted_) {
    const int version = json_or(frame.header, "protocol", 0);
    if (op != "hello") return broken("did not greet");
    if (version != frame::kProtocol) {
      return broken(
          fmt::format("speaks version {} of the protocol and this program version {}; install "
                      "both from the same release",
                      version, frame::kProtocol));
    }
    greeted_ = true;
    return {};
  }
  if (op == "part" || op == "done" || op == "failed") return take_answer(op, std::move(frame));
  return connections_.take(frame);
}

Status GuestClient::take_answer(const std::string& op, frame::Frame&& frame) {
  const auto found = pending_.find(json_or<std::int64_t>(frame.header, "id", 0));
  if (found == pending_.end()) return broken("answered what nobody asked");
  Pending& pending = *found->second;
  if (pending.body.size() + frame.body.size() > pending.most) {
    return broken("answered with more than was asked for");
  }
  if (op == "part") {
    if (frame.body.empty()) return broken("sent an empty part of an answer");
    pending.body += frame.body;
    return {};
  }
  if (op == "failed") {
    const Code code = code_named(json_or(frame.header, "code", ""));
    if (code == Code::protocol) return broken("failed for a reason that is none");
    pending.answer = fail(code, printable(valid_utf8(shortened(frame.body, kMostSentence))));
  } else {
    pending.body += frame.body;
    pending.answer = Answer{std::move(frame.header), std::move(pending.body)};
  }
  pending_.erase(found);
  return {};
}

void GuestClient::lose(Error error) {
  if (lost_) return;
  lost_ = std::move(error);
  watch_ = {};
  ::shutdown(guest_.channel.get(), SHUT_RDWR);
  connections_.lose_all();
}

Error GuestClient::how_it_ended() {
  std::string sentence = fmt::format("the sandbox ({}) ended", guest_.launcher);
  if (guest_.process) {
    const auto exit =
        guest_.process->wait(after(real_clock().now(), std::chrono::milliseconds(100)));
    if (exit && exit->signal != 0) sentence += fmt::format(" by signal {}", exit->signal);
    if (exit && exit->signal == 0) sentence += fmt::format(" with exit code {}", exit->code);
  }
  std::string said(std::size_t{64} << 10, '\0');
  const ssize_t got = guest_.errors ? ::read(guest_.errors.get(), said.data(), said.size()) : 0;
  said.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  constexpr std::size_t kTail = 1000;
  const std::string_view all = trimmed(said);
  const std::string tail =
      printable(valid_utf8(all.size() > kTail ? all.substr(all.size() - kTail) : all));
  if (!tail.empty()) sentence += ": " + tail;
  return {Code::unavailable, std::move(sentence)};
}

Result<ExecResult> GuestClient::exec(const ExecRequest& request) {
  std::string body;
  PLUMB_CHECK(add_text(body, request.cwd, "the folder"));
  for (const std::string& word : request.argv) PLUMB_CHECK(add_text(body, word, "the command"));
  for (const auto& [name, value] : request.env) {
    PLUMB_CHECK(add_text(body, fmt::format("{}={}", name, value), "the environment"));
  }
  body += request.stdin_bytes;
  const std::size_t head = std::min(request.head_cap, frame::kMaxCapture);
  const std::size_t tail = std::min(request.tail_cap, frame::kMaxCapture);
  const Duration timeout = std::clamp<Duration>(request.timeout, Duration::zero(), kLongestCommand);
  const auto timeout_ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();

  const Instant begun = waiter_.now();
  PLUMB_TRY(const Answer answer,
            call({{"op", "exec"},
                  {"argc", request.argv.size()},
                  {"envc", request.env.size()},
                  {"timeout_ms", timeout_ms},
                  {"head", head},
                  {"tail", tail},
                  {"background", request.background}},
                 body, 2 * (head + tail), timeout + kPatience, "running " + shown(request.argv)));
  ExecResult result{.code = json_or(answer.header, "code", -1),
                    .signal = json_or(answer.header, "signal", 0),
                    .timed_out = json_or(answer.header, "timed_out", false),
                    .wall = waiter_.now() - begun,
                    .pid = json_or(answer.header, "pid", 0)};
  std::string_view rest = answer.body;
  const std::size_t most = head + tail + kMostSentence;
  if (!cut(rest, answer.header, "out_head", most, result.out.head) ||
      !cut(rest, answer.header, "out_tail", tail, result.out.tail) ||
      !cut(rest, answer.header, "err_head", most, result.err.head) ||
      !cut(rest, answer.header, "err_tail", tail, result.err.tail) || !rest.empty()) {
    lose(broken("miscounted the output of a command").error());
    return std::unexpected(*lost_);
  }
  result.out.dropped = json_or<std::uint64_t>(answer.header, "out_dropped", 0);
  result.err.dropped = json_or<std::uint64_t>(answer.header, "err_dropped", 0);
  return result;
}

Result<std::string> GuestClient::read(const std::string& path, std::size_t max_bytes) {
  PLUMB_TRY(const std::string body, path_body(path));
  PLUMB_TRY(Answer answer, call({{"op", "read"}, {"most", max_bytes}}, body, max_bytes,
                                kPatienceWithFiles, "reading " + shown(path)));
  return std::move(answer.body);
}

Status GuestClient::write(const std::string& path, std::string_view bytes, unsigned mode) {
  PLUMB_TRY(std::string body, path_body(path));
  body += bytes;
  PLUMB_CHECK(call({{"op", "write"}, {"mode", mode}}, body, 0, kPatienceWithFiles,
                   "writing " + shown(path)));
  return {};
}

Status GuestClient::remove(const std::string& path) {
  PLUMB_TRY(const std::string body, path_body(path));
  PLUMB_CHECK(call({{"op", "remove"}}, body, 0, kPatienceWithFiles, "removing " + shown(path)));
  return {};
}

Result<std::vector<DirEntry>> GuestClient::list(const std::string& path, bool recursive,
                                                std::size_t most) {
  constexpr std::size_t kMostBytes = std::size_t{32} << 20;
  PLUMB_TRY(const std::string body, path_body(path));
  PLUMB_TRY(const Answer answer,
            call({{"op", "list"}, {"recursive", recursive}, {"most", most}}, body, kMostBytes,
                 kPatienceWithFiles, "listing " + shown(path)));
  std::vector<DirEntry> entries;
  std::string_view rest = answer.body;
  while (!rest.empty()) {
    const auto record = frame::take_text(rest);
    auto entry = record && entries.size() < most ? entry_from(*record)
                                                 : broken("listed more than was asked for");
    if (!entry) {
      lose(entry.error());
      return std::unexpected(*lost_);
    }
    entries.push_back(std::move(*entry));
  }
  std::ranges::sort(entries, {}, &DirEntry::path);
  return entries;
}

Status GuestClient::listen(const std::string& address, int port, ConnectionHandler& handler) {
  PLUMB_TRY(const std::string body, path_body(address));
  const std::int64_t listener = connections_.add_listener(handler);
  PLUMB_CHECK(call({{"op", "listen"}, {"listener", listener}, {"port", port}}, body, 0, kPatience,
                   fmt::format("opening port {} of {}", port, shown(address))));
  return {};
}

Status GuestClient::kill_all() {
  PLUMB_CHECK(call({{"op", "kill_all"}}, {}, 0, kPatience, "ending every process"));
  return {};
}

}  // namespace plumb
