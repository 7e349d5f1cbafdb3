// The confusion matrix: every defect, planted by a stand-in that knows whose it is, as every kind
// of server, through `plumb run`. The table stands in docs/defects.md.
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.hpp"
#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "plugins/endpoints/stand_in_options.hpp"
#include "tests/support/run_plumb.hpp"
#include "tests/support/temp_folder.hpp"

namespace plumb {
namespace {

/// A defect as it is planted.
struct Planted {
  std::string options;
  std::string truth;  ///< whose it is
};

const std::vector<Planted>& planted() {
  static const std::vector<Planted> all = {
      {"fault=none", "nobody"},
      {"fault=no_call", "model"},
      {"parser=off", "server_parser"},
      {"parser=off,leaked=llama", "server_parser"},
      {"parser=off,leaked=mistral", "server_parser"},
      {"parser=off,leaked=bare_json", "server_parser"},
      {"parser=off,leaked=qwen_xml", "server_parser"},
      {"parser=off,leaked=granite", "server_parser"},
      {"parser=off,leaked=llama,asked=hermes", "model"},
      {"parser=off,raw=off", "server_parser"},
      {"fault=leaked_stream,raw=off", "server_parser"},
      {"fault=leaked_text,blame=model,broken=opener", "model"},
      {"fault=leaked_text,blame=model,broken=brace", "model"},
      {"fault=leaked_text,blame=model,broken=closer", "model"},
      {"fault=leaked_text,blame=model,raw=off", "model"},
      {"fault=leaked_reasoning,think=3", "server_parser"},
      {"fault=leaked_reasoning,think=3,blame=model", "model"},
      {"fault=swallowed", "server_parser"},
      {"fault=swallowed,blame=model", "model"},
      {"fault=deterministic_500", "server_parser"},
      {"fault=deterministic_500,blame=model", "model"},
      {"fault=history_refused", "server_parser"},
      {"fault=lost_brace", "server_parser"},
      {"fault=lost_brace,blame=model", "model"},
      {"fault=truncated_call", "model"},
      {"fault=disconnect", "transport"},
      {"fault=args_empty", "server_parser"},
      {"fault=args_empty,blame=model", "model"},
      {"fault=args_null", "server_parser"},
      {"fault=args_null,blame=model", "model"},
      {"fault=args_list", "model"},
      {"fault=args_double_encoded,blame=server", "server_parser"},
      {"fault=args_double_encoded", "model"},
      {"fault=duplicate_key", "model"},
      {"fault=unknown_tool", "model"},
      {"fault=near_miss_name", "model"},
      {"fault=lost_parameter", "server_parser"},
      {"fault=lost_parameter,blame=model", "model"},
      {"fault=wrong_type", "model"},
      {"fault=enum_or_range", "model"},
      {"fault=extra_property", "model"},
      {"fault=no_id", "server_parser"},
      {"fault=same_id", "server_parser"},
      {"fault=same_index", "server_parser"},
      {"fault=stop_for_call", "server_parser"},
      {"fault=empty_calls", "server_parser"},
      {"fault=repeat_loop", "model"},
  };
  return all;
}

struct Column {
  std::string api;
  std::vector<std::string> flavours;
};
const std::vector<Column>& columns() {
  static const std::vector<Column> all = {
      {"chat", stand_in_flavours()}, {"responses", {"vllm"}}, {"messages", {"vllm"}}};
  return all;
}

std::string name_of(std::size_t row, const std::string& api, const std::string& flavour) {
  return std::to_string(row) + "-" + api + "-" + flavour;
}

std::string bench() {
  std::string text =
      "return bench {\n  repeats = 1, budget = \"fixed\", concurrency = 8,\n"
      "  suite = \"" DEFECTS_SUITE "\",\n  contestants = {\n";
  for (std::size_t row = 0; row < planted().size(); ++row) {
    for (const Column& column : columns()) {
      for (const std::string& flavour : column.flavours) {
        text += "    { name = \"" + name_of(row, column.api, flavour) + "\", api = \"" +
                column.api + "\", url = \"standin:flavour=" + flavour + "," +
                planted()[row].options + "\" },\n";
      }
    }
  }
  return text + "  },\n}\n";
}

/// What a contestant's scorecard says of its calls: `defect (attribution)`, each once.
std::string reported(const Json& contestant) {
  std::set<std::string> all;
  for (const Json& one : contestant["tool_calls"].value("defects", Json::array())) {
    all.insert(json_or(one, "defect", "") + " (" + json_or(one, "attribution", "") + ")");
  }
  const Json& trials = contestant["trials"];
  if (all.empty() && trials["invalid"] == 1) {
    return "invalid: " + contestant["reasons"].begin().key();
  }
  if (all.empty()) return trials["passed"] == 1 ? "none" : "no defect";
  return join({all.begin(), all.end()}, ", ");
}

using Matrix = std::map<std::string, std::string>;  ///< contestant -> what was reported

const Matrix& matrix() {
  static const Matrix found = [] {
    Matrix matrix;
    const test::TempFolder folder;
    EXPECT_TRUE(write_file(folder.file("bench.lua"), bench()));
    test::PlumbProcess run(PLUMB_PROGRAM, {"run", "bench.lua", "--no-ruler", "--json", "card.json"},
                           {.folder = folder.path().string()});
    const test::PlumbEnd end = run.end(std::chrono::minutes(12));
    const auto card = read_file(folder.file("card.json"));
    EXPECT_TRUE(card) << end.out << end.err;
    const auto json = card ? parse_json(*card) : Result<Json>(Json::object());
    if (!json) return matrix;
    for (const Json& one : json->value("contestants", Json::array())) {
      matrix[json_or(one, "name", "")] = reported(one);
    }
    return matrix;
  }();
  return found;
}

/// Flavours that agree share a cell.
std::string cell(std::size_t row, const Column& column) {
  std::map<std::string, std::vector<std::string>> flavours_by_word;
  std::vector<std::string> words;
  for (const std::string& flavour : column.flavours) {
    const auto at = matrix().find(name_of(row, column.api, flavour));
    const std::string word = at == matrix().end() ? "" : at->second;
    if (flavours_by_word[word].empty()) words.push_back(word);
    flavours_by_word[word].push_back(flavour);
  }
  if (words.size() == 1) return words.front();
  std::vector<std::string> parts;
  for (const std::string& word : words) {
    parts.push_back(word + " [" + join(flavours_by_word[word], " ") + "]");
  }
  return join(parts, "; ");
}

std::string table() {
  std::string text =
      "| planted | whose | chat | responses (vllm) | messages (vllm) |\n|---|---|---|---|---|\n";
  for (std::size_t row = 0; row < planted().size(); ++row) {
    text += "| " + planted()[row].options + " | " + planted()[row].truth + " |";
    for (const Column& column : columns()) text += " " + cell(row, column) + " |";
    text += "\n";
  }
  return text;
}

TEST(Defects, AreReportedAsTheDocumentationSays) {
  const auto documented = read_file(PLUMB_DOCS "/defects.md");
  ASSERT_TRUE(documented) << documented.error().sentence;
  const std::string found = table();
  EXPECT_NE(documented->find(found), std::string::npos)
      << "docs/defects.md holds another table than this:\n"
      << found;
  EXPECT_EQ(found.find("|  |"), std::string::npos) << "a cell is empty";
}

/// Without evidence a defect is nobody's; with it, it is whose it was planted as.
TEST(Defects, AreNeverChargedToTheWrongOne) {
  for (std::size_t row = 0; row < planted().size(); ++row) {
    const auto& [options, truth] = planted()[row];
    const std::string wrong = truth == "model" ? "(server_parser)" : "(model)";
    for (const Column& column : columns()) {
      for (const std::string& flavour : column.flavours) {
        const auto at = matrix().find(name_of(row, column.api, flavour));
        ASSERT_NE(at, matrix().end()) << options;
        EXPECT_EQ(at->second.find(wrong), std::string::npos)
            << options << " as " << flavour << ": " << at->second;
      }
    }
  }
}

TEST(Defects, OfASoundContestantAreNone) {
  for (const std::string& flavour : stand_in_flavours()) {
    const auto at = matrix().find(name_of(0, "chat", flavour));
    ASSERT_NE(at, matrix().end());
    EXPECT_EQ(at->second, "none") << flavour;
  }
}

}  // namespace
}  // namespace plumb
