#pragma once

#include <curl/curl.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/wire/http.hpp"

namespace plumb {

/// One exchange as the network thread sees it: a curl easy handle, its callbacks and its deadlines.
/// Made by any thread, then driven by the network thread alone; detach(), done() and outcome() are
/// for the owner's thread.
class HttpTransfer {
 public:
  HttpTransfer(const Clock& clock, HttpRequest request, HttpSink& sink, Wake& wake);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  /// After it returned neither the sink nor the Wake is touched again.
  void detach();
  [[nodiscard]] bool done() const { return done_.load(std::memory_order_acquire); }
  [[nodiscard]] const HttpOutcome& outcome() const { return outcome_; }

  /// Null when curl could not make one.
  [[nodiscard]] CURL* easy() { return easy_.get(); }
  /// The clock of the total timeout starts.
  void begin();
  /// When the timeouts are to be looked at next. Bytes only note their time, so it may turn out to
  /// be too early.
  [[nodiscard]] Instant next_check() const;
  [[nodiscard]] std::optional<HttpEnd> overdue(Instant now);
  /// The exchange is over: the outcome stands and the owner is woken. Once.
  void end(HttpEnd how, std::string detail);
  void end(CURLcode code);

 private:
  struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  void set_options();
  bool on_header_line(std::string_view line);
  bool on_body(std::string_view bytes);

  static curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address);
  static std::size_t header_callback(char* bytes, std::size_t one, std::size_t size, void* self);
  static std::size_t body_callback(char* bytes, std::size_t one, std::size_t size, void* self);
  static int connected_callback(void* self, char*, char*, int, int);

  const Clock& clock_;
  HttpRequest request_;
  char error_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<curl_slist, ListDeleter> header_list_;
  std::unique_ptr<CURL, EasyDeleter> easy_;

  std::mutex mutex_;  ///< guards calls into sink_ and wake_ against detach()
  HttpSink* sink_;
  Wake* wake_;
  std::atomic<bool> done_ = false;
  HttpOutcome outcome_;

  bool connected_ = false;
  bool head_told_ = false;
  bool sink_stopped_ = false;
  std::string refused_;  ///< why we gave up on what the server sent
  std::size_t header_bytes_ = 0;
  std::vector<std::pair<std::string, std::string>> headers_;
  Instant begun_{};
  Instant last_activity_{};
  curl_off_t uploaded_ = 0;
};

}  // namespace plumb
