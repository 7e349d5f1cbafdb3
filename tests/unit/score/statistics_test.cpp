#include "core/score/statistics.hpp"

#include <gtest/gtest.h>

namespace plumb {
namespace {

// Newcombe, Statistics in Medicine 17 (1998), table I, method 3: the score method without
// continuity correction.
TEST(Wilson, AgreesWithPublishedIntervals) {
  const struct {
    double passed, n, low, high;
  } published[] = {{81, 263, 0.2553, 0.3662},
                   {15, 148, 0.0624, 0.1605},
                   {0, 20, 0.0000, 0.1611},
                   {1, 29, 0.0061, 0.1718}};
  for (const auto& row : published) {
    const Interval interval = wilson(row.passed / row.n, row.n);
    EXPECT_NEAR(interval.low, row.low, 5e-5) << row.passed << "/" << row.n;
    EXPECT_NEAR(interval.high, row.high, 5e-5) << row.passed << "/" << row.n;
  }
}

TEST(Wilson, HoldsItsRateAndStaysWithinZeroAndOne) {
  for (const double n : {0.5, 1.0, 3.9, 40.0, 1e9}) {
    for (const double rate : {0.0, 1e-12, 0.1, 0.5, 1 - 1e-12, 1.0}) {
      const Interval interval = wilson(rate, n);
      EXPECT_LE(0, interval.low);
      EXPECT_LE(interval.low, rate);
      EXPECT_LE(rate, interval.high);
      EXPECT_LE(interval.high, 1);
    }
  }
  EXPECT_LT(wilson(0.5, 40).high - wilson(0.5, 40).low, wilson(0.5, 10).high - wilson(0.5, 10).low);
}

TEST(EffectiveCount, IsTheSumForEqualTasksAndLessForUnequalOnes) {
  EXPECT_DOUBLE_EQ(effective_count({5, 5, 5, 5}), 20);
  EXPECT_DOUBLE_EQ(effective_count({7}), 7);
  EXPECT_NEAR(effective_count({1, 39}), 3.9, 1e-9);
}

// By hand: of 5 trials 2 passed. C(3,2)/C(5,2) = 3/10, C(2,2)/C(5,2) = 1/10.
TEST(PassAtK, AgreesWithCountingByHand) {
  EXPECT_DOUBLE_EQ(*pass_at(5, 2, 1), 0.4);
  EXPECT_DOUBLE_EQ(*pass_at(5, 2, 2), 0.7);
  EXPECT_DOUBLE_EQ(*pass_at(5, 2, 4), 1);
  EXPECT_DOUBLE_EQ(*pass_hat(5, 2, 1), 0.4);
  EXPECT_DOUBLE_EQ(*pass_hat(5, 2, 2), 0.1);
  EXPECT_DOUBLE_EQ(*pass_hat(5, 2, 3), 0);
  EXPECT_DOUBLE_EQ(*pass_hat(5, 5, 5), 1);
  EXPECT_DOUBLE_EQ(*pass_at(5, 0, 5), 0);
}

TEST(PassAtK, IsNothingWithFewerTrialsThanK) {
  EXPECT_FALSE(pass_at(4, 4, 5));
  EXPECT_FALSE(pass_hat(0, 0, 1));
  EXPECT_FALSE(pass_hat(3, 3, 0));
}

TEST(PassAtK, LargeCountsDoNotOverflow) {
  EXPECT_NEAR(*pass_at(100'000, 50'000, 10), 1 - 1.0 / 1024, 1e-4);
  EXPECT_NEAR(*pass_hat(100'000, 99'999, 1000), 0.99, 1e-9);
}

TEST(Quantile, InterpolatesBetweenOrderStatistics) {
  EXPECT_FALSE(quantile({}, 0.5));
  EXPECT_EQ(quantile({7}, 0.95), 7);
  EXPECT_EQ(quantile({3, 1, 2}, 0.5), 2);
  EXPECT_EQ(quantile({4, 1, 2, 3}, 0.5), 2.5);
  EXPECT_EQ(quantile({1, 2, 3, 4, 5}, 1), 5);
  EXPECT_NEAR(*quantile({1, 2, 3, 4, 5}, 0.95), 4.8, 1e-12);
}

TEST(Covered, CountsOverlapsOnce) {
  EXPECT_EQ(covered({}), 0);
  EXPECT_EQ(covered({{0, 10}, {5, 15}, {20, 30}, {22, 23}}), 25);
  EXPECT_EQ(covered({{20, 30}, {0, 10}, {10, 20}}), 30);
  EXPECT_EQ(covered({{5, 3}}), 0) << "a clock that was set back covers nothing";
}

}  // namespace
}  // namespace plumb
