#pragma once

#include <string>
#include <string_view>

#include "core/base/json.hpp"
#include "core/base/result.hpp"

namespace plumb {

/// A transcript is at most this large when it is unpacked; what a model wrote beyond it is cut, and
/// says so.
inline constexpr std::size_t kMaxTranscript = std::size_t{256} << 20;

[[nodiscard]] std::string compress(std::string_view bytes);
/// Code::protocol when the bytes are not ours, Code::limit when they unpack to more than max_bytes;
/// memory grows with what really comes out, not with what the header promises.
[[nodiscard]] Result<std::string> decompress(std::string_view packed, std::size_t max_bytes);

/// Events as they are stored. Over max_bytes their long texts are cut in the middle, and a `note`
/// event at the end says so.
[[nodiscard]] std::string pack_events(Json events, std::size_t max_bytes = kMaxTranscript);
[[nodiscard]] Result<Json> unpack_json(std::string_view packed);

}  // namespace plumb
