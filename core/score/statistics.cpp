#include "core/score/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <boost/math/constants/constants.hpp>
#include <boost/math/special_functions/erf.hpp>

namespace plumb {

Interval wilson(double rate, double n, double z) {
  const double z2 = z * z;
  const double centre = rate + z2 / (2 * n);
  const double half = z * std::sqrt(rate * (1 - rate) / n + z2 / (4 * n * n));
  const double scale = 1 + z2 / n;
  // At 0 and 1 the bounds are exact; rounding must not push the rate out of its own interval.
  return {.low = std::clamp((centre - half) / scale, 0.0, rate),
          .high = std::clamp((centre + half) / scale, rate, 1.0)};
}

double z_two_sided(double alpha) {
  return boost::math::constants::root_two<double>() * boost::math::erf_inv(1 - alpha);
}

Interval difference_interval(double rate_a, double n_a, double rate_b, double n_b, double z) {
  const Interval a = wilson(rate_a, n_a, z);
  const Interval b = wilson(rate_b, n_b, z);
  const double difference = rate_a - rate_b;
  return {.low = difference - std::hypot(rate_a - a.low, b.high - rate_b),
          .high = difference + std::hypot(a.high - rate_a, rate_b - b.low)};
}

double effective_count(const std::vector<int>& counts) {
  double inverse = 0;
  for (const int count : counts) inverse += 1.0 / count;
  const auto tasks = static_cast<double>(counts.size());
  return tasks * tasks / inverse;
}

std::optional<double> pass_hat(int n, int c, int k) {
  if (k < 1 || n < k) return std::nullopt;
  // C(c,k)/C(n,k) as a product: no factor overflows, and it is 0 by itself when c < k.
  double chance = 1;
  for (int i = 0; i < k; ++i) chance *= static_cast<double>(std::max(c - i, 0)) / (n - i);
  return chance;
}

std::optional<double> pass_at(int n, int c, int k) {
  const auto none_passed = pass_hat(n, n - c, k);
  if (!none_passed) return std::nullopt;
  return 1 - *none_passed;
}

std::optional<double> mean(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<double> quantile(std::vector<double> values, double q) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], place - static_cast<double>(below));
}

double covered(std::vector<std::pair<double, double>> intervals) {
  std::ranges::sort(intervals);
  double length = 0;
  double end = -std::numeric_limits<double>::infinity();
  for (const auto& [from, to] : intervals) {
    length += std::max(0.0, to - std::max(from, end));
    end = std::max(end, to);
  }
  return length;
}

}  // namespace plumb
