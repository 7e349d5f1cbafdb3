#include "core/wire/proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <vector>

#include "core/base/text.hpp"

namespace plumb {
namespace {

struct Place {
  std::string scheme;
  std::string host;  ///< lower case, without brackets and without the dot at its end
};

Place place_of(std::string_view url) {
  Place place;
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    place.scheme = lower(url.substr(0, scheme));
    url.remove_prefix(scheme + 3);
  }
  std::string_view host = url.substr(0, url.find_first_of("/?#"));
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  place.host = lower(host);
  return place;
}

std::string first_set(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

/// An address as its bytes in network order; empty for what is none.
std::vector<unsigned char> address_of(const std::string& host) {
  for (const int family : {AF_INET, AF_INET6}) {
    std::vector<unsigned char> bytes(family == AF_INET ? 4 : 16);
    if (::inet_pton(family, host.c_str(), bytes.data()) == 1) return bytes;
  }
  return {};
}

/// Whether an address is this one, or in this network ("10.0.0.0/8").
bool covers(std::string_view entry, const std::vector<unsigned char>& address) {
  const auto slash = entry.find('/');
  std::string network(entry.substr(0, slash));
  if (network.starts_with('[') && network.ends_with(']')) {
    network = network.substr(1, network.size() - 2);
  }
  const auto base = address_of(network);
  if (base.size() != address.size()) return false;
  std::size_t bits = 8 * base.size();
  if (slash != std::string_view::npos) {
    const auto asked = parse_int(entry.substr(slash + 1));
    if (!asked || *asked < 0 || static_cast<std::size_t>(*asked) > bits) return false;
    bits = static_cast<std::size_t>(*asked);
  }
  for (std::size_t i = 0; i < bits; ++i) {
    const auto mask = static_cast<unsigned char>(0x80 >> (i % 8));
    if (((base[i / 8] ^ address[i / 8]) & mask) != 0) return false;
  }
  return true;
}

/// Whether a name is this one or below it.
bool names(std::string_view entry, std::string_view host) {
  if (entry.ends_with('.')) entry.remove_suffix(1);
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty() || !host.ends_with(entry)) return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

bool is_exempt(const std::string& host) {
  const std::string list = lower(first_set({"no_proxy", "NO_PROXY"}));
  if (trimmed(list) == "*") return true;
  const auto address = address_of(host);
  std::size_t at = 0;
  while ((at = list.find_first_not_of(" \t,", at)) != std::string::npos) {
    const std::size_t end = std::min(list.find_first_of(" \t,", at), list.size());
    const std::string_view entry = std::string_view(list).substr(at, end - at);
    if (address.empty() ? names(entry, host) : covers(entry, address)) return true;
    at = end;
  }
  return false;
}

}  // namespace

bool is_loopback(std::string_view url) {
  const std::string host = place_of(url).host;
  const auto address = address_of(host);
  if (address.size() == 4) return address.front() == 127;
  if (address.size() == 16) return host == "::1";
  return host == "localhost" || host.ends_with(".localhost");
}

std::string proxy_with_password(std::string_view url) {
  const Place place = place_of(url);
  if (is_loopback(url) || is_exempt(place.host)) return {};
  // HTTP_PROXY is none of them: a web server sets it from a header that anybody may send.
  return place.scheme == "https"
             ? first_set({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
             : first_set({"http_proxy", "all_proxy", "ALL_PROXY"});
}

std::string proxy_for(std::string_view url) {
  const std::string proxy = proxy_with_password(url);
  if (proxy.empty()) return {};
  const bool has_scheme = proxy.find("://") != std::string::npos;
  return redacted_url(has_scheme ? proxy : "http://" + proxy);
}

}  // namespace plumb
