#include "tests/bench/wire/bare_loop.hpp"

#include <curl/curl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "core/base/fd.hpp"
#include "tests/bench/measure.hpp"

namespace plumb::bench {
namespace {

struct BareLoop {
  Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  CURLM* multi = curl_multi_init();
  Instant timer = kNever;
};

int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto& loop = *static_cast<BareLoop*>(self);
  epoll_event event{.events = 0, .data = {.fd = socket}};
  if ((what & CURL_POLL_IN) != 0 && what != CURL_POLL_REMOVE) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0 && what != CURL_POLL_REMOVE) event.events |= EPOLLOUT;
  const int operation = what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL
                        : known == nullptr       ? EPOLL_CTL_ADD
                                                 : EPOLL_CTL_MOD;
  ::epoll_ctl(loop.epoll.get(), operation, socket, &event);
  curl_multi_assign(loop.multi, socket, what == CURL_POLL_REMOVE ? nullptr : self);
  return 0;
}

int on_timer(CURLM*, long timeout_ms, void* self) {
  static_cast<BareLoop*>(self)->timer =
      timeout_ms < 0 ? kNever : real_clock().now() + std::chrono::milliseconds(timeout_ms);
  return 0;
}

std::size_t count_bytes(char*, std::size_t, std::size_t size, void* total) {
  *static_cast<std::uint64_t*>(total) += size;
  return size;
}

CURL* make_post(const std::string& url, const std::string& body, curl_slist* headers,
                std::uint64_t& total) {
  CURL* const easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &count_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &total);
  return easy;
}

void run(BareLoop& loop) {
  int running = 1;
  std::array<epoll_event, 256> events{};
  while (running > 0) {
    int timeout_ms = -1;
    if (loop.timer != kNever) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(loop.timer - real_clock().now());
      timeout_ms = static_cast<int>(std::max<std::int64_t>(0, left.count()));
    }
    const int count = ::epoll_wait(loop.epoll.get(), events.data(), 256, timeout_ms);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      int what = 0;
      if ((event.events & (EPOLLIN | EPOLLHUP)) != 0) what |= CURL_CSELECT_IN;
      if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
      curl_multi_socket_action(loop.multi, event.data.fd, what, &running);
    }
    if (loop.timer != kNever && real_clock().now() >= loop.timer) {
      loop.timer = kNever;
      curl_multi_socket_action(loop.multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(loop.multi, &left)) {
      must(message->data.result == CURLE_OK, "the bare loop lost a stream");
    }
  }
}

}  // namespace

std::uint64_t read_bare(const std::string& url, const std::string& body, std::size_t streams) {
  BareLoop loop;
  curl_multi_setopt(loop.multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(loop.multi, CURLMOPT_SOCKETDATA, &loop);
  curl_multi_setopt(loop.multi, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(loop.multi, CURLMOPT_TIMERDATA, &loop);
  curl_multi_setopt(loop.multi, CURLMOPT_MAXCONNECTS, 512L);
  curl_slist* const headers =
      curl_slist_append(curl_slist_append(nullptr, "Expect:"), "Content-Type: application/json");
  std::uint64_t total = 0;
  std::vector<CURL*> easies;
  for (std::size_t i = 0; i < streams; ++i) {
    easies.push_back(make_post(url, body, headers, total));
    curl_multi_add_handle(loop.multi, easies.back());
  }
  run(loop);
  for (CURL* const easy : easies) {
    curl_multi_remove_handle(loop.multi, easy);
    curl_easy_cleanup(easy);
  }
  curl_multi_cleanup(loop.multi);
  curl_slist_free_all(headers);
  return total;
}

}  // namespace plumb::bench
