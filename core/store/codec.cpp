#include "core/store/codec.hpp"

#include <zstd.h>

#include <algorithm>
#include <memory>

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr int kLevel = 3;

/// Cuts every text in the value to `limit` bytes; events are shallow, so the recursion is.
void cut_texts(Json& value, std::size_t limit) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > limit) value = cut_middle(text, limit / 2, limit / 2);
  } else if (value.is_structured()) {
    for (Json& member : value) cut_texts(member, limit);
  }
}

}  // namespace

std::string compress(std::string_view bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kLevel);
  // With a buffer of compressBound bytes the only failure left is memory.
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  packed.resize(size);
  return packed;
}

Result<std::string> decompress(std::string_view packed, std::size_t max_bytes) {
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                             &ZSTD_freeDStream);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::string bytes;
  std::string chunk(ZSTD_DStreamOutSize(), '\0');
  std::size_t hint = 1;
  bool more_inside = false;
  while (in.pos < in.size || more_inside) {
    ZSTD_outBuffer out{chunk.data(), chunk.size(), 0};
    hint = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(hint) != 0) {
      return fail(Code::protocol,
                  std::string("it does not unpack (") + ZSTD_getErrorName(hint) + ")");
    }
    if (out.pos > max_bytes - bytes.size()) {
      return fail(Code::limit, "it unpacks to more than " + std::to_string(max_bytes) + " bytes");
    }
    bytes.append(chunk, 0, out.pos);
    more_inside = out.pos == out.size;
  }
  if (hint != 0) return fail(Code::protocol, "it does not unpack (its end is missing)");
  return bytes;
}

std::string pack_events(Json events, std::size_t max_bytes) {
  std::string text = dump_json(events);
  if (text.size() > max_bytes) {
    const std::size_t was = text.size();
    for (std::size_t limit = std::size_t{1} << 20; text.size() > max_bytes && limit > 0;
         limit /= 4) {
      cut_texts(events, limit);
      text = dump_json(events);
    }
    events.push_back({{"type", "note"},
                      {"text", "this transcript was " + std::to_string(was) +
                                   " bytes long; its longest texts were cut to store it"}});
    text = dump_json(events);
  }
  return compress(text);
}

Result<Json> unpack_json(std::string_view packed) {
  PLUMB_TRY(const std::string text, decompress(packed, kMaxTranscript + (std::size_t{1} << 20)));
  return parse_json(text);
}

}  // namespace plumb
