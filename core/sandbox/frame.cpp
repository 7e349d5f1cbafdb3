#include "core/sandbox/frame.hpp"

namespace plumb::frame {
namespace {

constexpr std::size_t kLengths = 8;

void append_u32(std::string& out, std::size_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xFFU));
  }
}

std::size_t u32_at(std::string_view bytes, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  return value;
}

}  // namespace

void append(std::string& out, const Json& header, std::string_view body) {
  const std::string text = dump_json(header);
  append_u32(out, text.size());
  append_u32(out, body.size());
  out += text;
  out += body;
}

void append_in_parts(std::string& out, const Json& header, std::string_view body) {
  const Json part = {{"op", "part"}, {"id", header.at("id")}};
  while (body.size() > kMaxBody) {
    append(out, part, body.substr(0, kMaxBody));
    body.remove_prefix(kMaxBody);
  }
  append(out, header, body);
}

void Reader::feed(std::string_view bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_ += bytes;
}

Result<std::optional<Frame>> Reader::next() {
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  if (rest.size() < kLengths) return std::nullopt;
  const std::size_t header_size = u32_at(rest, 0);
  const std::size_t body_size = u32_at(rest, 4);
  if (header_size > kMaxHeader || body_size > kMaxBody) {
    return fail(Code::protocol, "a frame announces " + std::to_string(header_size) + " + " +
                                    std::to_string(body_size) +
                                    " bytes, which is beyond the limits");
  }
  if (rest.size() < kLengths + header_size + body_size) return std::nullopt;
  auto header = parse_json(rest.substr(kLengths, header_size), 8);
  if (!header) return fail(Code::protocol, "the header of a frame is broken", header.error());
  if (!header->is_object() || json_or(*header, "op", "").empty()) {
    return fail(Code::protocol, "the header of a frame names no operation");
  }
  at_ += kLengths + header_size + body_size;
  return Frame{std::move(*header), std::string(rest.substr(kLengths + header_size, body_size))};
}

std::optional<std::string> take_text(std::string_view& body) {
  const std::size_t end = body.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  std::string text(body.substr(0, end));
  body.remove_prefix(end + 1);
  return text;
}

}  // namespace plumb::frame
