#pragma once

#include <string>
#include <vector>

#include "core/base/json.hpp"

namespace plumb {

/// Words and numbers of a scorecard as all its renderings write them. Whatever is not known reads
/// "-", never 0. Texts come out printable and on one line.

/// The member at the end of the path, or null.
[[nodiscard]] const Json& at(const Json& card, std::initializer_list<const char*> path);
[[nodiscard]] int count_at(const Json& card, std::initializer_list<const char*> path);
[[nodiscard]] std::string text_at(const Json& card, std::initializer_list<const char*> path);

/// 0.925 -> "92.5 %"
[[nodiscard]] std::string percent(const Json& share, int decimals = 1);
/// "80-97 %"
[[nodiscard]] std::string percent_range(const Json& low, const Json& high);
[[nodiscard]] std::string number(const Json& value, int decimals = 1);
/// Tokens per second: 33.8, 812.
[[nodiscard]] std::string token_rate(const Json& value);
/// A bare number of seconds: 0.23, 48.2.
[[nodiscard]] std::string seconds(const Json& value);
/// Milliseconds as a person reads them.
[[nodiscard]] std::string duration_ms(const Json& ms);
/// "passed/scored", "-" without a scored trial, "skipped" where nothing was due.
[[nodiscard]] std::string passed_of_scored(const Json& group);

/// Suite and size, run, sandbox, budget, ruler, trivial agents: the line above the table, in parts.
[[nodiscard]] std::vector<std::string> header_facts(const Json& card);
/// Why trials did not pass, were not scored, or were skipped, one line each: "not passed: 9
/// wrong_result, 2 time".
[[nodiscard]] std::vector<std::string> reasons(const Json& contestant);
/// Sentences that belong to one contestant's row: capped, both readings, bounds, first attempts,
/// what the server could not be told.
[[nodiscard]] std::vector<std::string> remarks(const Json& contestant);
/// Whether a table has a row for each task, and not only for each category: a thousand rows are
/// none.
[[nodiscard]] bool lists_each_task(const Json& card);
/// In words, which contestants are stand-ins; "" when none is.
[[nodiscard]] std::string stand_in_sentence(const std::vector<std::string>& stand_ins,
                                            std::size_t contestants);
/// "coverage: 30 of 40 trials could be scored (...); remedy"
[[nodiscard]] std::string alarm_sentence(const Json& alarm);

}  // namespace plumb
