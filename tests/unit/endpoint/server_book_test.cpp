#include "core/endpoint/server_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.hpp"
#include "tests/support/temp_folder.hpp"

namespace plumb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The sentence with which a file of this text is refused, or "" when it is taken.
std::string complaint(const std::string& lua) {
  const test::TempFolder folder;
  EXPECT_TRUE(write_file(folder.file("mine.lua"), lua));
  const auto book = ServerBook::load(folder.path());
  return book ? "" : full_sentence(book.error());
}

const ServerBook& shipped() {
  static const ServerBook book = [] {
    auto loaded = ServerBook::load(server_book_folder());
    EXPECT_TRUE(loaded) << full_sentence(loaded.error());
    return loaded.value_or(ServerBook());
  }();
  return book;
}

TEST(ServerBook, EveryShippedFileLoads) {
  EXPECT_THAT(shipped().names(), ElementsAre("anthropic", "llama_server", "lm_studio", "ollama",
                                             "openai", "openrouter", "sglang", "vllm"));
  for (const ServerKind& kind : shipped().kinds()) {
    EXPECT_FALSE(kind.title.empty()) << kind.name;
    EXPECT_FALSE(kind.marks.empty()) << kind.name;
    EXPECT_TRUE(kind.discovery.contains("models")) << kind.name;
    EXPECT_TRUE(kind.remedies.contains("metrics_off")) << kind.name;
    EXPECT_TRUE(kind.dialect.max_tokens_field) << kind.name;
  }
}

TEST(ServerBook, AFileSaysHowItsServerWantsToBeAsked) {
  const ServerKind* kind = shipped().find("llama_server");
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(kind->dialect.sampling_names->at("repetition_penalty"), "repeat_penalty");
  EXPECT_EQ(kind->dialect.parallel_tool_calls, true);
  EXPECT_THAT(kind->remedy("parser_off", ""), HasSubstr("--jinja"));
  EXPECT_EQ(kind->remedy("no such thing", "ask somebody"), "ask somebody");
  EXPECT_EQ(shipped().find("ollama")->dialect.thinking_switch, "reasoning_effort");
  EXPECT_FALSE(shipped().find("ollama")->dialect.sampling_names->contains("top_k"));
}

TEST(ServerBook, AnErrorIsKnownByTheWordsOfAnyKind) {
  const ServerBook& book = shipped();
  EXPECT_TRUE(book.says("context_full", "This model's Maximum Context Length is 8192 tokens."));
  EXPECT_TRUE(book.says("context_full",
                        "request (100019 tokens) exceeds the available context size (8192)"));
  EXPECT_TRUE(book.says("context_full",
                        "The input (9000 tokens) is longer than the model's "
                        "context length (8192 tokens)."));
  EXPECT_TRUE(book.says("context_full", "prompt is too long: 210000 tokens > 200000 maximum"));
  EXPECT_TRUE(book.says("roles", "Conversation roles must alternate user/assistant"));
  EXPECT_TRUE(book.says("loading", "Loading model"));
  EXPECT_FALSE(book.says("context_full", "rate limit exceeded"));
  EXPECT_FALSE(book.says("no such thing", "anything"));
  EXPECT_FALSE(ServerBook().says("context_full", "maximum context length"));
}

TEST(ServerBook, ANameThatIsNotThereIsRefusedWithTheNamesThatAre) {
  EXPECT_TRUE(shipped().check_name(""));
  EXPECT_TRUE(shipped().check_name("vllm"));
  const auto status = shipped().check_name("vlm");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::config);
  EXPECT_THAT(status.error().sentence, HasSubstr("did you mean \"vllm\""));
  EXPECT_THAT(status.error().sentence, HasSubstr("sglang"));
}

TEST(ServerBook, AFolderThatIsNotThereIsNamed) {
  const auto book = ServerBook::load("/nowhere/servers");
  ASSERT_FALSE(book);
  EXPECT_THAT(book.error().sentence, HasSubstr("/nowhere/servers"));
}

TEST(ServerFile, AMistakeOfTheLanguageIsNamedWithItsLine) {
  EXPECT_THAT(complaint("return {\n  title = ,\n}"), HasSubstr("mine.lua:2"));
  EXPECT_THAT(complaint("local a = nil\nreturn { title = a.b }"), HasSubstr("mine.lua:2"));
  EXPECT_THAT(complaint("return 5"), HasSubstr("returns a table"));
  EXPECT_THAT(complaint("while true do end"), HasSubstr("mine.lua"));
}

TEST(ServerFile, AMistakenFieldIsNamedWithItsPathAndTheFieldsThatAre) {
  EXPECT_EQ(complaint("return { title = 'Mine' }"), "");
  EXPECT_THAT(complaint("return {}"), HasSubstr("title: must be a text"));
  EXPECT_THAT(complaint("return { title = 'M', discover = {} }"),
              HasSubstr("unknown field \"discover\" (did you mean \"discovery\"?)"));
  EXPECT_THAT(complaint("return { title = 'M', recognise = { { route = '/x' } } }"),
              HasSubstr("recognise[1]: needs a header, a path or words"));
  EXPECT_THAT(complaint("return { title = 'M', recognise = { path = 'a' } }"),
              HasSubstr("recognise.route: must be a text"));
  EXPECT_THAT(
      complaint("return { title = 'M', discovery = { windw = { route = '/x', path = 'a' }}}"),
      HasSubstr("discovery: unknown field \"windw\" (did you mean \"window\"?)"));
  EXPECT_THAT(complaint("return { title = 'M', discovery = { window = { route = '/x' } } }"),
              HasSubstr("discovery.window.path: is missing"));
  EXPECT_THAT(complaint("return { title = 'M', discovery = { window = { { path = 'a', route = "
                        "'http://elsewhere/x' } } } }"),
              HasSubstr("discovery.window[1].route: must be a route"));
  EXPECT_THAT(complaint("return { title = 'M', dialect = { thinking_switch = 'shout' } }"),
              HasSubstr("dialect.thinking_switch: must be one of chat_template_kwargs"));
  EXPECT_THAT(complaint("return { title = 'M', dialect = { sampling_names = { temp = 't' } } }"),
              HasSubstr("dialect.sampling_names: unknown field \"temp\""));
  EXPECT_THAT(
      complaint("return { title = 'M', metrics = { route = '/m', figures = { runing = 'a' }}}"),
      HasSubstr("metrics.figures: unknown field \"runing\" (did you mean \"running\"?)"));
  EXPECT_THAT(
      complaint("return { title = 'M', metrics = { route = '/m', figures = { running = 5 }}}"),
      HasSubstr("metrics.figures.running: must be a table"));
  EXPECT_THAT(complaint("return { title = 'M', error_words = { roles = 'x' } }"),
              HasSubstr("error_words.roles: a part needs 6 letters"));
  EXPECT_THAT(complaint("return { title = 'M', remedies = { parser_of = 'x' } }"),
              HasSubstr("did you mean \"parser_off\"?"));
  EXPECT_THAT(complaint("return { title = function() end }"), HasSubstr("mine.lua"));
}

}  // namespace
}  // namespace plumb
