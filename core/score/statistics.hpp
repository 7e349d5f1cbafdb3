#pragma once

#include <optional>
#include <utility>
#include <vector>

namespace plumb {

struct Interval {
  double low = 0;
  double high = 1;
};

/// Two-sided 95 % of the normal distribution.
inline constexpr double kZ95 = 1.959963984540054;

/// Wilson's score interval (E. B. Wilson, JASA 22, 1927) for a share of `rate` among `n`
/// observations; n may be an effective number and need not be whole. The rate always lies inside.
/// Requires n > 0 and 0 <= rate <= 1.
[[nodiscard]] Interval wilson(double rate, double n, double z = kZ95);

/// z of the normal distribution that leaves `alpha` outside on both sides together: 1.96 for 0.05.
/// Requires 0 < alpha < 1.
[[nodiscard]] double z_two_sided(double alpha);

/// The difference of two independent shares, a - b, from Wilson's interval of each (R. G. Newcombe,
/// Statistics in Medicine 17, 1998, method 10). It does not shrink to nothing at 0 and 1.
[[nodiscard]] Interval difference_interval(double rate_a, double n_a, double rate_b, double n_b,
                                           double z = kZ95);

/// How many trials of one equal mix a mean over tasks is worth, when task i has counts[i] of them:
/// T^2 / sum(1 / n_i), from the variance of a mean of T independent shares. Equals the sum when all
/// are equal. Requires counts > 0.
[[nodiscard]] double effective_count(const std::vector<int>& counts);

/// The chance that at least one of k trials, drawn without replacement from n of which c passed,
/// passed: 1 - C(n-c, k) / C(n, k) (Chen et al., arXiv 2107.03374). Nothing when k < 1 or n < k.
[[nodiscard]] std::optional<double> pass_at(int n, int c, int k);
/// The chance that all k of them passed: C(c, k) / C(n, k) (Yao et al., arXiv 2406.12045).
[[nodiscard]] std::optional<double> pass_hat(int n, int c, int k);

[[nodiscard]] std::optional<double> mean(const std::vector<double>& values);
/// The q-quantile with linear interpolation between order statistics (Hyndman and Fan, type 7); q =
/// 0.5 is the median.
[[nodiscard]] std::optional<double> quantile(std::vector<double> values, double q);

/// The length covered by at least one of the intervals [first, second].
[[nodiscard]] double covered(std::vector<std::pair<double, double>> intervals);

}  // namespace plumb
