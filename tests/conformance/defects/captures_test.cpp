// What real servers sent, judged as a trial judges it. Planted defects alone would only prove that
// two halves of one program agree. The table stands in docs/defects.md.
#include <set>

#include <gtest/gtest.h>

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/endpoint/server_book.hpp"
#include "core/schema/call_judge.hpp"
#include "core/trial/call_log.hpp"
#include "plugins/endpoints/http_faults.hpp"
#include "plugins/endpoints/openai_chat.hpp"
#include "tests/unit/endpoint/reader_support.hpp"

namespace plumb {
namespace {

class RealCaptures : public test::ReaderTest {
 protected:
  RealCaptures() : ReaderTest(chat_protocol()) {}

  /// The defects of one captured stream, as `defect (attribution)`.
  std::string judged(const std::string& name, std::optional<std::int64_t> max_tokens) {
    const auto bytes = read_file(std::string(CAPTURES) + "/" + name + ".sse");
    EXPECT_TRUE(bytes) << name;
    if (!bytes) return "";
    read(*bytes);
    CallLog log;
    if (const auto& error = stream.error_event()) {
      const auto book = ServerBook::load(server_book_folder());
      EXPECT_TRUE(book);
      const Fault fault =
          HttpFaults("http://x/v1", "a chat completion", {}, *book).reported(*error);
      if (fault.unparsed) log.add_rejected(1, fault.sentence);
      return words(log);
    }
    const ChatResponse response = stream.assembler().take(max_tokens);
    if (response.window_full) return "none: capped by the window";
    log.add_answer(1, response, 1);
    if (const auto lost = find_lost_call(response, tools_)) log.add_lost(*lost, false);
    const auto judge = CallJudge::create(tools_);
    EXPECT_TRUE(judge) << judge.error().sentence;
    for (const ToolCall& call : response.message.calls) {
      const CallJudgement found = judge->judge(call, response.finish == Finish::length);
      found.defect ? log.add_spoilt(*found.defect, call.name) : log.add_valid();
    }
    return words(log);
  }

 private:
  static std::string words(CallLog& log) {
    std::set<std::string> all;
    for (const CallDefect& one : log.close(false).defects) {
      all.insert(std::string(defect_name(one.defect)) + " (" + attribution_name(one.attribution) +
                 ")");
    }
    return all.empty() ? "none" : join({all.begin(), all.end()}, ", ");
  }

  const std::vector<ToolSpec> tools_ = {
      {.name = "ls",
       .description = "Lists a folder.",
       .parameters = *parse_json(R"({"type":"object","properties":{"path":{"type":"string"}}})")}};
};

struct Capture {
  const char* name;
  std::optional<std::int64_t> max_tokens;
};

class EachCapture : public RealCaptures, public testing::WithParamInterface<Capture> {};

TEST_P(EachCapture, IsReportedAsTheDocumentationSays) {
  const auto& [name, max_tokens] = GetParam();
  const std::string row = "| `" + std::string(name) + "` | " + judged(name, max_tokens) + " |";
  const auto documented = read_file(PLUMB_DOCS "/defects.md");
  ASSERT_TRUE(documented);
  EXPECT_NE(documented->find(row), std::string::npos) << "docs/defects.md does not say: " << row;
}

INSTANTIATE_TEST_SUITE_P(
    All, EachCapture,
    testing::Values(Capture{"llama_server-call", 400}, Capture{"llama_server-two_calls", {}},
                    Capture{"llama_server-reasoning", {}}, Capture{"llama_server-unparsed", {}},
                    Capture{"llama_server-window_full", 400}, Capture{"vllm-named", {}},
                    Capture{"vllm-required_not_object", 60}),
    [](const auto& row) {
      std::string name = row.param.name;
      std::ranges::replace(name, '-', '_');
      return name;
    });

}  // namespace
}  // namespace plumb
