// The official tests of JSON Schema 2020-12: the required ones pass, and the optional ones that do
// not are those that docs/json-schema.md lists.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/base/files.hpp"
#include "core/schema/schema.hpp"
#include "core/schema/strict_json.hpp"

namespace plumb {
namespace {

namespace fs = std::filesystem;

fs::path suite() { return PLUMB_JSON_SCHEMA_SUITE; }

Json read_json(const fs::path& file) {
  const auto text = read_file(file);
  EXPECT_TRUE(text) << file;
  auto read = parse_strict_json(text ? *text : "null");
  EXPECT_TRUE(read) << file << ": " << (read ? "" : read.error().sentence);
  return read ? std::move(read->value) : Json();
}

std::vector<fs::path> files_below(const fs::path& folder, bool deep) {
  std::vector<fs::path> files;
  for (auto at = fs::recursive_directory_iterator(folder); at != fs::end(at); ++at) {
    if (at->is_directory() && !deep) at.disable_recursion_pending();
    if (at->path().extension() == ".json") files.push_back(at->path());
  }
  std::ranges::sort(files);
  return files;
}

const SchemaDocuments& remotes() {
  static const SchemaDocuments documents = [] {
    SchemaDocuments all;
    const fs::path folder = suite() / "remotes";
    for (const fs::path& file : files_below(folder, true)) {
      all.add("http://localhost:1234/" + file.lexically_relative(folder).generic_string(),
              read_json(file));
    }
    return all;
  }();
  return documents;
}

struct Tally {
  int tests = 0;
  std::vector<std::string> failed;
};

Tally run(const fs::path& file) {
  Tally tally;
  for (const Json& group : read_json(file)) {
    const auto schema = Schema::compile(group["schema"], {.documents = &remotes()});
    for (const Json& test : group["tests"]) {
      ++tally.tests;
      const std::string name =
          group["description"].get<std::string>() + " / " + test["description"].get<std::string>();
      if (!schema) {
        tally.failed.push_back(name + ": " + full_sentence(schema.error()));
      } else if (schema->validate(test["data"]).empty() != test["valid"].get<bool>()) {
        tally.failed.push_back(name);
      }
    }
  }
  return tally;
}

class JsonSchemaSuite : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(suite())) {
      GTEST_SKIP() << "THE OFFICIAL TESTS ARE NOT HERE: " << suite() << " does not exist";
    }
  }
};

TEST_F(JsonSchemaSuite, EveryRequiredTestPasses) {
  int tests = 0;
  for (const fs::path& file : files_below(suite() / "tests" / "draft2020-12", false)) {
    const Tally tally = run(file);
    tests += tally.tests;
    for (const std::string& name : tally.failed) {
      ADD_FAILURE() << file.filename().string() << ": " << name;
    }
  }
  EXPECT_GT(tests, 1000);
  RecordProperty("tests", tests);
  fmt::print("{} required tests\n", tests);
}

TEST_F(JsonSchemaSuite, TheOptionalTestsThatFailAreThoseOfTheDocumentation) {
  std::map<std::string, std::string> failing;
  int tests = 0;
  int passed = 0;
  const fs::path folder = suite() / "tests" / "draft2020-12";
  for (const fs::path& file : files_below(folder / "optional", true)) {
    const Tally tally = run(file);
    const std::string name = file.lexically_relative(folder).generic_string();
    tests += tally.tests;
    passed += tally.tests - static_cast<int>(tally.failed.size());
    if (!tally.failed.empty()) {
      failing[name] = fmt::format("{} of {}", tally.failed.size(), tally.tests);
    }
    if (!name.starts_with("optional/format/")) {
      for (const std::string& one : tally.failed) fmt::print("{}: {}\n", name, one);
    }
  }
  const auto text = read_file(fs::path(PLUMB_DOCS) / "json-schema.md");
  ASSERT_TRUE(text);
  std::map<std::string, std::string> listed;
  std::istringstream lines(*text);
  const std::regex row(R"(\| `(optional/[^`]+)` \| (\d+ of \d+) \|.*)");
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, row)) listed[match[1]] = match[2];
  }
  EXPECT_EQ(listed, failing);
  EXPECT_NE(text->find(fmt::format("{} of {} optional", passed, tests)), std::string::npos)
      << passed << " of " << tests << " optional tests pass";
}

}  // namespace
}  // namespace plumb
