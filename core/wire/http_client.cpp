#include <curl/curl.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <thread>
#include <unordered_map>

#include "core/base/fd.hpp"
#include "core/wire/http_transfer.hpp"

namespace plumb {
namespace {

using TransferPtr = std::shared_ptr<HttpTransfer>;

/// What other threads ask of the network thread. Exchanges share it, so that one which outlives the
/// client does no harm.
struct Mailbox {
  std::mutex mutex;
  std::vector<TransferPtr> starts;
  std::vector<TransferPtr> cancels;
  Wake wake;
};

class Exchange final : public HttpExchange {
 public:
  Exchange(TransferPtr transfer, std::shared_ptr<Mailbox> mailbox)
      : transfer_(std::move(transfer)), mailbox_(std::move(mailbox)) {}
  ~Exchange() override {
    transfer_->detach();
    if (transfer_->done()) return;
    {
      const std::lock_guard lock(mailbox_->mutex);
      mailbox_->cancels.push_back(transfer_);
    }
    mailbox_->wake.signal();
  }
  bool done() const override { return transfer_->done(); }
  const HttpOutcome& outcome() const override { return transfer_->outcome(); }

 private:
  TransferPtr transfer_;
  std::shared_ptr<Mailbox> mailbox_;
};

std::set<int> open_descriptors() {
  std::set<int> open;
  DIR* const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return open;
  while (const dirent* entry = ::readdir(folder)) open.insert(std::atoi(entry->d_name));
  open.erase(::dirfd(folder));  // its number is free again in a moment
  ::closedir(folder);
  return open;
}

/// curl 7.88 opens the socket pair that wakes a multi handle without close-on-exec, and tells
/// nobody its numbers.
void close_new_sockets_on_exec(const std::set<int>& before) {
  for (const int fd : open_descriptors()) {
    struct stat info{};
    if (before.contains(fd) || ::fstat(fd, &info) != 0 || !S_ISSOCK(info.st_mode)) continue;
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

/// Runs on the network thread, but for its constructor and open().
class Network {
 public:
  Network(const Clock& clock, std::shared_ptr<Mailbox> mailbox)
      : clock_(clock), mailbox_(std::move(mailbox)) {}
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  ~Network() {
    for (const auto& [easy, transfer] : active_) curl_multi_remove_handle(multi_, easy);
    if (multi_ != nullptr) curl_multi_cleanup(multi_);
  }

  Status open() {
    epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_) return fail_errno(errno, "cannot create the network thread's epoll");
    epoll_event event{.events = EPOLLIN, .data = {.fd = mailbox_->wake.fd()}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, mailbox_->wake.fd(), &event) != 0) {
      return fail_errno(errno, "cannot watch the network thread's doorbell");
    }
    const std::set<int> before = open_descriptors();
    multi_ = curl_multi_init();
    if (multi_ == nullptr) return fail(Code::io, "libcurl could not create a multi handle");
    close_new_sockets_on_exec(before);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &socket_callback);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &timer_callback);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    // The default grows to four idle connections for each live stream.
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 512L);
    return {};
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      epoll_event events[256];
      const int count = ::epoll_wait(epoll_.get(), events, 256, timeout_ms());
      for (int i = 0; i < count; ++i) serve(events[i]);
      const Instant now = clock_.now();
      if (now >= curl_due_) act(CURL_SOCKET_TIMEOUT, 0);
      if (std::exchange(has_mail_, false)) read_mail();
      collect_finished();
      end_overdue(now);
    }
    read_mail();
    while (!active_.empty()) {
      finish(active_.begin()->second, HttpEnd::cancelled, "the HTTP client is gone");
    }
  }

 private:
  static int socket_callback(CURL*, curl_socket_t socket, int what, void* self, void* known) {
    auto& network = *static_cast<Network*>(self);
    if (what == CURL_POLL_REMOVE) {
      ::epoll_ctl(network.epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
      return 0;
    }
    epoll_event event{.events = 0, .data = {.fd = socket}};
    if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
    const int operation = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (::epoll_ctl(network.epoll_.get(), operation, socket, &event) != 0) return -1;
    curl_multi_assign(network.multi_, socket, self);
    return 0;
  }

  static int timer_callback(CURLM*, long timeout_ms, void* self) {
    auto& network = *static_cast<Network*>(self);
    network.curl_due_ = timeout_ms < 0
                            ? kNever
                            : after(network.clock_.now(), std::chrono::milliseconds(timeout_ms));
    return 0;
  }

  [[nodiscard]] int timeout_ms() const {
    const Instant next = checks_.empty() ? curl_due_ : std::min(curl_due_, checks_.begin()->first);
    if (next == kNever) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - clock_.now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }

  void serve(const epoll_event& event) {
    if (event.data.fd == mailbox_->wake.fd()) {
      has_mail_ = true;
      return mailbox_->wake.clear();
    }
    int what = 0;
    if ((event.events & (EPOLLIN | EPOLLHUP)) != 0) what |= CURL_CSELECT_IN;
    if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
    if ((event.events & EPOLLERR) != 0) what |= CURL_CSELECT_ERR;
    act(event.data.fd, what);
  }

  void act(curl_socket_t socket, int what) {
    if (socket == CURL_SOCKET_TIMEOUT) curl_due_ = kNever;  // curl sets it anew from inside
    int running = 0;
    curl_multi_socket_action(multi_, socket, what, &running);
  }

  void read_mail() {
    std::vector<TransferPtr> starts;
    std::vector<TransferPtr> cancels;
    {
      const std::lock_guard lock(mailbox_->mutex);
      starts.swap(mailbox_->starts);
      cancels.swap(mailbox_->cancels);
    }
    for (const TransferPtr& transfer : starts) add(transfer);
    for (const TransferPtr& transfer : cancels) {
      if (!transfer->done()) finish(transfer, HttpEnd::cancelled, "");
    }
  }

  void add(const TransferPtr& transfer) {
    transfer->begin();
    if (transfer->easy() == nullptr) {
      return transfer->end(HttpEnd::connect_failed, "libcurl has no memory for a request");
    }
    active_.emplace(transfer->easy(), transfer);
    schedule_check(transfer);
    const CURLMcode code = curl_multi_add_handle(multi_, transfer->easy());
    if (code != CURLM_OK) {
      finish(transfer, HttpEnd::connect_failed, curl_multi_strerror(code));
    }
  }

  void collect_finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      const TransferPtr transfer = active_.at(message->easy_handle);
      forget(transfer);
      transfer->end(code);
    }
  }

  void schedule_check(const TransferPtr& transfer) {
    const Instant at = transfer->next_check();
    checks_.emplace(at, transfer->easy());
    check_at_[transfer->easy()] = at;
  }

  void end_overdue(Instant now) {
    while (!checks_.empty() && checks_.begin()->first <= now) {
      CURL* const easy = checks_.begin()->second;
      const TransferPtr transfer = active_.at(easy);
      if (const auto how = transfer->overdue(now)) {
        finish(transfer, *how, "");
      } else {
        checks_.erase(checks_.begin());
        schedule_check(transfer);
      }
    }
  }

  // NOLINTNEXTLINE(performance-unnecessary-value-param): a copy, since forget() drops the caller's
  void finish(TransferPtr transfer, HttpEnd how, std::string detail) {
    forget(transfer);
    transfer->end(how, std::move(detail));
  }

  void forget(const TransferPtr& transfer) {
    CURL* const easy = transfer->easy();
    curl_multi_remove_handle(multi_, easy);
    if (const auto at = check_at_.find(easy); at != check_at_.end()) {
      checks_.erase({at->second, easy});
      check_at_.erase(at);
    }
    active_.erase(easy);
  }

  const Clock& clock_;
  std::shared_ptr<Mailbox> mailbox_;
  Fd epoll_;
  CURLM* multi_ = nullptr;
  bool has_mail_ = false;
  Instant curl_due_ = kNever;
  std::unordered_map<CURL*, TransferPtr> active_;
  /// One entry for each active transfer. Bytes do not move it: it is put where it belongs when it
  /// comes up.
  std::set<std::pair<Instant, CURL*>> checks_;
  std::unordered_map<CURL*, Instant> check_at_;
};

class RealHttpClient final : public HttpClient {
 public:
  explicit RealHttpClient(const Clock& clock)
      : clock_(clock), mailbox_(std::make_shared<Mailbox>()), network_(clock, mailbox_) {}
  ~RealHttpClient() override {
    thread_.request_stop();
    mailbox_->wake.signal();
  }

  Status open() {
    PLUMB_CHECK(network_.open());
    // Signals belong to the threads of the program, never to this one.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::jthread([this](const std::stop_token& stop) { network_.run(stop); });
    pthread_setname_np(thread_.native_handle(), "plumb-net");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return {};
  }

  std::unique_ptr<HttpExchange> start(HttpRequest request, HttpSink& sink, Wake& wake) override {
    auto transfer = std::make_shared<HttpTransfer>(clock_, std::move(request), sink, wake);
    {
      const std::lock_guard lock(mailbox_->mutex);
      mailbox_->starts.push_back(transfer);
    }
    mailbox_->wake.signal();
    return std::make_unique<Exchange>(std::move(transfer), mailbox_);
  }

 private:
  const Clock& clock_;
  std::shared_ptr<Mailbox> mailbox_;
  Network network_;
  std::jthread thread_;  ///< last: it ends before what it uses
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_http_client(const Clock& clock) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return fail(Code::internal, "libcurl could not be initialised");
  }
  try {
    auto client = std::make_unique<RealHttpClient>(clock);
    PLUMB_CHECK(client->open());
    return client;
  } catch (const std::system_error& error) {
    return fail(Code::io, std::string("cannot start the network thread: ") + error.what());
  }
}

}  // namespace plumb
