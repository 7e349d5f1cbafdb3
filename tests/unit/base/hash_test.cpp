#include "core/base/hash.hpp"

#include <gtest/gtest.h>

#include <set>

namespace plumb {
namespace {

TEST(Sha256, EqualsThePublishedVectors) {
  // The examples of FIPS 180-4 and of NIST's test vectors.
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, HashesBytesAndNotText) {
  using namespace std::string_literals;
  EXPECT_NE(sha256_hex("a\0b"s), sha256_hex("a"));
}

TEST(HashNumber, IsTheFirstEightBytesBigEndian) {
  EXPECT_EQ(hash_number("abc"), 0xba7816bf8f01cfeaU);
  EXPECT_EQ(hash_number(""), 0xe3b0c44298fc1c14U);
}

TEST(HashUnit, IsTheNumberAsAShareOfOne) {
  EXPECT_DOUBLE_EQ(hash_unit("abc"), static_cast<double>(0xba7816bf8f01cfeaU) * 0x1p-64);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double unit = hash_unit(std::to_string(i));
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
    sum += unit;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.01);
}

TEST(Hasher, BordersBetweenPartsCount) {
  EXPECT_NE(Hasher().add("ab").add("c").hex(), Hasher().add("a").add("bc").hex());
  EXPECT_NE(Hasher().add("abc").hex(), Hasher().add("abc").add("").hex());
  EXPECT_NE(Hasher().add("1:a").hex(), Hasher().add("a").hex());
}

TEST(Hasher, EqualPartsGiveEqualDigests) {
  EXPECT_EQ(Hasher().add("ab").add(7).hex(), Hasher().add("ab").add(7).hex());
  EXPECT_EQ(Hasher().add("ab").hex(), sha256_hex("2:ab"));
  EXPECT_NE(Hasher().add(12).hex(), Hasher().add(1).add(2).hex());
}

TEST(RandomHex, HasTheAskedLengthAndDoesNotRepeat) {
  EXPECT_EQ(random_hex(0), "");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string text = random_hex(8);
    EXPECT_EQ(text.size(), 16U);
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_TRUE(seen.insert(text).second);
  }
}

}  // namespace
}  // namespace plumb
