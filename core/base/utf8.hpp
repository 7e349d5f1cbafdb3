#pragma once

namespace plumb {

/// Appends a code point (at most U+10FFFF) to a string of bytes, whatever its allocator is.
template <class String>
void append_utf8(String& into, char32_t point) {
  const auto tail = [&](unsigned shift) {
    into += static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
  };
  if (point < 0x80) {
    into += static_cast<char>(point);
  } else if (point < 0x800) {
    into += static_cast<char>(0xC0U | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    into += static_cast<char>(0xE0U | (point >> 12));
    tail(6);
    tail(0);
  } else {
    into += static_cast<char>(0xF0U | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace plumb
