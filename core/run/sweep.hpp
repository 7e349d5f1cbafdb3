#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace plumb {

struct Bench;
struct Contestant;

/// One setting of the contestants that is varied: every contestant stands once for each value.
struct Sweep {
  std::string key;             ///< "context_fill" or "tool_error_rate"; "" = no sweep
  std::vector<double> values;  ///< rising; the others are held against the first

  [[nodiscard]] bool any() const { return !key.empty(); }
};

/// Reads "context_fill=0,0.5,0.75". Code::usage with what is wrong and what to type.
[[nodiscard]] Result<Sweep> parse_sweep(const std::string& text);
/// A sweep with its values sorted. Code::usage for a key that cannot be swept, for fewer than two
/// values, for one that is out of range or stands there twice.
[[nodiscard]] Result<Sweep> make_sweep(const std::string& key, std::vector<double> values);

/// "a@context_fill=0.5"; another for each other value.
[[nodiscard]] std::string swept_name(const std::string& name, const std::string& key, double value);
/// The value of this setting of a contestant.
[[nodiscard]] double pressure_of(const Contestant& contestant, const std::string& key);

/// Gives the bench's pressure to the contestants that do not say, and puts in the place of each
/// contestant one for each value of the sweep. Code::usage for a sweep over a stored run.
[[nodiscard]] Status settle_pressure(Bench& bench);

/// By contestant: the first contestant of the same sweep, which is asked at the same server;
/// itself where there is no other.
[[nodiscard]] std::vector<std::size_t> heads_of(const std::vector<Contestant>& contestants);

}  // namespace plumb
