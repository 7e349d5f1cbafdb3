#include "sandboxes/guest/channel.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace plumb::guest {
namespace {

constexpr std::size_t kCongested = std::size_t{1} << 20;

const char* name_of(Code code) {
  if (code == Code::not_found) return "not_found";
  if (code == Code::limit) return "limit";
  return "io";
}

}  // namespace

Channel::Channel(OnFrame on_frame) : on_frame_(std::move(on_frame)) {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
}

bool Channel::congested() const { return out_.size() - out_at_ > kCongested; }

void Channel::watch(PollSet& polls) {
  polls.add(STDIN_FILENO, POLLIN, [this](short) { receive(); });
  if (out_at_ < out_.size()) polls.add(STDOUT_FILENO, POLLOUT, [this](short) { flush(); });
}

void Channel::receive() {
  std::array<char, std::size_t{64} << 10> buffer;
  const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) ended_ = true;
  if (got <= 0) return;
  reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
  while (!ended_) {
    auto frame = reader_.next();
    if (!frame) ended_ = true;
    if (!frame || !*frame) return;
    take(std::move(**frame));
  }
}

void Channel::take(frame::Frame&& frame) {
  const auto id = json_or<std::int64_t>(frame.header, "id", 0);
  if (json_or(frame.header, "op", "") == "part") {
    parts_size_ += frame.body.size();
    if (parts_size_ > frame::kMaxRequest) ended_ = true;
    parts_[id] += frame.body;
    return;
  }
  const auto begun = parts_.find(id);
  if (begun == parts_.end()) return on_frame_(frame.header, frame.body);
  std::string body = std::move(begun->second);
  parts_.erase(begun);
  parts_size_ -= body.size();
  body += frame.body;
  on_frame_(frame.header, body);
}

void Channel::send(const Json& header, std::string_view body) {
  frame::append(out_, header, body);
  flush();
}

void Channel::done(std::int64_t id, Json fields, std::string_view body) {
  fields["op"] = "done";
  fields["id"] = id;
  frame::append_in_parts(out_, fields, body);
  flush();
}

void Channel::failed(std::int64_t id, const Error& error) {
  const std::string sentence = full_sentence(error);
  send({{"op", "failed"}, {"id", id}, {"code", name_of(error.code)}},
       std::string_view(sentence).substr(0, frame::kMaxHeader));
}

void Channel::answer(std::int64_t id, const Status& status) {
  if (status) return done(id);
  failed(id, status.error());
}

void Channel::flush() {
  while (out_at_ < out_.size()) {
    const ssize_t sent = ::write(STDOUT_FILENO, out_.data() + out_at_, out_.size() - out_at_);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) {
      ended_ = true;
      break;
    }
    out_at_ += static_cast<std::size_t>(sent);
  }
  if (out_at_ == out_.size() || out_at_ > kCongested) {
    out_.erase(0, out_at_);
    out_at_ = 0;
  }
}

}  // namespace plumb::guest
