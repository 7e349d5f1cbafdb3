// Contestants that are brought up by commands of a bench, and what is stored of how they were
// served.
#include <csignal>

#include "tests/integration/cli/cli_fixture.hpp"
#include "tests/support/raw_server.hpp"

namespace plumb::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Machines : public Cli {
 protected:
  /// Two that take turns on one port, and the servers' diary in the test's folder.
  void write_bench(const std::string& kind) const {
    int port = 0;
    {
      const RawServer somebody([](RawConnection&, const RawRequest&) {});
      port = somebody.port();
    }
    std::string contestants;
    for (const std::string name : {"bf16", "nvfp4"}) {
      contestants += fmt::format(
          "    {{ name = '{0}', model = 'm-{0}', url = 'http://127.0.0.1:{1}/v1', attempts = 1,\n"
          "      group = 'spark', up = {{ 'python3', '{2}', '{3}', '{1}', 'm-{0}', '{4}' }},\n"
          "      recipe = {{ quantization = '{0}', args = '--port {1} --api-key sk-12345678' }} "
          "}},\n",
          name, port, SERVE_PY, kind, file("."));
    }
    write("bench.lua", fmt::format("return bench {{\n  suite = '{}', repeats = 2, seed = 3,\n"
                                   "  contestants = {{\n{}  }},\n}}\n",
                                   kQuick, contestants));
  }
  std::vector<std::string> run_bench() const {
    return {"run", "bench.lua", "--task", "number-note", "--no-ruler", "--json", "card.json"};
  }
};

TEST_F(Machines, ABenchOfTwoThatExcludeEachOtherIsMeasured) {
  write_bench("foreground");
  const PlumbEnd end = plumb(run_bench());
  EXPECT_EQ(end.code, 0) << end.out << end.err;
  EXPECT_EQ(bytes("diary"),
            "up m-bf16\ndown m-bf16\nup m-nvfp4\ndown m-nvfp4\nup m-bf16\ndown m-bf16\n");
  const Json summary = json("run_summary.json");
  EXPECT_EQ(summary["contestants"][1]["recipe"]["quantization"], "nvfp4");
  EXPECT_EQ(summary["contestants"][1]["client"]["trials"], 2);

  const PlumbEnd diff = plumb({"recipe", "diff", "bf16", "last/nvfp4"});
  EXPECT_EQ(diff.code, 0) << diff.err;
  EXPECT_THAT(diff.out, testing::ContainsRegex("quantization +bf16 +nvfp4"));
  EXPECT_THAT(diff.out, Not(HasSubstr("sk-12345678")));
  EXPECT_THAT(bytes("plumb.db"), Not(HasSubstr("sk-12345678")));
  const PlumbEnd again = plumb({"score", "last", "--summary", "again.json"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(json("again.json"), summary);
}

TEST_F(Machines, AServerIsBroughtUpOnceForAllValuesOfASweep) {
  write_bench("foreground");
  std::vector<std::string> swept = run_bench();
  swept.insert(swept.end(), {"--sweep", "tool_error_rate=0,0.5"});
  const PlumbEnd end = plumb(swept);
  EXPECT_EQ(end.code, 0) << end.out << end.err;
  EXPECT_EQ(bytes("diary"),
            "up m-bf16\ndown m-bf16\nup m-nvfp4\ndown m-nvfp4\nup m-bf16\ndown m-bf16\n");
  const Json card = json("card.json");
  ASSERT_EQ(card["sweeps"].size(), 2U);
  EXPECT_EQ(card["sweeps"][1]["contestant"], "nvfp4");
}

TEST_F(Machines, CtrlCWhileAServerComesUpLeavesNoProcessBehind) {
  write_bench("never");
  PlumbProcess process(PLUMB_PROGRAM, run_bench(), settings());
  for (auto line = process.next_line(); line && !line->starts_with("bringing up");) {
    line = process.next_line();
  }
  process.signal(SIGINT);
  const PlumbEnd end = process.end();
  EXPECT_EQ(end.code, 130) << end.out << end.err;
  EXPECT_FALSE(std::filesystem::exists(file("lock")));
}

TEST_F(Machines, AServerThatDoesNotComeUpIsARowOfTheCardWithTheEndOfItsLog) {
  write_bench("fail");
  const PlumbEnd end = plumb(run_bench());
  EXPECT_EQ(end.code, 3) << end.out << end.err;
  EXPECT_THAT(end.out,
              AllOf(HasSubstr("up_failed"), HasSubstr("no such weights"), HasSubstr("0/2")));
}

}  // namespace
}  // namespace plumb::test
