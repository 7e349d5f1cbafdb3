#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/store/store.hpp"

namespace plumb {

/// The fields of a recipe that mean something to us, in the order in which they are shown; any
/// other field is kept and compared as well.
inline constexpr std::string_view kRecipeFields[] = {
    "weights",  "revision",    "quantization", "engine", "image",
    "kv_dtype", "speculation", "hardware",     "args",   "env"};

/// The recipe as it may be stored: values of fields, environment variables and flags whose names
/// speak of keys, tokens, secrets or passwords are "[secret]".
[[nodiscard]] Json without_secrets(const Json& recipe);
/// A command on one line, its secrets hidden in the same way.
[[nodiscard]] std::string command_without_secrets(const std::vector<std::string>& argv);

/// How one contestant of a stored run was served: {run, name, model, declared{}, found{}}; what was
/// declared and what its probe found, each flat: one value for each field ("args.--port",
/// "env.HOME"). Code::not_found with the names that exist.
[[nodiscard]] Result<Json> recipe_of(const RunInfo& run, const std::string& contestant);

/// What tells two of them apart: {a{run, name}, b{...}, declared{equal, different[{field, a, b}],
/// one_sided[...]}, found{...}, unknown[field], contradictions[{contestant, field, declared,
/// found}]}. `one_sided` is known of one only, the other is null there; `unknown`: fields of
/// kRecipeFields that nobody declared.
[[nodiscard]] Json recipe_diff(const Json& a, const Json& b);

/// Where what was declared and what the server says cannot both be true: [{contestant, field,
/// declared, found}].
[[nodiscard]] Json recipe_contradictions(const Json& side);

}  // namespace plumb
