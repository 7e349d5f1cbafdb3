// A task, a server and a client for the tests of the stand-in.
#pragma once

#include <httplib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/base/hash.hpp"
#include "core/base/json.hpp"
#include "plugins/endpoints/stand_in.hpp"

namespace plumb {

inline constexpr const char* kTaskFile = R"lua(
local note = {
  name = "note", description = "Writes a note.",
  parameters = { type = "object", required = { "text", "times" }, additionalProperties = false,
                 properties = { text = { type = "string" }, times = { type = "integer" } } },
  run = function() return "noted" end,
}
local function plays(who)
  return function(model)
    for step = 1, 3 do
      local answer = model:call("note", { text = who .. " " .. step, times = step })
      if answer:find("enough", 1, true) then break end
    end
    model:say(who .. " is finished: ζ" .. string.rep("ab", 40))
  end
end
return task {
  name = "take-notes", category = "test", summary = "For the tests of the stand-in.",
  prompt = "Take notes.", tools = { note }, expected_turns = 4,
  grade = function() return { check("never", false) } end,
  oracle = plays("oracle"),
  negative_controls = {
    ["writes too little"] = plays("little"), ["adds a lie"] = plays("lie"), ["zigzags"] = plays("zigzag"),
    ["throws"] = function() error("a broken policy") end,
  },
}
)lua";

/// A folder that goes with the program.
struct TaskFolder {
  const std::filesystem::path root =
      std::filesystem::path(::testing::TempDir()) / ("stand-in-" + random_hex(8));
  ~TaskFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(root, ignored);
  }
};

/// The task of these tests, loaded once.
inline const Suite& suite() {
  static const TaskFolder folder;
  static const Suite loaded = [] {
    const auto task = folder.root / "take-notes";
    std::filesystem::create_directories(task);
    std::ofstream(task / "task.lua") << kTaskFile;
    auto result = load_suite({task.string()});
    EXPECT_TRUE(result) << result.error().sentence;
    return result.value_or(Suite{});
  }();
  return loaded;
}
inline const Task& task() { return *suite().tasks.at(0); }

inline std::unique_ptr<StandInServer> serve(const std::string& options, int max_streams = 8) {
  auto server =
      StandInServer::start(parse_stand_in_options(options).value(), suite().tasks, 0, max_streams);
  EXPECT_TRUE(server) << server.error().sentence;
  return std::move(*server);
}

inline httplib::Client client_of(const StandInServer& server) {
  httplib::Client client(server.url().substr(0, server.url().rfind("/v1")));
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  client.set_read_timeout(60);
  return client;
}

inline StandInTrial trial_of(std::int64_t repeat, const std::string& policy = "") {
  return {.task = "take-notes",
          .seed = 11,
          .run_seed = 7,
          .contestant = "c",
          .repeat = repeat,
          .policy = policy};
}

inline httplib::Headers header_of(const StandInTrial& trial) {
  Json json = {{"task", trial.task},
               {"seed", trial.seed},
               {"run_seed", trial.run_seed},
               {"contestant", trial.contestant},
               {"repeat", trial.repeat}};
  if (!trial.policy.empty()) json["policy"] = trial.policy;
  return {{kTrialHeader, dump_json(json)}};
}

/// A conversation as a client keeps it.
struct Conversation {
  Json messages = Json::array({{{"role", "user"}, {"content", "Take notes."}}});

  void add_call(const std::string& name, const std::string& result) {
    Json call = {
        {"id", "x"}, {"type", "function"}, {"function", {{"name", name}, {"arguments", "{}"}}}};
    messages.push_back(
        {{"role", "assistant"}, {"content", nullptr}, {"tool_calls", Json::array({call})}});
    messages.push_back({{"role", "tool"}, {"tool_call_id", "x"}, {"content", result}});
  }
  [[nodiscard]] std::string body(bool stream = true) const {
    Json json = {{"model", "stand-in"}, {"messages", messages}, {"stream", stream}};
    if (stream) json["stream_options"] = {{"include_usage", true}};
    return dump_json(json);
  }
};

/// A request that belongs to no trial.
inline std::string bare_body(const std::string& text = "Answer with the word: ready") {
  Conversation conversation;
  conversation.messages[0]["content"] = text;
  return conversation.body();
}

/// What a stream held, put together by this test's own reading of it.
struct Answer {
  int status = 0;
  bool complete = false;  ///< the connection ended the response properly
  bool done = false;      ///< [DONE] came
  std::string body;
  std::vector<Json> chunks;
  std::string text, reasoning, name, arguments, finish;
  Json usage;
  bool operator==(const Answer&) const = default;
};

inline Answer read_answer(int status, bool complete, std::string body) {
  Answer answer{.status = status, .complete = complete, .body = std::move(body)};
  std::istringstream lines(answer.body);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("data: ")) continue;
    if (line == "data: [DONE]") answer.done = true;
    const auto chunk = parse_json(std::string_view(line).substr(6));
    if (!chunk) continue;
    answer.chunks.push_back(*chunk);
    if (chunk->contains("usage")) answer.usage = chunk->at("usage");
    for (const Json& choice : chunk->value("choices", Json::array())) {
      const Json& delta = choice.at("delta");
      answer.text += json_or(delta, "content", "");
      answer.reasoning += json_or(delta, "reasoning_content", "");
      answer.reasoning += json_or(delta, "reasoning", "");
      answer.finish += json_or(choice, "finish_reason", "");
      for (const Json& call : delta.value("tool_calls", Json::array())) {
        answer.name += json_or(call.at("function"), "name", "");
        answer.arguments += json_or(call.at("function"), "arguments", "");
      }
    }
  }
  return answer;
}

inline Answer ask(httplib::Client& client, const std::string& body,
                  const httplib::Headers& headers = {}) {
  std::string received;
  int status = 0;
  httplib::Request request;
  request.method = "POST";
  request.path = "/v1/chat/completions";
  request.headers = headers;
  request.headers.emplace("Content-Type", "application/json");
  request.body = body;
  request.response_handler = [&](const httplib::Response& response) {
    status = response.status;
    return true;
  };
  request.content_receiver = [&](const char* data, size_t size, std::uint64_t, std::uint64_t) {
    received.append(data, size);
    return true;
  };
  const auto result = client.send(request);
  return read_answer(status, static_cast<bool>(result), std::move(received));
}

inline Answer ask(const StandInServer& server, const std::string& body,
                  const httplib::Headers& headers = {}) {
  auto client = client_of(server);
  return ask(client, body, headers);
}

/// A response that is no stream, or one read as bytes.
struct Page {
  int status = 0;
  std::string body;
  httplib::Headers headers;
  [[nodiscard]] Json json() const { return parse_json(body).value_or(Json()); }
};

inline Page page_of(const httplib::Result& result) {
  if (!result) return {};
  return {.status = result->status, .body = result->body, .headers = result->headers};
}
inline Page get(const StandInServer& server, const std::string& path) {
  return page_of(client_of(server).Get(path));
}
inline Page post(const StandInServer& server, const std::string& path, const Json& body,
                 const httplib::Headers& headers = {}) {
  return page_of(client_of(server).Post(path, headers, dump_json(body), "application/json"));
}
inline Page chat(const StandInServer& server, const Json& body,
                 const httplib::Headers& headers = {}) {
  return post(server, "/v1/chat/completions", body, headers);
}

/// A conversation of one message.
inline Json says(const std::string& text) {
  return {{"messages", Json::array({{{"role", "user"}, {"content", text}}})}};
}
/// The same with the tool "note" on offer.
inline Json says_with_tool(const std::string& text) {
  Json body = says(text);
  body["tools"] = Json::array({{{"type", "function"}, {"function", {{"name", "note"}}}}});
  return body;
}
/// What a whole answer says.
inline std::string said(const Page& page) {
  const Json json = page.json();
  return json.contains("choices") ? json_or(json["choices"][0]["message"], "content", "")
                                  : "no answer: " + page.body;
}

inline std::string first_call(const std::string& who) {
  return fmt::format(R"({{"text":"{} 1","times":1}})", who);
}
inline std::string who_plays(const std::string& policy) {
  return policy == "oracle"       ? "oracle"
         : policy == "adds a lie" ? "lie"
         : policy == "zigzags"    ? "zigzag"
                                  : "little";
}

}  // namespace plumb
