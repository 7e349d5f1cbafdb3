#pragma once

#include "core/store/sqlite.hpp"

namespace plumb {

/// Makes the tables of an empty file, or makes sure that they are ours and of a version that is
/// known. A foreign file is left as it is: Code::config.
[[nodiscard]] Status prepare_schema(Database& database);

}  // namespace plumb
