// Servers that never answer, and one that goes away in the middle and comes back.
#include <atomic>
#include <csignal>
#include <set>

#include "tests/integration/cli/cli_fixture.hpp"
#include "tests/integration/cli/scripted_model.hpp"

namespace plumb::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class Outage : public Cli {};

TEST_F(Outage, AServerThatNeverAnswersIsNoFailureOfTheModel) {
  RawServer server([](RawConnection& connection, const RawRequest&) { connection.wait_closed(); });
  const PlumbEnd end = plumb({"run", kQuick, "--repeats", "2", "--no-ruler", "--model",
                              "mute=" + server.url() + "/v1,model=x,idle_timeout_s=0.5,attempts=1",
                              "--json", "card.json", "--markdown", "card.md"});
  EXPECT_EQ(end.code, 3) << end.out << end.err;
  const Outcomes stored = outcomes();
  EXPECT_EQ(stored.size(), 6U);
  for (const auto& [key, settled] : stored) {
    EXPECT_EQ(settled.outcome, "invalid");
    EXPECT_EQ(settled.reason, "never_reached");
  }
  EXPECT_THAT(end.out, ContainsRegex("\n mute +- +- +0/6 "));
  const Json card = json("card.json");
  const Json& contestant = card["contestants"][0];
  for (const char* member : {"rate", "low", "high"}) {
    EXPECT_TRUE(contestant["completion"][member].is_null()) << contestant["completion"];
  }
  EXPECT_EQ(contestant["trials"]["scored"], 0);
  EXPECT_EQ(contestant["trials"]["failed"], 0);
  EXPECT_EQ(contestant["coverage"], 0.0);
  EXPECT_EQ(card["run"]["exit_code"], 3);
  for (const std::string& text : {end.out, bytes("card.md")}) {
    EXPECT_THAT(text, AllOf(ContainsRegex("never.?_reached"), HasSubstr("0/6")));
    EXPECT_THAT(text, Not(HasSubstr("0.0 %"))) << "a rate that nobody measured";
  }
}

TEST_F(Outage, AServerThatNeverAnswersAndNamesNoModelCannotBeMeasured) {
  RawServer server([](RawConnection& connection, const RawRequest&) { connection.wait_closed(); });
  const PlumbEnd end = plumb({"run", kQuick, "--no-ruler", "--model",
                              "mute=" + server.url() + "/v1,idle_timeout_s=0.5,attempts=1"});
  EXPECT_EQ(end.code, 4) << end.out << end.err;
  EXPECT_THAT(end.err, HasSubstr("name the model with model="));
}

TEST_F(Outage, AServerThatLoadsItsModelIsWaitedForBeforeAndInARun) {
  std::atomic<int> asked = 0;
  std::atomic<int> chats = 0;
  RawServer server([&](RawConnection& connection, const RawRequest& request) {
    const bool first_chat = !asks_for_models(request) && chats++ == 0;
    if (asked++ < 2 || first_chat) {
      connection.send(http_response(
          503, "application/json",
          R"({"error":{"message":"Loading model","type":"unavailable_error","code":503}})"));
    } else {
      connection.send(obedient_answer(request));
    }
  });
  const PlumbEnd end = plumb({"run", kQuick, "--task", "number-note", "--no-ruler", "--model",
                              "slow=" + server.url() + "/v1,model=x,attempts=1"});
  EXPECT_EQ(end.code, 0) << end.out << end.err;
  EXPECT_THAT(end.out + end.err, HasSubstr("slow: its server is loading the model"));
  for (const auto& [key, settled] : outcomes()) {
    EXPECT_EQ(settled.outcome, "passed");
    EXPECT_EQ(settled.attempts, 1);
  }
}

TEST_F(Outage, AServerThatMisreadsTheModelsWordsIsNotAskedTwice) {
  const std::string unread =
      R"({"error":{"code":500,"message":"The model produced output that does not match the )"
      R"(expected peg-native format","type":"server_error"}})";
  RawServer server([&](RawConnection& connection, const RawRequest& request) {
    const bool of_the_task = !asked_number(request.body).empty();
    connection.send(of_the_task ? http_response(500, "application/json", unread)
                                : obedient_answer(request));
  });
  const PlumbEnd end = plumb({"run", kQuick, "--task", "number-note", "--no-ruler", "--model",
                              "peg=" + server.url() + "/v1,model=x"});
  EXPECT_EQ(end.code, 0) << end.out << end.err;
  const auto stored = trials();
  ASSERT_FALSE(stored.empty());
  for (const TrialRecord& record : stored) {
    EXPECT_EQ(record.verdict.outcome, Outcome::failed);
    EXPECT_EQ(record.verdict.reason, Reason::server_rejected);
    EXPECT_EQ(record.verdict.blame, Blame::undetermined);
    EXPECT_EQ(record.retries, 0);
    EXPECT_THAT(record.verdict.sentence, HasSubstr("peg-native"));
  }
}

TEST_F(Outage, AProxyIsNamedInTheCard) {
  RawServer proxy([](RawConnection& connection, const RawRequest& request) {
    connection.send(obedient_answer(request));
  });
  const PlumbEnd end = plumb({"run", kQuick, "--task", "number-note", "--no-ruler", "--model",
                              "far=http://model.test/v1,model=x", "--json", "card.json"},
                             {"http_proxy=" + proxy.url(), "no_proxy="});
  EXPECT_EQ(end.code, 0) << end.out << end.err;
  EXPECT_THAT(json("card.json")["contestants"][0]["proxy"].get<std::string>(),
              HasSubstr("127.0.0.1:" + std::to_string(proxy.port())));
  EXPECT_THAT(end.out, HasSubstr("asked through the proxy http://127.0.0.1:"));
}

TEST_F(Outage, CtrlCDoesNotWaitForASilentServer) {
  RawServer server([](RawConnection& connection, const RawRequest& request) {
    if (asks_for_models(request)) {
      connection.send(models_answer());
    } else {
      connection.wait_closed();
    }
  });
  PlumbProcess process(PLUMB_PROGRAM,
                       {"run", kQuick, "--no-ruler", "--model", "mute=" + server.url() + "/v1"},
                       settings());
  server.wait_for_requests(2);
  process.signal(SIGINT);
  // The server may be silent for 120 s, which is more than end() waits.
  const PlumbEnd end = process.end();
  EXPECT_EQ(end.code, 130) << end.out << end.err;
  EXPECT_EQ(runs_stored(), 0);
}

TEST_F(Outage, AServerThatDiesInTheMiddleEndsTheRunAndResumeFinishesIt) {
  constexpr int kTrials = 12;
  constexpr int kAnswersOfTheFirst = 15;
  std::atomic<int> asked = 0;
  // It falls silent before it dies, so that the run is in its middle however fast it is.
  auto server =
      std::make_unique<RawServer>([&](RawConnection& connection, const RawRequest& request) {
        const bool of_trial = request.body.find("Write the number") != std::string::npos;
        if (of_trial && ++asked > kAnswersOfTheFirst) return connection.wait_closed();
        connection.send(obedient_answer(request));
      });
  const int port = server->port();
  const std::vector<std::string> arguments = {"run",
                                              kQuick,
                                              "--task",
                                              "number-note",
                                              "--model",
                                              "mortal=" + server->url() + "/v1,model=x,attempts=1",
                                              "--json",
                                              "card.json",
                                              "--repeats",
                                              std::to_string(kTrials),
                                              "--concurrency",
                                              "2",
                                              "--outage-patience",
                                              "0.1",
                                              "--no-ruler",
                                              "--resume"};

  PlumbProcess process(PLUMB_PROGRAM, arguments, settings());
  int announced = 0;
  while (announced < 3) {
    const auto line = process.next_line();
    ASSERT_TRUE(line) << process.end().err;
    announced += announced_trial(*line) ? 1 : 0;
  }
  server.reset();
  const PlumbEnd end = process.end();
  EXPECT_EQ(end.code, 4) << end.out << end.err;
  EXPECT_THAT(end.out, AllOf(HasSubstr("an endpoint stopped answering"), HasSubstr("--resume")));
  EXPECT_EQ(json("card.json")["run"]["state"], "outage");
  std::set<TrialKey> kept;
  for (const auto& [key, settled] : outcomes()) {
    if (settled.outcome == "passed") kept.insert(key);
  }
  EXPECT_GE(kept.size(), 3U);
  EXPECT_LT(kept.size(), static_cast<std::size_t>(kTrials));

  server = std::make_unique<RawServer>(
      [](RawConnection& connection, const RawRequest& request) {
        connection.send(obedient_answer(request));
      },
      port);
  const PlumbEnd resumed = plumb(arguments);
  EXPECT_EQ(resumed.code, 0) << resumed.out << resumed.err;
  for (const std::string& line : split(resumed.out, '\n')) {
    const auto trial = announced_trial(line);
    EXPECT_FALSE(trial && kept.contains(*trial)) << "run again: " << line;
  }
  EXPECT_EQ(runs_stored(), 1);
  std::map<TrialKey, int> passed;
  for (const TrialRecord& record : trials()) {
    passed[record.key] += record.verdict.outcome == Outcome::passed ? 1 : 0;
  }
  EXPECT_EQ(passed.size(), static_cast<std::size_t>(kTrials));
  for (const auto& [key, times] : passed) EXPECT_EQ(times, 1) << key.repeat;
  const Json card = json("card.json");
  EXPECT_EQ(card["run"]["state"], "finished");
  EXPECT_EQ(card["contestants"][0]["trials"]["planned"], kTrials);
  EXPECT_EQ(card["contestants"][0]["trials"]["passed"], kTrials);
}

}  // namespace
}  // namespace plumb::test
