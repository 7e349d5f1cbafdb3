// What the tests of the program share: a folder of their own, the real binary, and looks into what
// it stored.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/store/store.hpp"
#include "tests/support/run_plumb.hpp"
#include "tests/support/temp_folder.hpp"

namespace plumb::test {

/// "name" of a fixture in tests/integration/cli.
inline std::string fixture(const std::string& name) {
  return std::string(CLI_FIXTURES) + "/" + name;
}

inline const std::string kQuick = fixture("quick");

/// A trial as far as it must be the same in every run with the same seed.
struct Settled {
  std::string outcome;
  std::string reason;
  int turns = 0;
  int attempts = 0;
  bool operator==(const Settled&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const Settled& settled) {
  return out << settled.outcome << " " << settled.reason << " in " << settled.turns
             << " turns, attempt " << settled.attempts;
}
using Outcomes = std::map<TrialKey, Settled>;

class Cli : public testing::Test {
 protected:
  PlumbEnd plumb(const std::vector<std::string>& arguments,
                 const std::vector<std::string>& env = {}) const {
    return run_plumb(PLUMB_PROGRAM, arguments, {.folder = folder_.path().string(), .env = env});
  }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }
  [[nodiscard]] PlumbSettings settings() const { return {.folder = folder_.path().string()}; }

  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = file(name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }

  [[nodiscard]] std::vector<TrialRecord> trials(const std::string& run = "last",
                                                const std::string& db = "plumb.db") const {
    const auto store = Store::open(file(db));
    if (!store) throw std::runtime_error(full_sentence(store.error()));
    const auto info = (*store)->run(run);
    if (!info) throw std::runtime_error(full_sentence(info.error()));
    auto records = (*store)->trials(info->id);
    if (!records) throw std::runtime_error(full_sentence(records.error()));
    return std::move(*records);
  }

  /// The last attempt of each trial of a run.
  [[nodiscard]] Outcomes outcomes(const std::string& run = "last",
                                  const std::string& db = "plumb.db") const {
    Outcomes found;
    for (const TrialRecord& record : trials(run, db)) {
      found[record.key] = {outcome_name(record.verdict.outcome), reason_name(record.verdict.reason),
                           record.turns, record.attempt};
    }
    return found;
  }

  [[nodiscard]] int runs_stored() const {
    const auto store = Store::open(file("plumb.db"));
    const auto runs = store ? (*store)->runs() : Result<std::vector<RunInfo>>();
    return runs ? static_cast<int>(runs->size()) : -1;
  }

  [[nodiscard]] std::string bytes(const std::string& name) const {
    auto read = read_file(file(name));
    if (!read) throw std::runtime_error(full_sentence(read.error()));
    return std::move(*read);
  }
  [[nodiscard]] Json json(const std::string& name) const {
    auto value = parse_json(bytes(name));
    if (!value) throw std::runtime_error(full_sentence(value.error()));
    return std::move(*value);
  }

 private:
  TempFolder folder_;
};

/// The trial that a line of plain progress announces: "[3/18] a number-note #2 passed  ...".
inline std::optional<TrialKey> announced_trial(const std::string& line) {
  const auto words = split(line, ' ');
  if (words.size() < 4 || !words[0].starts_with("[") || !words[3].starts_with("#")) {
    return std::nullopt;
  }
  const auto repeat = parse_int(words[3].substr(1));
  if (!repeat) return std::nullopt;
  return TrialKey{words[1], words[2], static_cast<int>(*repeat) - 1};
}

}  // namespace plumb::test
