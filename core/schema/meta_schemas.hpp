#pragma once

#include <string>

#include "core/base/json.hpp"

namespace plumb {

inline constexpr const char* kDraft2020 = "https://json-schema.org/draft/2020-12/schema";
inline constexpr const char* kDraft7 = "http://json-schema.org/draft-07/schema";

/// The meta-schema of that URI (without a fragment), or nullptr: those of 2020-12 with its
/// vocabularies, and that of draft 7.
[[nodiscard]] const Json* meta_schema(const std::string& uri);

}  // namespace plumb
