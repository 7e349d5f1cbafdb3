// Foreign benchmarks as suites, through the real program: what is written, whose verdicts it
// checks, and what it says of data that cannot be used.
#include "tests/integration/cli/cli_fixture.hpp"

namespace plumb::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

const std::string kTable =
    R"({"name": "table.book", "description": "Books a table.", "parameters": {"type": "dict",)"
    R"( "properties": {"guests": {"type": "integer", "description": "How many."}, "hour": {"type":)"
    R"( "float", "description": "When.", "optional": true}, "notes": {"type": "array", "items":)"
    R"( {"type": "string"}, "description": "Wishes."}}, "required": ["guests"]}})";

std::string entry(const std::string& id, const std::string& question = "Four at seven, please.",
                  const std::string& before = "") {
  return fmt::format(
      "{{\"id\": \"{}\", \"question\": [[{}{{\"role\": \"user\", \"content\": \"{}\"}}]], "
      "\"function\": [{}]}}\n",
      id, before, question, kTable);
}

std::string answer(const std::string& id, const std::string& calls) {
  return fmt::format("{{\"id\": \"{}\", \"ground_truth\": [{}]}}\n", id, calls);
}

const std::string kFour =
    R"({"table.book": {"guests": [4], "hour": [19.0, ""], "notes": [["by the window"], ""]}})";
const std::string kTwo = R"({"table.book": {"guests": [2], "hour": [20.5]}})";

class Import : public Cli {
 protected:
  void put(const std::string& category, const std::string& entries,
           const std::string& answers = "") const {
    write("data/BFCL_v4_" + category + ".json", entries);
    if (!answers.empty()) write("data/possible_answer/BFCL_v4_" + category + ".json", answers);
  }
  void put_all() const {
    put("simple_python", entry("simple_python_0"), answer("simple_python_0", kFour));
    put("parallel", entry("parallel_0"), answer("parallel_0", kFour + ", " + kTwo));
    put("irrelevance", entry("irrelevance_0", "Who wrote Faust?"));
    put("live_simple",
        entry("live_simple_0-0-0", "Four at seven.",
              R"({"role": "system", "content": "You book tables."}, )"),
        answer("live_simple_0-0-0", kFour));
  }
  [[nodiscard]] bool is_written(const std::string& name) const { return fs::exists(file(name)); }
};

TEST_F(Import, BfclBecomesASuiteThatProvesItself) {
  put_all();
  put("multi_turn_base", "not looked at");
  const PlumbEnd made = plumb({"import", "bfcl", "data"});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("Read: irrelevance 1, live_simple 1, parallel 1, simple_python"));
  EXPECT_THAT(made.out, AllOf(HasSubstr("optional 4"), HasSubstr("Wrote 4 tasks")));
  EXPECT_THAT(made.out, HasSubstr("Not imported: BFCL_v4_multi_turn_base.json"));
  const PlumbEnd checked = plumb({"check", "bfcl"});
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("ruler 4/4 proven"));
}

TEST_F(Import, TheModelIsShownTheEntryAndNothingElse) {
  put_all();
  ASSERT_EQ(plumb({"import", "bfcl", "data"}).code, 0);
  const PlumbEnd run = plumb({"run", "bfcl", "--model", "m=standin:skill=1", "--db", "plumb.db"});
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("BFCL v4 (subset)"));
  for (const auto& [key, settled] : outcomes()) {
    EXPECT_EQ(settled.outcome, "passed") << key.task;
    EXPECT_EQ(settled.turns, 1) << key.task;
  }
  const PlumbEnd shown = plumb({"show", "last/m/live-simple-0-0-0/1", "--json", "-"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("You book tables."), HasSubstr("table_book")))
      << shown.err;
}

TEST_F(Import, VerdictsOfTheOriginalAreCheckedOneByOne) {
  put_all();
  const std::string call = R"("calls": [{"table_book": {"guests": 4}}])";
  const std::string head = R"({"id": "simple_python_0", "category": "simple_python", )";
  write("vectors.jsonl", head + call + ", \"valid\": true}\n" +
                             R"({"id": "irrelevance_0", "category": "irrelevance", "calls": [], )"
                             "\"valid\": true}\n");
  const PlumbEnd end = plumb({"import", "bfcl", "data", "--verify", "vectors.jsonl"});
  EXPECT_EQ(end.code, 0) << end.err;
  EXPECT_EQ(end.out, "2 of 2\n");
  EXPECT_FALSE(is_written("bfcl"));

  write("vectors.jsonl", head + call + ", \"valid\": false, \"error_type\": \"bad\"}\n" + head +
                             call + ", \"valid\": true}\n");
  const PlumbEnd differs = plumb({"import", "bfcl", "data", "--verify", "vectors.jsonl"});
  EXPECT_EQ(differs.code, 3);
  EXPECT_EQ(differs.out,
            "vectors.jsonl:1: simple_python_0: valid here, invalid (bad) there\n1 of 2\n");
}

TEST_F(Import, ALineThatCannotBeUsedIsNamed) {
  put_all();
  put("multiple", entry("multiple_0") + "{\"id\": 1\n" + entry("multiple_0") + "[]\n",
      answer("multiple_0", kFour));
  const PlumbEnd end = plumb({"import", "bfcl", "data"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.err, HasSubstr("BFCL_v4_multiple.json:2: not JSON"));
  EXPECT_THAT(end.err, HasSubstr("BFCL_v4_multiple.json:3: the id multiple_0 is there twice"));
  EXPECT_THAT(end.err, HasSubstr("BFCL_v4_multiple.json:4: not a JSON object"));
  EXPECT_FALSE(is_written("bfcl"));
}

TEST_F(Import, AnIdThatIsAPathIsRefused) {
  for (const char* id : {"../evil", "a/b", "", ".", "a b"}) {
    put("irrelevance", entry(id));
    const PlumbEnd end = plumb({"import", "bfcl", "data"});
    EXPECT_EQ(end.code, 1) << id;
    EXPECT_THAT(end.err, HasSubstr("BFCL_v4_irrelevance.json:1: \"id\" is no word")) << id;
  }
}

TEST_F(Import, AMissingAnswerIsNamed) {
  put("parallel", entry("parallel_0") + entry("parallel_1"), answer("parallel_0", kFour));
  EXPECT_THAT(plumb({"import", "bfcl", "data"}).err,
              HasSubstr("BFCL_v4_parallel.json:2: parallel_1 has no answer in possible_answer/"));
  fs::remove_all(file("data/possible_answer"));
  EXPECT_THAT(plumb({"import", "bfcl", "data"}).err, HasSubstr("ground truth cannot be read"));
}

TEST_F(Import, OnlyAnEarlierImportIsReplaced) {
  put_all();
  write("precious/thesis.txt", "years of work");
  const PlumbEnd end = plumb({"import", "bfcl", "data", "--out", "precious"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.err, HasSubstr("holds something that is no earlier import"));
  EXPECT_EQ(bytes("precious/thesis.txt"), "years of work");

  ASSERT_EQ(plumb({"import", "bfcl", "data", "--out", "suite"}).code, 0);
  put("irrelevance", entry("irrelevance_7"));
  ASSERT_EQ(plumb({"import", "bfcl", "data", "--out", "suite"}).code, 0);
  EXPECT_TRUE(is_written("suite/irrelevance-7/task.lua"));
  EXPECT_FALSE(is_written("suite/irrelevance-0"));
}

TEST_F(Import, AnUnknownKindOrAnEmptyFolderIsExplained) {
  put_all();
  const PlumbEnd kind = plumb({"import", "bfcll", "data"});
  EXPECT_EQ(kind.code, 1);
  EXPECT_THAT(kind.err, HasSubstr("did you mean \"bfcl\"?"));
  EXPECT_THAT(plumb({"import", "bfcl", "nowhere"}).err, HasSubstr("nowhere is no folder"));
  fs::create_directory(file("empty"));
  EXPECT_THAT(plumb({"import", "bfcl", "empty"}).err, HasSubstr("no file BFCL_v4_<category>.json"));
}

TEST_F(Import, TheWholeOfBfclIsReadAndItsVerdictsAgree) {
  const std::string data = SHARED_BFCL;
  if (!fs::exists(data)) GTEST_SKIP() << "SKIPPED: there is no " << data;
  const PlumbEnd verified =
      plumb({"import", "bfcl", data, "--verify", data + "/checker_vectors.jsonl"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  EXPECT_THAT(verified.out, EndsWith("3000 of 3000\n"));
  const PlumbEnd made = plumb({"import", "bfcl", data});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("Wrote 1240 tasks"));
  const PlumbEnd checked = plumb({"check", "bfcl/simple-python-96", "bfcl/parallel-multiple-3",
                                  "bfcl/multiple-119", "bfcl/irrelevance-120"});
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
}

}  // namespace
}  // namespace plumb::test
