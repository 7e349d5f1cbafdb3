#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plumb {

/// One sample line of a page of metrics.
struct SeriesSample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;  ///< finite
};

/// One line of the Prometheus text format 0.0.4, with or without a timestamp or an exemplar behind
/// the value. Nothing for comments, empty lines, NaN and infinities, and what is no sample.
[[nodiscard]] std::optional<SeriesSample> parse_sample_line(std::string_view line);

/// Gives every sample whose name is wanted to `take`; lines longer than 64 KiB are passed over.
/// @return  how many lines looked like samples, wanted or not
std::size_t scan_metrics(std::string_view page, const std::function<bool(std::string_view)>& wanted,
                         const std::function<void(SeriesSample)>& take);

}  // namespace plumb
