#include "plugins/endpoints/base_url.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plumb {
namespace {

/// "http://host:port" of a URL.
std::string_view root_of(std::string_view url) {
  const auto scheme = url.find("://");
  const auto host = scheme == std::string_view::npos ? 0 : scheme + 3;
  return url.substr(0, std::min(url.find_first_of("/?#", host), url.size()));
}

void cut_slashes(std::string_view& base) {
  while (base.ends_with('/')) base.remove_suffix(1);
}

}  // namespace

BaseUrl::BaseUrl(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const auto question = std::min(url.find('?'), url.size());
  query_ = url.substr(question);
  std::string_view base = url.substr(0, question);
  cut_slashes(base);
  for (const std::string_view path : {"/chat/completions", "/responses", "/messages"}) {
    if (!base.ends_with(path)) continue;
    base.remove_suffix(path.size());
    break;
  }
  cut_slashes(base);
  base_ = base;
  if (base == root_of(base)) base_ += "/v1";
  shown_ = redacted_url(base_);
}

std::string BaseUrl::below(std::string_view path) const {
  return base_ + std::string(path) + query_;
}

std::string BaseUrl::plain(std::string_view target) const {
  if (target.starts_with('/')) return std::string(root_of(base_)) + std::string(target);
  return below("/" + std::string(target));
}

bool same_server(std::string_view a, std::string_view b) {
  return lower(root_of(a)) == lower(root_of(b));
}

}  // namespace plumb
