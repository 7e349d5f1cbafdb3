#include "core/base/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace plumb {

std::string base64(std::string_view bytes) {
  constexpr std::size_t kPiece = 3 << 20;  // the library counts in int; a multiple of three
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // it writes a NUL behind
  std::size_t written = 0;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const std::string_view piece = bytes.substr(at, kPiece);
    written += static_cast<std::size_t>(EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(text.data() + written),
        reinterpret_cast<const unsigned char*>(piece.data()), static_cast<int>(piece.size())));
  }
  text.resize(written);
  return text;
}

}  // namespace plumb
