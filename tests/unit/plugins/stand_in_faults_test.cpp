#include <csignal>
#include <functional>
#include <future>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plugins/stand_in_support.hpp"

namespace plumb {
namespace {

using ::testing::HasSubstr;

TEST(StandInFaults, DisconnectBreaksTheSecondResponseOfEachTrialAfterATokenEachTime) {
  const auto server = serve("fault=disconnect");
  EXPECT_TRUE(ask(*server, Conversation{}.body(), header_of(trial_of(0))).done);
  Conversation second;
  second.add_call("note", "noted");
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Answer broken = ask(*server, second.body(), header_of(trial_of(0)));
    EXPECT_EQ(broken.status, 200);
    EXPECT_FALSE(broken.complete);
    EXPECT_FALSE(broken.done);
    EXPECT_EQ(broken.name, "note");
    EXPECT_EQ(broken.finish, "");
  }
  second.add_call("note", "noted");
  EXPECT_TRUE(ask(*server, second.body(), header_of(trial_of(0))).done);
  EXPECT_EQ(ask(*server, bare_body()).text, "ready");
}

TEST(StandInFaults, Http500HitsBareRequestsTooAndHttp429DoesNot) {
  const auto broken = serve("fault=http_500");
  EXPECT_EQ(ask(*broken, Conversation{}.body(), header_of(trial_of(0))).status, 500);
  EXPECT_EQ(ask(*broken, bare_body()).status, 500);

  const auto busy = serve("fault=http_429");
  auto client = client_of(*busy);
  const auto result = client.Post("/v1/chat/completions", header_of(trial_of(0)),
                                  Conversation{}.body(), "application/json");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 429);
  EXPECT_EQ(result->get_header_value("Retry-After"), "0");
  EXPECT_EQ(parse_json(result->body)->at("error").at("code"), 429);
  EXPECT_EQ(ask(*busy, bare_body()).text, "ready");
}

TEST(StandInFaults, AnEmptyStreamEndsProperlyWithoutAToken) {
  const auto server = serve("fault=empty");
  const Answer answer = ask(*server, Conversation{}.body(), header_of(trial_of(0)));
  EXPECT_TRUE(answer.complete && answer.done);
  EXPECT_EQ(answer.text + answer.reasoning + answer.name + answer.arguments, "");
  EXPECT_EQ(answer.finish, "stop");
  EXPECT_EQ(ask(*server, bare_body()).text, "ready");
}

TEST(StandInFaults, ALeakedCallIsWrittenIntoTheText) {
  const auto server = serve("fault=leaked_text");
  const Answer answer = ask(*server, Conversation{}.body(), header_of(trial_of(0)));
  EXPECT_EQ(answer.name, "");
  EXPECT_EQ(answer.finish, "stop");
  EXPECT_THAT(answer.text, HasSubstr("<tool_call>\n{\"name\": \"note\", \"arguments\": " +
                                     first_call("oracle")));
}

/// Asks, and hangs up as soon as the head of the answer is there.
void ask_and_hang_up(const StandInServer& server, const std::function<void()>& at_head) {
  auto client = client_of(server);
  httplib::Request request;
  request.method = "POST";
  request.path = "/v1/chat/completions";
  request.headers = header_of(trial_of(0));
  request.body = Conversation{}.body();
  request.response_handler = [&](const httplib::Response& response) {
    EXPECT_EQ(response.status, 200);
    at_head();
    return false;
  };
  EXPECT_FALSE(client.send(request));
}

TEST(StandInFaults, AStalledStreamIsGivenUpWhenTheClientHangsUp) {
  const auto server = serve("fault=stall", 1);
  // Many more than the server has threads for: each must be free again.
  for (int i = 0; i < 60; ++i) ask_and_hang_up(*server, [] {});
  EXPECT_TRUE(client_of(*server).Get("/v1/models"));
}

TEST(StandIn, StoppingEndsEveryStreamAndEveryIdleConnection) {
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  suite();
  const auto before = descriptors();
  auto server = serve("fault=stall,tok_s=0.001");
  auto idle = client_of(*server);
  ASSERT_TRUE(idle.Get("/v1/models"));
  std::promise<void> at_head;
  httplib::Client stalled = client_of(*server);
  bool complete = true;
  std::jthread client([&] {
    httplib::Request request;
    request.method = "POST";
    request.path = "/v1/chat/completions";
    request.body = Conversation{}.body();
    request.response_handler = [&](const httplib::Response&) {
      at_head.set_value();
      return true;
    };
    request.content_receiver = [](const char*, size_t, std::uint64_t, std::uint64_t) {
      return true;
    };
    complete = static_cast<bool>(stalled.send(request));
  });
  at_head.get_future().wait();
  server.reset();
  client.join();
  EXPECT_FALSE(complete);
  idle.stop();
  stalled.stop();
  EXPECT_EQ(descriptors(), before);
}

TEST(StandIn, TheProcessStillDiesOfABrokenPipe) {
  struct sigaction before{};
  struct sigaction after{};
  sigaction(SIGPIPE, nullptr, &before);
  const auto server = serve("");
  sigaction(SIGPIPE, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
}

TEST(StandIn, APortThatIsTakenIsAnError) {
  const auto server = serve("");
  const std::string url = server->url();
  const int port = std::stoi(url.substr(url.rfind(':') + 1));
  const auto second = StandInServer::start({}, suite().tasks, port, 1);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().sentence, HasSubstr(std::to_string(port)));
}

TEST(StandInHostile, BadBodiesGetAnErrorAndTheServerLivesOn) {
  const auto server = serve("");
  auto client = client_of(*server);
  const std::string deep = R"({"messages":[{"role":"user","content":)" + std::string(100'000, '[') +
                           std::string(100'000, ']') + "}]}";
  const std::string user = R"({"role":"user","content":"hi"})";
  const std::vector<std::string> bodies = {
      "",
      "{",
      "<html>",
      "[]",
      "7",
      deep,
      "{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}",
      R"({"messages":[]})",
      R"({"messages":{}})",
      R"({"messages":[7]})",
      R"({"messages":[{"role":"boss"}]})",
      R"({"messages":[{"role":"user","content":7}]})",
      R"({"messages":[)" + user + R"(],"tools":[]})",
      R"({"messages":[)" + user + R"(],"stream_options":{"include_usage":true}})",
      R"({"messages":[{"role":"tool","content":"x"}]})",
      R"({"messages":[{"role":"assistant","tool_calls":[7]}]})",
      R"({"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"n","arguments":"{\"a\":"}}]}]})"};
  for (const std::string& body : bodies) {
    const Answer answer = ask(client, body);
    EXPECT_EQ(answer.status, 400) << body.substr(0, 80);
    const auto json = parse_json(answer.body);
    ASSERT_TRUE(json) << body.substr(0, 80);
    EXPECT_FALSE(json->at("error").at("message").get<std::string>().empty());
  }
  EXPECT_EQ(ask(client, bare_body()).text, "ready");
}

TEST(StandInHostile, WhatATrialNamesMustExist) {
  const auto server = serve("");
  auto client = client_of(*server);
  StandInTrial unknown = trial_of(0);
  unknown.task = "no-such-task";
  EXPECT_EQ(ask(client, Conversation{}.body(), header_of(unknown)).status, 404);
  EXPECT_EQ(ask(client, Conversation{}.body(), header_of(trial_of(0, "no such policy"))).status,
            404);
  const Answer throws = ask(client, Conversation{}.body(), header_of(trial_of(0, "throws")));
  EXPECT_EQ(throws.status, 500);
  EXPECT_THAT(throws.body, HasSubstr("a broken policy"));
  for (const char* header :
       {"{", "[]", R"({"task":"take-notes"})", R"({"task":7})",
        R"({"task":"take-notes","seed":-1,"run_seed":1,"contestant":"c","repeat":0})"}) {
    EXPECT_EQ(ask(client, Conversation{}.body(), {{kTrialHeader, header}}).status, 400) << header;
  }
}

TEST(StandInHostile, UnknownRoutesGetAnErrorInTheSameShape) {
  const auto server = serve("");
  const auto result = client_of(*server).Get("/admin");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 404);
  EXPECT_EQ(parse_json(result->body)->at("error").at("type"), "NotFoundError");
}

}  // namespace
}  // namespace plumb
