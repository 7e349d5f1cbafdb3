// What the benchmarks share: medians of times taken on the real clock. Every program measures, in
// turns with its own subject, something bare to hold it against; so its ratios stay meaningful on a
// machine that is busy or slow.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

namespace plumb::bench {

inline double timed_ms(const std::function<void()>& body) {
  const Instant begun = real_clock().now();
  body();
  return to_ms(real_clock().now() - begun);
}

struct Spread {
  double median = 0;
  double p95 = 0;
};

/// Of at least one value.
inline Spread spread(std::vector<double> values) {
  std::ranges::sort(values);
  return {.median = values[values.size() / 2], .p95 = values[values.size() * 95 / 100]};
}

/// A benchmark that cannot do what it measures says why and ends.
inline void must(bool ok, const std::string& what) {
  if (ok) return;
  fmt::print(stderr, "{}\n", what);
  std::exit(1);
}

template <class T>
T must(Result<T> result) {
  must(result.has_value(), result ? "" : full_sentence(result.error()));
  return std::move(*result);
}

inline void must(const Status& status) {
  must(status.has_value(), status ? "" : full_sentence(status.error()));
}

/// The average number of runnable threads over the last minute: without it no figure means much.
inline std::string machine_load() {
  std::ifstream file("/proc/loadavg");
  std::string one_minute;
  file >> one_minute;
  return one_minute;
}

}  // namespace plumb::bench
