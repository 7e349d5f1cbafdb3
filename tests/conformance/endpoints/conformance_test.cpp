// Every protocol against every flavour and every fault of the stand-in: what an endpoint makes of
// it. The table stands in docs/conformance.md.
#include <future>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/schema/call_judge.hpp"
#include "core/schema/leaked_call.hpp"
#include "plugins/endpoints/http_endpoint.hpp"
#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

constexpr int kMostTurns = 6;

const ServerBook& book() {
  static const ServerBook loaded = ServerBook::load(server_book_folder()).value();
  return loaded;
}

HttpClient& http() {
  static const auto client = std::move(*make_http_client(real_clock()));
  return *client;
}

std::unique_ptr<Endpoint> endpoint_at(const std::string& url, const std::string& api,
                                      const std::string& flavour, double idle_timeout_s = 120) {
  Contestant contestant;
  contestant.name = "c";
  contestant.url = url;
  contestant.model = "stand-in";
  contestant.api = api;
  contestant.idle_timeout_s = idle_timeout_s;
  // As the probe finds out.
  if (flavour == "mistral_strict") contestant.dialect.id_format = "nine";
  return std::move(make_endpoint(contestant, http(), book(), [] { return 0.0; }).value());
}

std::string word_for(const Fault& fault) {
  return std::string(fault_name(fault.kind)) +
         (fault.status != 0 ? fmt::format(" {}", fault.status) : "") +
         (fault.deterministic ? ", refused for good" : "") + (fault.unparsed ? ", unread" : "");
}

/// What is wrong with an answer without a call that is not the policy's last word.
std::string word_for_silence(const ChatResponse& answer, std::span<const ToolSpec> tools) {
  if (answer.oversize) return "oversize";
  if (find_leaked_call(answer.message.text, tools)) return "leaked_text";
  if (find_leaked_call(answer.message.reasoning, tools)) return "leaked_reasoning";
  if (answer.has_token()) return "another answer";
  return answer.usage.completion_tokens.value_or(0) > 1 ? "swallowed" : "empty";
}

/// Plays the oracle's trial to its end, or to the first thing that is wrong.
std::string play(Endpoint& endpoint, std::span<const ToolSpec> tools) {
  Waiter waiter(real_clock(), {});
  const auto judge = CallJudge::create({tools.begin(), tools.end()});
  const std::string trial = header_of(trial_of(0)).begin()->second;
  std::vector<Message> messages = {{.role = Role::user, .text = "Take notes."}};
  for (int turn = 0; turn < kMostTurns; ++turn) {
    const ChatReply reply = endpoint.chat(
        {.messages = messages, .tools = tools, .max_tokens = 200, .trial_header = trial}, waiter);
    if (!reply.answer) return word_for(reply.answer.error());
    const Message& said = reply.answer->message;
    if (said.calls.empty()) {
      return said.text.starts_with("oracle is finished") ? "handled"
                                                         : word_for_silence(*reply.answer, tools);
    }
    messages.push_back(said);
    for (const ToolCall& call : said.calls) {
      const CallJudgement judged = judge->judge(call, reply.answer->finish == Finish::length);
      if (judged.defect) return defect_name(*judged.defect);
      messages.push_back({.role = Role::tool, .text = "noted", .call_id = call.id});
    }
  }
  return "no end";
}

std::string cell(const std::string& api, const std::string& flavour, const std::string& fault) {
  const auto server = serve(fmt::format("flavour={},fault={}", flavour, fault));
  const double idle_s = fault == "stall" ? 0.5 : 120;
  const auto endpoint = endpoint_at(server->url(), api, flavour, idle_s);
  // A tool that is not offered is what this server drops.
  const std::vector<ToolSpec> other = {
      {.name = "other", .description = "Another tool.", .parameters = {{"type", "object"}}}};
  const bool drops = fault == "unknown_dropped";
  return play(*endpoint, drops ? std::span<const ToolSpec>(other) : task().tools);
}

/// Whether the flavour makes no difference to the bytes, and trying each takes long.
bool is_alike_everywhere(const std::string& fault) {
  return fault == "endless" || fault == "long_line" || fault == "slow_start" || fault == "stall" ||
         fault == "header_bomb";
}

/// One row of the table for each fault; flavours that agree share a cell.
std::string row(const std::string& api, const std::string& fault) {
  if (is_alike_everywhere(fault)) return cell(api, "plain", fault);
  std::map<std::string, std::vector<std::string>> flavours_by_word;
  std::vector<std::string> words;
  for (const std::string& flavour : stand_in_flavours()) {
    const std::string word = cell(api, flavour, fault);
    if (flavours_by_word[word].empty()) words.push_back(word);
    flavours_by_word[word].push_back(flavour);
  }
  if (words.size() == 1) return words.front();
  std::vector<std::string> parts;
  for (const std::string& word : words) {
    parts.push_back(word + " (" + join(flavours_by_word[word], ", ") + ")");
  }
  return join(parts, "; ");
}

std::string table() {
  suite();
  std::vector<std::future<std::vector<std::string>>> columns;
  for (const char* api : {"chat", "responses", "messages"}) {
    columns.push_back(std::async(std::launch::async, [api] {
      std::vector<std::string> rows;
      for (const std::string& fault : stand_in_faults()) rows.push_back(row(api, fault));
      return rows;
    }));
  }
  std::vector<std::vector<std::string>> cells;
  for (auto& column : columns) cells.push_back(column.get());
  std::string text = "| fault | chat | responses | messages |\n|---|---|---|---|\n";
  for (std::size_t i = 0; i < stand_in_faults().size(); ++i) {
    text += fmt::format("| {} | {} | {} | {} |\n", stand_in_faults()[i], cells[0][i], cells[1][i],
                        cells[2][i]);
  }
  return text;
}

TEST(Conformance, EveryFaultIsHandledOrNamedAsTheDocumentationSays) {
  const auto documented = read_file(PLUMB_DOCS "/conformance.md");
  ASSERT_TRUE(documented) << documented.error().sentence;
  const std::string found = table();
  EXPECT_NE(documented->find(found), std::string::npos)
      << "docs/conformance.md holds another table than this:\n"
      << found;
  EXPECT_EQ(found.find("|  |"), std::string::npos) << "a cell is empty";
}

TEST(Conformance, ReasoningCallsAndCountsOfEveryFlavourAreRead) {
  const std::vector<ToolSpec>& tools = task().tools;
  const std::vector<Message> messages = {
      {.role = Role::user, .text = "Call the tool note with text \"a\" and with text \"b\"."}};
  for (const std::string& flavour : stand_in_flavours()) {
    const auto server = serve("think=3,tok_s=100000,flavour=" + flavour);
    for (const char* api : {"chat", "responses", "messages"}) {
      Waiter waiter(real_clock(), {});
      const ChatReply reply = endpoint_at(server->url(), api, flavour)
                                  ->chat({.messages = messages, .tools = tools}, waiter);
      ASSERT_TRUE(reply.answer) << flavour << api << reply.answer.error().sentence;
      const ChatResponse& answer = *reply.answer;
      EXPECT_EQ(answer.message.reasoning, "let me  see ") << flavour << api;
      // llama-server makes one call at a time unless it is asked for more.
      const bool one = flavour == "llamacpp" && std::string(api) == "chat";
      ASSERT_EQ(answer.message.calls.size(), one ? 1U : 2U) << flavour << api;
      EXPECT_EQ(answer.message.calls.back().arguments, one ? R"({"text":"a"})" : R"({"text":"b"})");
      EXPECT_EQ(answer.finish, Finish::tool_calls) << flavour << api;
      // 3 of reasoning; 1 for each name, 3 for each {"text":"."}.
      EXPECT_EQ(answer.usage.completion_tokens, one ? 3 + 4 + 0 : 3 + 2 * 4) << flavour << api;
      EXPECT_GT(answer.usage.prompt_tokens.value_or(0), 10) << flavour << api;
    }
  }
}

/// What an answer says, whatever way it came.
std::string gist(const ChatReply& reply) {
  if (!reply.answer) return word_for(reply.answer.error());
  const ChatResponse& answer = *reply.answer;
  std::string text =
      fmt::format("{}|{}|{}|{}", answer.message.reasoning, answer.message.text,
                  finish_name(answer.finish), answer.usage.completion_tokens.value_or(-1));
  for (const ToolCall& call : answer.message.calls) {
    text += fmt::format("|{} {}", call.name, call.arguments);
  }
  return text;
}

TEST(Conformance, AnAnswerThatIsNotStreamedSaysTheSame) {
  const std::string trial = header_of(trial_of(0)).begin()->second;
  const std::vector<Message> messages = {{.role = Role::user, .text = "Take notes."}};
  ChatRequest request{.messages = messages, .tools = task().tools, .trial_header = trial};
  for (const std::string fault :
       {"none", "http_500", "http_503", "no_id", "args_object", "all_reasoning", "leaked_text",
        "swallowed", "empty", "truncated_call", "stop_for_call", "lost_brace", "lost_parameter"}) {
    for (const std::string& flavour : stand_in_flavours()) {
      const auto server = serve(fmt::format("think=3,flavour={},fault={}", flavour, fault));
      for (const std::string api : {"chat", "responses", "messages"}) {
        const auto endpoint = endpoint_at(server->url(), api, flavour);
        Waiter waiter(real_clock(), {});
        request.streamed = true;
        const std::string streamed = gist(endpoint->chat(request, waiter));
        request.streamed = false;
        EXPECT_EQ(gist(endpoint->chat(request, waiter)), streamed)
            << fault << " " << flavour << " " << api;
      }
    }
  }
}

TEST(Conformance, AnAnswerThatIsNotStreamedMayStaySilentForLongerThanAStream) {
  const auto server = serve("ttft_ms=600");
  const auto endpoint = endpoint_at(server->url(), "chat", "plain", 0.1);
  const std::vector<Message> messages = {{.role = Role::user, .text = "Take notes."}};
  Waiter waiter(real_clock(), {});
  EXPECT_TRUE(endpoint->chat({.messages = messages, .streamed = false}, waiter).answer);
}

}  // namespace
}  // namespace plumb
