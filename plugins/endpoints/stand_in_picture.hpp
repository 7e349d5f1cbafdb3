#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plumb {

/// The colours of the vertical bars in a PNG that is written as a data URL, from left to right:
/// each the nearest of red, green, blue, yellow, white, black, purple, orange. Read along the
/// middle row; 8 bits a channel, grey, RGB or RGBA. "nothing" for what cannot be read.
[[nodiscard]] std::vector<std::string> bars_in_picture(std::string_view data_url);

}  // namespace plumb
