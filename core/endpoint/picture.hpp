#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/wire/message.hpp"

namespace plumb {

/// The colours that a picture can show, by names that a model would use.
[[nodiscard]] const std::vector<std::string>& bar_colours();

/// A PNG of vertical bars of equal width, from left to right in these colours (names of
/// bar_colours()).
[[nodiscard]] Image picture_of_bars(std::span<const std::string> colours);

}  // namespace plumb
