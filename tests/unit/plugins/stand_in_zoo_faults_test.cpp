// Each fault that a flavour can have, seen from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Answer struck(const std::string& options) {
  return ask(*serve(options), Conversation{}.body(), header_of(trial_of(0)));
}

/// The call of a trial's first answer as one JSON.
Json call_of(const std::string& options) {
  const Page page =
      chat(*serve(options), Json{{"messages", Conversation{}.messages}}, header_of(trial_of(0)));
  return page.json()["choices"][0]["message"]["tool_calls"][0];
}

TEST(StandInZooFaults, EveryFaultHasANameThatIsRead) {
  for (std::size_t i = 0; i < stand_in_faults().size(); ++i) {
    const auto options = parse_stand_in_options("fault=" + stand_in_faults()[i]);
    ASSERT_TRUE(options);
    EXPECT_EQ(options->fault, static_cast<StandInFault>(i));
  }
  EXPECT_EQ(stand_in_faults().back(), "repeat_loop");
  EXPECT_EQ(parse_stand_in_options("fault=lost_parameter")->fault, StandInFault::lost_parameter);
  EXPECT_EQ(parse_stand_in_options("fault=http_429")->fault, StandInFault::http_429);
}

TEST(StandInZooFaults, TheEndOfAStreamLies) {
  EXPECT_FALSE(struck("fault=no_done").done);
  EXPECT_EQ(struck("fault=no_done").finish, "tool_calls");
  EXPECT_EQ(struck("fault=abort").finish, "abort");
  EXPECT_EQ(struck("fault=stop_for_call").finish, "stop");
  EXPECT_EQ(struck("fault=stop_for_call").name, "note");
  const Answer empty = struck("fault=empty_calls");
  EXPECT_EQ(empty.finish, "tool_calls");
  EXPECT_EQ(empty.name, "");
  EXPECT_THAT(empty.body, HasSubstr(R"("tool_calls":[])"));
  EXPECT_TRUE(struck("fault=no_usage").usage.is_null());
}

TEST(StandInZooFaults, ACallIsCutOffAtMaxTokens) {
  for (const auto& [fault, finish] :
       {std::pair("truncated_call", "length"), {"finish_lies", "tool_calls"}}) {
    Json body = parse_json(Conversation{}.body()).value();
    body["max_tokens"] = 100;
    const Answer answer =
        ask(*serve(std::string("fault=") + fault), dump_json(body), header_of(trial_of(0)));
    EXPECT_EQ(answer.finish, finish);
    EXPECT_EQ(answer.usage.at("completion_tokens"), 100);
    EXPECT_FALSE(parse_json(answer.arguments));
    EXPECT_EQ(answer.name, "note");
  }
  EXPECT_FALSE(parse_json(struck("fault=truncated_call").arguments)) << "no max_tokens";
}

TEST(StandInZooFaults, ArgumentsAreSpoilt) {
  EXPECT_EQ(call_of("")["function"]["arguments"], first_call("oracle"));
  EXPECT_EQ(call_of("fault=args_object")["function"]["arguments"],
            Json({{"text", "oracle 1"}, {"times", 1}}));
  EXPECT_EQ(call_of("fault=args_empty")["function"]["arguments"], "");
  EXPECT_TRUE(call_of("fault=args_null")["function"]["arguments"].is_null());
  EXPECT_EQ(call_of("fault=lost_brace")["function"]["arguments"],
            R"({"text":"oracle 1","times":1)");
  EXPECT_EQ(call_of("fault=lost_parameter")["function"]["arguments"], R"({"text":"oracle 1"})");
  for (const char* fault : {"args_object", "args_empty", "args_null"}) {
    EXPECT_TRUE(struck(std::string("fault=") + fault).done) << "streamed, too";
  }
}

TEST(StandInZooFaults, IdsAndIndexesAreSpoilt) {
  EXPECT_FALSE(call_of("fault=no_id").contains("id"));
  EXPECT_EQ(call_of("fault=same_id")["id"], "000000000");
  const auto server = serve("fault=same_index");
  Json body = says_with_tool("Call the tool note with text \"a\" and with text \"b\".");
  body["stream"] = true;
  const Answer answer = ask(*server, dump_json(body));
  EXPECT_EQ(answer.name, "notenote");
  EXPECT_THAT(answer.body, testing::Not(HasSubstr(R"("index":1)")));
}

TEST(StandInZooFaults, TheCallOrTheAnswerIsInTheWrongPlace) {
  const Answer leaked = struck("fault=leaked_reasoning,think=2");
  EXPECT_THAT(leaked.reasoning, StartsWith("let me  <tool_call>"));
  EXPECT_EQ(leaked.text + leaked.name, "");
  const Answer all = struck("fault=all_reasoning");
  EXPECT_THAT(all.reasoning, HasSubstr("oracle 1"));
  EXPECT_EQ(all.text + all.name, "");
  const Answer swallowed = struck("fault=swallowed");
  EXPECT_EQ(swallowed.text + swallowed.reasoning + swallowed.name, "");
  EXPECT_GT(swallowed.usage.at("completion_tokens"), 5);
}

TEST(StandInZooFaults, ACallOfAnUnknownToolIsDropped) {
  Json body = parse_json(Conversation{}.body()).value();
  const auto server = serve("fault=unknown_dropped");
  EXPECT_EQ(ask(*server, dump_json(body), header_of(trial_of(0))).name, "") << "none is offered";
  body["tools"] = says_with_tool("")["tools"];
  EXPECT_EQ(ask(*server, dump_json(body), header_of(trial_of(0))).name, "note");
}

TEST(StandInZooFaults, TheSame500ComesForTheSameHistory) {
  const auto server = serve("flavour=llamacpp,fault=deterministic_500");
  EXPECT_TRUE(ask(*server, Conversation{}.body(), header_of(trial_of(0))).done);
  Conversation second;
  second.add_call("note", "noted");
  const Answer once = ask(*server, second.body(), header_of(trial_of(0)));
  EXPECT_EQ(once.status, 500);
  EXPECT_EQ(once.body, ask(*server, second.body(), header_of(trial_of(0))).body);
}

TEST(StandInZooFaults, TheWholeServerMayBeSomethingElse) {
  EXPECT_EQ(chat(*serve("fault=http_503"), says("hi")).status, 503);
  const Page page = chat(*serve("fault=html"), says("hi"));
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("<html>"));
  const auto sent_on = chat(*serve("fault=redirect"), says("hi"));
  EXPECT_EQ(sent_on.status, 302);
  EXPECT_EQ(sent_on.headers.find("Location")->second,
            "http://elsewhere.invalid/v1/chat/completions");
  EXPECT_THAT(ask(*serve("fault=garbage"), bare_body()).text, IsEmpty());
  EXPECT_EQ(get(*serve("fault=html"), "/v1/models").status, 200) << "chat requests alone";
}

/// Bytes of an answer until the client has had enough of it.
std::size_t bytes_until(const std::string& options, std::size_t enough) {
  const auto server = serve(options);
  auto client = client_of(*server);
  httplib::Request request;
  request.method = "POST";
  request.path = "/v1/chat/completions";
  request.body = bare_body();
  std::size_t received = 0;
  request.content_receiver = [&](const char*, size_t size, std::uint64_t, std::uint64_t) {
    received += size;
    return received < enough;
  };
  static_cast<void>(client.send(request));
  return received;
}

TEST(StandInZooFaults, ALongLineAndAnEndlessStreamGoOnUntilTheClientHasEnough) {
  EXPECT_EQ(bytes_until("fault=long_line", 1U << 30), 100U << 20);
  EXPECT_GE(bytes_until("fault=endless", 20U << 20), 20U << 20);
}

TEST(StandInZooFaults, CharactersAreCutAndYetWhole) {
  Conversation over;
  for (int i = 0; i < 3; ++i) over.add_call("note", "noted");
  const auto server = serve("fault=cut_utf8");
  EXPECT_THAT(ask(*server, over.body(), header_of(trial_of(0))).text,
              StartsWith("oracle is finished: ζabab"));
}

}  // namespace
}  // namespace plumb
