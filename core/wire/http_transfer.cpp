#include "core/wire/http_transfer.hpp"

#include <sys/socket.h>

#include <algorithm>

#include "core/base/text.hpp"
#include "core/wire/proxy.hpp"

namespace plumb {
namespace {

constexpr std::size_t kMaxHeaderBytes = std::size_t{64} << 10;

}  // namespace

HttpTransfer::HttpTransfer(const Clock& clock, HttpRequest request, HttpSink& sink, Wake& wake)
    : clock_(clock),
      request_(std::move(request)),
      easy_(curl_easy_init()),
      sink_(&sink),
      wake_(&wake) {
  outcome_.sent = clock_.now();
  if (easy_) set_options();
}

void HttpTransfer::set_options() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, proxy_with_password(request_.url).c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");  // what is exempt was decided
  if (request_.insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  // Else removing a handle waits for its name lookup, and with it every other stream.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(
      easy, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(
          std::chrono::ceil<std::chrono::milliseconds>(request_.connect_timeout).count()));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  if (request_.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
  } else if (request_.method != "GET") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  for (const auto& [name, value] : request_.headers) {
    // A header without a value is spelled with a semicolon; with a colon curl would drop it.
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    list = curl_slist_append(list, line.c_str());
  }
  header_list_.reset(list);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &connected_callback);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &header_callback);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &body_callback);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

curl_socket_t HttpTransfer::open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int HttpTransfer::connected_callback(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  transfer.connected_ = true;
  transfer.outcome_.sent = transfer.clock_.now();
  transfer.last_activity_ = transfer.outcome_.sent;
  return CURL_PREREQFUNC_OK;
}

std::size_t HttpTransfer::header_callback(char* bytes, std::size_t, std::size_t size, void* self) {
  return static_cast<HttpTransfer*>(self)->on_header_line({bytes, size}) ? size : 0;
}

std::size_t HttpTransfer::body_callback(char* bytes, std::size_t, std::size_t size, void* self) {
  return static_cast<HttpTransfer*>(self)->on_body({bytes, size}) ? size : 0;
}

bool HttpTransfer::on_header_line(std::string_view line) {
  outcome_.any_byte = true;
  last_activity_ = clock_.now();
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    refused_ = "the response headers are larger than 64 KiB";
    return false;
  }
  if (head_told_) return true;  // trailers
  const std::string_view text = trimmed(line);
  if (line.starts_with("HTTP/")) {
    headers_.clear();
    return true;
  }
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    headers_.emplace_back(lower(trimmed(text.substr(0, colon))), trimmed(text.substr(colon + 1)));
    return true;
  }
  if (!text.empty()) return true;
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return true;  // an interim head; the real one follows
  head_told_ = true;
  outcome_.status = static_cast<int>(status);
  const std::lock_guard lock(mutex_);
  if (sink_ != nullptr) sink_->on_head(outcome_.status, headers_);
  return true;
}

bool HttpTransfer::on_body(std::string_view bytes) {
  const Instant now = clock_.now();
  last_activity_ = now;
  const std::lock_guard lock(mutex_);
  sink_stopped_ = sink_ == nullptr || !sink_->on_body(bytes, now);
  return !sink_stopped_;
}

void HttpTransfer::detach() {
  const std::lock_guard lock(mutex_);
  sink_ = nullptr;
  wake_ = nullptr;
}

void HttpTransfer::begin() {
  begun_ = clock_.now();
  last_activity_ = begun_;
}

Instant HttpTransfer::next_check() const {
  const Instant total = after(begun_, request_.total_timeout);
  // Before the connection stands, curl's own connect timeout is on watch.
  const Instant idle = after(connected_ ? last_activity_ : clock_.now(), request_.idle_timeout);
  return std::min(total, idle);
}

std::optional<HttpEnd> HttpTransfer::overdue(Instant now) {
  if (now >= after(begun_, request_.total_timeout)) return HttpEnd::total_timeout;
  if (!connected_) return std::nullopt;
  curl_off_t uploaded = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &uploaded);
  if (std::exchange(uploaded_, uploaded) != uploaded && !outcome_.any_byte) {
    // A long request on a slow link is no silence of the server's.
    last_activity_ = std::max(last_activity_, now - request_.idle_timeout / 2);
  }
  if (now >= after(last_activity_, request_.idle_timeout)) return HttpEnd::idle_timeout;
  return std::nullopt;
}

void HttpTransfer::end(HttpEnd how, std::string detail) {
  outcome_.end = how;
  outcome_.detail = std::move(detail);
  outcome_.ended = clock_.now();
  const std::lock_guard lock(mutex_);
  done_.store(true, std::memory_order_release);
  if (wake_ != nullptr) wake_->signal();
}

void HttpTransfer::end(CURLcode code) {
  if (code == CURLE_OK) return end(HttpEnd::complete, "");
  if (sink_stopped_) return end(HttpEnd::sink_stopped, "");
  outcome_.untrusted = code == CURLE_PEER_FAILED_VERIFICATION;
  std::string detail = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
  if (!refused_.empty()) detail = refused_;
  end(connected_ ? HttpEnd::broken : HttpEnd::connect_failed, printable(detail));
}

}  // namespace plumb
