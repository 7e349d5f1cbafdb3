#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/schema/program.hpp"
#include "core/schema/schema_error.hpp"

namespace plumb {

/// Where in the value the validator is; a path is written only when there is something to report.
struct Spot {
  const Spot* around = nullptr;
  const std::string* key = nullptr;  ///< or else the index
  std::size_t index = 0;

  [[nodiscard]] std::string pointer() const;
};

/// Which members and items of one value some keyword has judged, by their position.
class Evaluated {
 public:
  void mark_member(std::size_t at) { mark(members_, at); }
  void mark_all_members() { all_members_ = true; }
  void mark_item(std::size_t at) { mark(items_, at); }
  void mark_first_items(std::size_t count) { first_items_ = std::max(first_items_, count); }
  void mark_all_items() { all_items_ = true; }
  void merge(const Evaluated& other);
  /// What a merge of it costs, in steps.
  [[nodiscard]] std::size_t cost() const { return 1 + (members_.size() + items_.size()) / 64; }
  [[nodiscard]] bool has_member(std::size_t at) const { return all_members_ || has(members_, at); }
  [[nodiscard]] bool has_item(std::size_t at) const {
    return all_items_ || at < first_items_ || has(items_, at);
  }

 private:
  using Marks = std::vector<bool>;
  static void mark(Marks& marks, std::size_t at) {
    if (marks.size() <= at) marks.resize(at + 1);
    marks[at] = true;
  }
  static bool has(const Marks& marks, std::size_t at) { return at < marks.size() && marks[at]; }

  bool all_members_ = false;
  bool all_items_ = false;
  std::size_t first_items_ = 0;
  Marks members_;
  Marks items_;
};

/// Errors, as many as anybody will read.
struct Report {
  std::vector<SchemaError> errors;
  bool has_hidden = false;  ///< an alternative's errors were left out
  std::size_t most = 20;

  [[nodiscard]] bool is_full() const { return errors.size() >= most; }
};

/// What is known of one subschema and one value.
struct KnownResult {
  bool holds = false;
  std::shared_ptr<const Evaluated> evaluated;  ///< nullptr: nobody wanted to know
};

/// Results by subschema, value and dynamic scope. One flat table: there may be as many results as
/// the value has parts, and each is asked for once or twice.
class ResultTable {
 public:
  /// Nothing is known: nullptr. Good until the next put().
  [[nodiscard]] const KnownResult* find(const Node& node, const Json& value,
                                        std::uint32_t scope) const;
  void put(const Node& node, const Json& value, std::uint32_t scope, KnownResult result);

 private:
  struct Entry {
    const Node* node = nullptr;  ///< nullptr: free
    const Json* value = nullptr;
    std::uint32_t scope = 0;
    KnownResult result;
  };
  /// Where the entry is, or would have to be put.
  [[nodiscard]] std::size_t slot(const Node* node, const Json* value, std::uint32_t scope) const;

  std::vector<Entry> entries_;  ///< a power of two, half of them free at least
  std::size_t used_ = 0;
};

/// One value judged by one program. First only whether it is valid, in which every keyword may stop
/// at the first failure; the errors are looked for in a second pass, when there are any. Should
/// that take far longer than the judgement, only the first error is told, as shortly as can be. The
/// result of a subschema that several references lead to is remembered for each value, with what it
/// has evaluated where that was asked for, so that the references may fan out as they like.
class Validation {
 public:
  Validation(const SchemaProgram& program, const Json& value) : program_(program), value_(value) {}

  [[nodiscard]] std::vector<SchemaError> errors();

 private:
  using Nodes = std::vector<const Node*>;

  // Whether the value holds. With a report, all that is wrong is added to it (unless it is full).
  // `seen`, where somebody wants to know, is told what was judged; it means something only when the
  // result is true.
  bool check(const Node& node, const Json& value, const Spot& at, Evaluated* seen, Report* report);
  bool remembered(const Node& node, const Json& value, const Spot& at, Evaluated* seen,
                  Report* report);
  bool judge(const Node& node, const Json& value, const Spot& at, Evaluated* seen, Report* report);
  bool judge_in_scope(const Node& node, const Json& value, const Spot& at, Evaluated* seen,
                      Report* report);
  bool in_place(const Node& node, const Json& value, const Spot& at, Evaluated* seen,
                Report* report);
  bool any_of(const Node& node, const Json& value, const Spot& at, Evaluated* seen, Report* report);
  bool one_of(const Node& node, const Json& value, const Spot& at, Evaluated* seen, Report* report);
  bool forbidden(const Node& node, const Json& value, const Spot& at, Report* report);
  bool conditional(const Node& node, const Json& value, const Spot& at, Evaluated* seen,
                   Report* report);
  bool unevaluated(const Node& node, const Json& value, const Spot& at, Evaluated& seen,
                   Report* report);

  bool choice(const Node& node, const Json& value, const Spot& at, Report* report);
  bool number(const NumberRules& rules, const Json& value, const Spot& at, Report* report);
  bool string(const StringRules& rules, const std::string& value, const Spot& at, Report* report);
  bool array(const ArrayRules& rules, const Json& value, const Spot& at, Evaluated* seen,
             Report* report);
  bool items(const ArrayRules& rules, const Json& value, const Spot& at, Evaluated* seen,
             Report* report);
  bool contains(const ArrayRules& rules, const Json& value, const Spot& at, Evaluated* seen,
                Report* report);
  bool unique(const Json& value, const Spot& at, Report* report);
  bool object(const ObjectRules& rules, const Json& value, const Spot& at, Evaluated* seen,
              Report* report);
  bool present(const ObjectRules& rules, const Json& value, const Spot& at, Report* report);
  bool members(const ObjectRules& rules, const Json& value, const Spot& at, Evaluated* seen,
               Report* report);
  bool member_name(const Node& names, const std::string& name, const Spot& at, Report* report);
  /// A member or item, judged by what stands under that keyword.
  bool inner(const Node& node, const Json& value, const Spot& at, const char* keyword,
             Report* report);
  struct Unit {
    const char* one;
    const char* many;
  };
  bool size(const Bounds& bounds, std::size_t count, const char* what, Unit unit, const Spot& at,
            Report* report);

  /// Says what the value lacks to fit one of the alternatives, none of which it fits.
  void tell_nearest(const Nodes& nodes, const char* keyword, const Json& value, const Spot& at,
                    Report& report);
  [[nodiscard]] std::vector<Report> compared(const Nodes& nodes, const Json& value, const Spot& at);

  [[nodiscard]] Report look_for_errors(std::size_t steps_of_verdict);

  /// Always false. What is noticed after the validator gave up is no error of the value, and is not
  /// added.
  bool add(Report* report, const Spot& at, const char* keyword, SchemaFault fault,
           std::string expected, std::string got) const;
  [[nodiscard]] const Node& target(const Reference& reference) const;
  [[nodiscard]] std::uint32_t entered(std::uint32_t resource);
  [[nodiscard]] bool spend(std::size_t steps);

  /// The resources that were entered on the way, each once: a chain of links to the one before.
  struct Scope {
    std::uint32_t around = 0;
    std::uint32_t resource = 0;
  };

  const SchemaProgram& program_;
  const Json& value_;
  ResultTable known_;
  std::vector<Scope> scopes_ = {{}};  ///< number 0 is the empty chain
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> scope_numbers_;
  std::uint32_t scope_ = 0;
  std::size_t depth_ = 0;
  std::size_t steps_left_ = 0;
  bool gave_up_ = false;
  int comparing_ = 0;  ///< alternatives that are being compared around here
};

}  // namespace plumb
