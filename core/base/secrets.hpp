#pragma once

#include <string>
#include <vector>

namespace plumb {

/// Replaces every secret in the text by "[secret]".
void blot(std::string& text, const std::vector<std::string>& secrets);

}  // namespace plumb
