#include "core/schema/uri.hpp"

#include <charconv>

namespace plumb {
namespace {

/// The five parts of RFC 3986, each with the mark that introduces it ("//", "?", "#") or ends it
/// (":").
struct Parts {
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  std::string_view query;
  std::string_view fragment;
};

std::string_view cut_front(std::string_view& text, std::size_t size) {
  const auto front = text.substr(0, size);
  text.remove_prefix(front.size());
  return front;
}

Parts parts_of(std::string_view uri) {
  Parts parts;
  const auto colon = uri.find_first_of(":/?#");
  if (colon != std::string_view::npos && uri[colon] == ':')
    parts.scheme = cut_front(uri, colon + 1);
  if (uri.starts_with("//")) parts.authority = cut_front(uri, uri.find_first_of("/?#", 2));
  parts.path = cut_front(uri, uri.find_first_of("?#"));
  parts.query = cut_front(uri, uri.find('#'));
  parts.fragment = uri;
  return parts;
}

std::string without_dots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto segment = cut_front(path, path.find('/', 1));
    const bool last = path.empty();
    if (segment == "/." || segment == ".") {
      if (last) out += '/';
    } else if (segment == "/.." || segment == "..") {
      out.erase(out.find_last_of('/') == std::string::npos ? 0 : out.find_last_of('/'));
      if (last) out += '/';
    } else {
      out += segment;
    }
  }
  return out;
}

std::string joined(const Parts& parts, std::string_view path) {
  std::string uri;
  uri.append(parts.scheme).append(parts.authority).append(path).append(parts.query);
  return uri.append(parts.fragment);
}

}  // namespace

std::string resolve_uri(std::string_view base, std::string_view reference) {
  Parts to = parts_of(reference);
  if (!to.scheme.empty() || base.empty()) return std::string(reference);
  const Parts from = parts_of(base);
  to.scheme = from.scheme;
  if (!to.authority.empty()) return joined(to, without_dots(to.path));
  to.authority = from.authority;
  if (to.path.empty()) {
    if (to.query.empty()) to.query = from.query;
    return joined(to, from.path);
  }
  if (to.path.starts_with('/')) return joined(to, without_dots(to.path));
  const auto slash = from.path.rfind('/');
  std::string path(from.path.substr(0, slash == std::string_view::npos ? 0 : slash + 1));
  if (path.empty() && !from.authority.empty()) path += '/';
  return joined(to, without_dots(path.append(to.path)));
}

UriParts split_fragment(std::string_view uri) {
  const auto mark = uri.find('#');
  UriParts parts{.document = std::string(uri.substr(0, mark)), .fragment = {}};
  if (mark == std::string_view::npos) return parts;
  const auto fragment = uri.substr(mark + 1);
  for (std::size_t at = 0; at < fragment.size(); ++at) {
    unsigned byte = 0;
    const auto digits = fragment.substr(at + 1, 2);
    const char* const begin = digits.data();
    const char* const end = begin + digits.size();
    const bool escaped = fragment[at] == '%' && digits.size() == 2 &&
                         std::from_chars(begin, end, byte, 16).ptr == end;
    parts.fragment += escaped ? static_cast<char>(byte) : fragment[at];
    if (escaped) at += 2;
  }
  return parts;
}

}  // namespace plumb
