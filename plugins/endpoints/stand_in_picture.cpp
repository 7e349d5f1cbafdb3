#include "plugins/endpoints/stand_in_picture.hpp"

#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace plumb {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t kMostPixels = 1U << 24;

Bytes from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  Bytes bytes(text.size() / 4 * 3);
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (size < 0) return {};
  const auto padding =
      static_cast<std::size_t>(std::ranges::count(text.substr(text.size() - 2), '='));
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

struct Png {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::size_t channels = 0;
  Bytes packed;
};

std::uint32_t number_at(const Bytes& bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

std::size_t channels_of(std::uint8_t colour_type) {
  switch (colour_type) {
    case 0:
      return 1;
    case 2:
      return 3;
    case 6:
      return 4;
    default:
      return 0;
  }
}

std::optional<Png> read_chunks(const Bytes& bytes) {
  constexpr std::size_t kSignature = 8;
  Png png;
  for (std::size_t at = kSignature; at + 12 <= bytes.size();) {
    const std::size_t length = number_at(bytes, at);
    if (length > bytes.size() - at - 12) return std::nullopt;
    const std::string_view type(reinterpret_cast<const char*>(&bytes[at + 4]), 4);
    const auto data = bytes.begin() + static_cast<std::ptrdiff_t>(at + 8);
    if (type == "IHDR" && length >= 13) {
      png.width = number_at(bytes, at + 8);
      png.height = number_at(bytes, at + 12);
      const bool plain = data[8] == 8 && data[12] == 0;  // depth, interlace
      png.channels = plain ? channels_of(data[9]) : 0;
    } else if (type == "IDAT") {
      png.packed.insert(png.packed.end(), data, data + static_cast<std::ptrdiff_t>(length));
    }
    at += length + 12;
  }
  const bool fits = png.width > 0 && png.height > 0 && png.width <= kMostPixels / png.height;
  return fits && png.channels > 0 ? std::optional(png) : std::nullopt;
}

std::uint8_t paeth(int left, int up, int corner) {
  const int guess = left + up - corner;
  const int by_left = std::abs(guess - left);
  const int by_up = std::abs(guess - up);
  const int by_corner = std::abs(guess - corner);
  if (by_left <= by_up && by_left <= by_corner) return static_cast<std::uint8_t>(left);
  return static_cast<std::uint8_t>(by_up <= by_corner ? up : corner);
}

/// Undoes a line's filter in place (PNG, section 9). `above` is empty over the first line.
void unfilter(std::uint8_t filter, std::uint8_t* line, const std::uint8_t* above, std::size_t size,
              std::size_t channels) {
  for (std::size_t i = 0; i < size; ++i) {
    const int left = i >= channels ? line[i - channels] : 0;
    const int up = above != nullptr ? above[i] : 0;
    const int corner = above != nullptr && i >= channels ? above[i - channels] : 0;
    int add = 0;
    if (filter == 1) add = left;
    if (filter == 2) add = up;
    if (filter == 3) add = (left + up) / 2;
    if (filter == 4) add = paeth(left, up, corner);
    line[i] = static_cast<std::uint8_t>(line[i] + add);
  }
}

/// The middle row's bytes, or nothing.
Bytes middle_row(const Png& png) {
  const std::size_t stride = png.width * png.channels;
  Bytes raw((stride + 1) * png.height);
  uLongf size = raw.size();
  if (uncompress(raw.data(), &size, png.packed.data(), png.packed.size()) != Z_OK ||
      size != raw.size()) {
    return {};
  }
  const std::size_t wanted = png.height / 2;
  for (std::size_t row = 0; row <= wanted; ++row) {
    std::uint8_t* line = &raw[row * (stride + 1)];
    unfilter(line[0], line + 1, row == 0 ? nullptr : line - stride, stride, png.channels);
  }
  const std::uint8_t* row = &raw[wanted * (stride + 1) + 1];
  return {row, row + stride};
}

const char* nearest_colour(int red, int green, int blue) {
  struct Named {
    const char* name;
    std::array<int, 3> colour;
  };
  static constexpr std::array<Named, 8> kColours = {{{"red", {255, 0, 0}},
                                                     {"green", {0, 128, 0}},
                                                     {"blue", {0, 0, 255}},
                                                     {"yellow", {255, 255, 0}},
                                                     {"white", {255, 255, 255}},
                                                     {"black", {0, 0, 0}},
                                                     {"purple", {128, 0, 128}},
                                                     {"orange", {255, 165, 0}}}};
  const auto distance = [&](const Named& named) {
    const int r = named.colour[0] - red;
    const int g = named.colour[1] - green;
    const int b = named.colour[2] - blue;
    return r * r + g * g + b * b;
  };
  return std::ranges::min_element(kColours, {}, distance)->name;
}

}  // namespace

std::vector<std::string> bars_in_picture(std::string_view data_url) {
  const std::size_t comma = data_url.find(',');
  if (comma == std::string_view::npos) return {"nothing"};
  const auto png = read_chunks(from_base64(data_url.substr(comma + 1)));
  if (!png) return {"nothing"};
  const Bytes row = middle_row(*png);
  std::vector<std::string> bars;
  for (std::size_t i = 0; i + png->channels <= row.size(); i += png->channels) {
    const bool grey = png->channels == 1;
    const std::string colour = nearest_colour(row[i], row[grey ? i : i + 1], row[grey ? i : i + 2]);
    if (bars.empty() || bars.back() != colour) bars.push_back(colour);
  }
  return bars.empty() ? std::vector<std::string>{"nothing"} : bars;
}

}  // namespace plumb
