#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema/defect.hpp"
#include "core/schema/schema.hpp"
#include "core/wire/message.hpp"

namespace plumb {

struct CallJudgement {
  std::optional<Defect> defect;  ///< nothing: the call may run
  std::string sentence;          ///< to be shown to the model: what is wrong, and what is expected
  Json arguments;                ///< the object, when there is no defect
};

/// Judges the calls of one set of tools as strictly as their bytes allow; nothing is repaired. Only
/// the first defect counts, in the order name, bytes, duplicate keys, schema. Immutable; any thread
/// may judge with it.
///
/// Of several errors against the schema the gravest counts: what is missing, then a wrong type,
/// then a wrong value, then what is too much. Where none of several alternatives (anyOf, oneOf)
/// fits, it is a wrong type when each of them wants another type, else the gravest mistake against
/// the nearest alternative. `not`, `if`, `contains` and names of properties count as wrong values;
/// members that additionalProperties, unevaluatedProperties or a schema `false` forbid as too much.
///
/// Numbers are judged by their digits, however many there are. A tool is given the nearest double
/// of what 64 bits do not hold; a number for which there is none (1e400) is outside every range.
class CallJudge {
 public:
  /// Code::config that names the tool, the place and the reason, for parameters that cannot be
  /// judged and for a name that is there twice.
  [[nodiscard]] static Result<CallJudge> create(std::vector<ToolSpec> tools);

  /// @param cut_off  the call is the last of a response that ended with Finish::length
  [[nodiscard]] CallJudgement judge(const ToolCall& call, bool cut_off = false) const;

  [[nodiscard]] const std::vector<ToolSpec>& tools() const { return tools_; }

 private:
  CallJudge() = default;

  std::vector<ToolSpec> tools_;
  std::vector<Schema> schemas_;                              ///< one for each tool
  std::map<std::string, std::size_t, std::less<>> by_name_;  ///< position among the tools
};

}  // namespace plumb
