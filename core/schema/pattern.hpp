#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace plumb {

/// A regular expression of ECMA-262 (with its flag `u`, as JSON Schema wants), matched by an engine
/// that needs time linear in the text. What that engine cannot do (looking around, references back)
/// is refused. Immutable; any thread may match.
class Pattern {
 public:
  /// Code::config with the reason: no regular expression, beyond the engine, or too large.
  [[nodiscard]] static Result<Pattern> compile(std::string_view ecma);

  /// Whether it matches anywhere in the text.
  [[nodiscard]] bool found_in(std::string_view text) const;
  [[nodiscard]] const std::string& source() const { return source_; }

 private:
  struct Engine;
  std::string source_;
  std::shared_ptr<const Engine> engine_;
};

}  // namespace plumb
