#include "core/base/hash.hpp"

#include <openssl/evp.h>
#include <sys/random.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace plumb {
namespace {

std::string to_hex(const unsigned char* bytes, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

std::array<unsigned char, 32> digest(std::string_view bytes) {
  std::array<unsigned char, 32> out{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr);
  return out;
}

}  // namespace

struct Hasher::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free};
};

Hasher::Hasher() : state_(std::make_unique<State>()) {
  EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr);
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

Hasher& Hasher::add(std::string_view part) {
  const std::string length = std::to_string(part.size()) + ":";
  EVP_DigestUpdate(state_->context.get(), length.data(), length.size());
  EVP_DigestUpdate(state_->context.get(), part.data(), part.size());
  return *this;
}

Hasher& Hasher::add(std::int64_t number) { return add(std::string_view(std::to_string(number))); }

std::string Hasher::hex() {
  std::array<unsigned char, 32> out{};
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context.get(), out.data(), &size);
  return to_hex(out.data(), out.size());
}

std::string sha256_hex(std::string_view bytes) {
  const auto out = digest(bytes);
  return to_hex(out.data(), out.size());
}

std::uint64_t hash_number(std::string_view bytes) {
  const auto out = digest(bytes);
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | out[i];
  return number;
}

double hash_unit(std::string_view bytes) {
  // 53 bits are what a double holds exactly; the quotient stays below 1.
  return static_cast<double>(hash_number(bytes) >> 11) * 0x1p-53;
}

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  if (::getrandom(raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size())) {
    throw std::runtime_error("the operating system gives no randomness");
  }
  return to_hex(raw.data(), raw.size());
}

}  // namespace plumb
