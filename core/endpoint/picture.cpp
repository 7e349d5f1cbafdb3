#include "core/endpoint/picture.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <zlib.h>

namespace plumb {
namespace {

constexpr std::size_t kBarWidth =
    56;  // two patches of what vision models usually cut a picture into
constexpr std::size_t kHeight = 112;

struct Colour {
  const char* name;
  std::array<unsigned char, 3> rgb;
};
constexpr std::array kColours = {Colour{"red", {220, 20, 20}},    Colour{"green", {20, 160, 40}},
                                 Colour{"blue", {20, 60, 220}},   Colour{"yellow", {250, 220, 0}},
                                 Colour{"black", {0, 0, 0}},      Colour{"white", {255, 255, 255}},
                                 Colour{"orange", {255, 140, 0}}, Colour{"purple", {130, 30, 160}}};

void put_32(std::string& bytes, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>((number >> shift) & 0xFFU);
}

/// Length, type, data, CRC over type and data (PNG, section 5.3).
void put_chunk(std::string& png, const char* type, const std::string& data) {
  put_32(png, static_cast<std::uint32_t>(data.size()));
  const std::string checked = type + data;
  const auto* bytes = reinterpret_cast<const Bytef*>(checked.data());
  png += checked;
  put_32(png, static_cast<std::uint32_t>(::crc32(0, bytes, static_cast<uInt>(checked.size()))));
}

std::string compressed(const std::string& bytes) {
  uLongf size = ::compressBound(bytes.size());
  std::string out(size, '\0');
  // Fails for want of memory or room only, and the room is what it asks for.
  ::compress(reinterpret_cast<Bytef*>(out.data()), &size,
             reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  out.resize(size);
  return out;
}

const Colour& colour_named(const std::string& name) {
  return *std::ranges::find_if(kColours, [&](const Colour& colour) { return name == colour.name; });
}

}  // namespace

const std::vector<std::string>& bar_colours() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Colour& colour : kColours) all.emplace_back(colour.name);
    return all;
  }();
  return names;
}

Image picture_of_bars(std::span<const std::string> colours) {
  std::string row(1, '\0');  // no filter
  for (const std::string& name : colours) {
    const Colour& colour = colour_named(name);
    for (std::size_t x = 0; x < kBarWidth; ++x) {
      for (const unsigned char part : colour.rgb) row += static_cast<char>(part);
    }
  }
  std::string pixels;
  for (std::size_t y = 0; y < kHeight; ++y) pixels += row;

  std::string header;
  put_32(header, static_cast<std::uint32_t>(kBarWidth * colours.size()));
  put_32(header, kHeight);
  header += std::string("\x08\x02\0\0\0", 5);  // 8 bits, RGB, the only methods there are
  std::string png = "\x89PNG\r\n\x1a\n";
  put_chunk(png, "IHDR", header);
  put_chunk(png, "IDAT", compressed(pixels));
  put_chunk(png, "IEND", "");
  return {.type = "image/png", .bytes = std::move(png)};
}

}  // namespace plumb
