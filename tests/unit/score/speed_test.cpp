#include "core/score/speed.hpp"

#include <gtest/gtest.h>

#include "tests/support/records.hpp"

namespace plumb {
namespace {

using test::trial_record;

TEST(Speed, IdleTimeIsNotInTheDivisor) {
  TrialRecord first = trial_record({"a", "t", 0}, Outcome::passed);
  TrialRecord second = trial_record({"a", "t", 1}, Outcome::passed);
  // Two requests side by side for a second, then an hour of nothing, then one more second.
  first.requests = {{.start_ms = 0, .end_ms = 1000, .tokens = 50},
                    {.start_ms = 3'600'000, .end_ms = 3'601'000, .tokens = 20}};
  second.requests = {{.start_ms = 0, .end_ms = 1000, .tokens = 30}};
  EXPECT_DOUBLE_EQ(speed({&first, &second})["in_flight_tok_s"].get<double>(), 50);
}

TEST(Speed, OneResponseWithoutACountMakesTheRateUnknown) {
  TrialRecord record = trial_record({"a", "t", 0}, Outcome::passed);
  record.requests = {{.start_ms = 0, .end_ms = 1000, .tokens = 50},
                     {.start_ms = 2000, .end_ms = 3000}};
  EXPECT_TRUE(speed({&record})["in_flight_tok_s"].is_null());
}

TEST(Speed, TheDecodeRateLeavesOutTheFirstToken) {
  TrialRecord record = trial_record({"a", "t", 0}, Outcome::passed);
  record.requests = {{.ttft_ms = 10, .decode_s = 2, .tokens = 101},
                     {.ttft_ms = 30, .decode_s = 1, .tokens = 11},
                     {.ttft_ms = 20, .decode_s = 1, .tokens = 31},
                     {.ttft_ms = 20, .decode_s = 0, .tokens = 1}};
  const Json json = speed({&record});
  EXPECT_DOUBLE_EQ(json["decode_tok_s"].get<double>(), 30);
  EXPECT_DOUBLE_EQ(json["ttft_ms"]["median"].get<double>(), 20);
}

TEST(Speed, SecondsPerCompletedChargeTheFailuresToo) {
  const TrialRecord passed = trial_record({"a", "t", 0}, Outcome::passed);
  const TrialRecord failed = trial_record({"a", "t", 1}, Outcome::failed, Reason::looped);
  EXPECT_DOUBLE_EQ(speed({&passed, &failed})["s_per_completed"].get<double>(), 5);
  EXPECT_TRUE(speed({&failed})["s_per_completed"].is_null());
  EXPECT_DOUBLE_EQ(tokens({&passed, &failed})["per_completed"].get<double>(), 600);
}

TEST(Speed, WithoutARecordEverythingIsUnknown) {
  const Json json = speed({});
  EXPECT_TRUE(json["decode_tok_s"].is_null());
  EXPECT_TRUE(json["ttft_ms"]["median"].is_null());
  EXPECT_TRUE(tokens({})["completion"].is_null());
  EXPECT_TRUE(turns({})["mean"].is_null());
}

TEST(Speed, TokensWithHolesAreUnknown) {
  TrialRecord record = trial_record({"a", "t", 0}, Outcome::passed);
  record.tokens_known = false;
  EXPECT_TRUE(tokens({&record})["completion"].is_null());
}

}  // namespace
}  // namespace plumb
