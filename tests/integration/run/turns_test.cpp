// Whole runs over contestants that exclude each other, fall silent, or never come up: real
// endpoints and a real store, pretended sandboxes.
#include <atomic>
#include <mutex>

#include "core/endpoint/capability.hpp"
#include "core/run/run.hpp"
#include "tests/integration/cli/scripted_model.hpp"
#include "tests/integration/run/machine_fixture.hpp"
#include "tests/support/fake_sandbox.hpp"

namespace plumb::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A world of its own for each trial.
class Sandboxes : public SandboxFactory {
 public:
  Result<std::unique_ptr<Sandbox>> start(Waiter&) override {
    return std::make_unique<FakeSandbox>(std::make_shared<FakeWorld>());
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool isolates() const override { return false; }
  [[nodiscard]] const std::string& digest() const override { return name_; }

 private:
  std::string name_ = "pretended";
};

class Listener : public RunObserver {
 public:
  void on_stage(const std::string& sentence) override {
    if (stage) stage(sentence);
  }
  void on_start(const RunInfo&, int, int) override {}
  void on_begin(const TrialKey& key, int) override {
    if (begin) begin(key);
  }
  void on_turn(const TrialKey&, int, int) override {}
  void on_trial(const TrialRecord& record, bool) override {
    const std::lock_guard lock(mutex_);
    order.push_back(record.key.contestant);
  }
  void on_alarm(const Json&) override {}

  std::function<void(const std::string&)> stage;
  std::function<void(const TrialKey&)> begin;
  std::vector<std::string> order;

 private:
  std::mutex mutex_;
};

class Turns : public MachineTest {
 protected:
  Result<Json> run(std::vector<Contestant> contestants, int repeats, int concurrency = 2) {
    RunRequest request;
    request.bench.suite = {QUICK_TASKS};
    request.bench.task_globs = {"number-note"};
    request.bench.contestants = std::move(contestants);
    request.bench.repeats = repeats;
    request.bench.concurrency = concurrency;
    request.check_ruler = false;
    request.resume = resume_;
    request.outage_patience = std::chrono::milliseconds(100);
    return conduct_run(std::move(request),
                       {.store = *store_,
                        .sandboxes = sandboxes_,
                        .make_endpoint = [this](const Contestant& who, const auto&)
                            -> Result<std::unique_ptr<Endpoint>> { return endpoint(who); },
                        .servers = book_,
                        .observer = listener_},
                       stop_.get_token());
  }
  /// "passed", "invalid never_reached", ... of each contestant's trials, in the order of repeats.
  static std::vector<std::string> outcomes(const Result<Json>& card, Store& store,
                                           const std::string& contestant) {
    std::vector<std::string> found;
    const auto records = store.trials(card->at("run").at("id").get<std::string>());
    for (const TrialRecord& record : *records) {
      if (record.key.contestant != contestant) continue;
      std::string outcome = outcome_name(record.verdict.outcome);
      if (record.verdict.reason != Reason::none) {
        outcome += std::string(" ") + reason_name(record.verdict.reason);
      }
      found.push_back(std::move(outcome));
    }
    return found;
  }
  /// One that is up all the time.
  static Contestant standing(const std::string& name, const RawServer& server) {
    Contestant made;
    made.name = name;
    made.model = "x";
    made.url = server.url() + "/v1";
    made.attempts = 1;
    return made;
  }

  std::unique_ptr<Store> store_ = Store::open(folder_.file("plumb.db")).value();
  Sandboxes sandboxes_;
  Listener listener_;
  std::stop_source stop_;
  bool resume_ = false;
};

/// The last request of a trial of "number-note".
bool ends_a_trial(const RawRequest& request) {
  return !asked_number(request.body).empty() &&
         request.body.find(R"("role":"tool")") != std::string::npos;
}

RawServer::Handler obedient() {
  return [](RawConnection& connection, const RawRequest& request) {
    connection.send(obedient_answer(request));
  };
}

TEST_F(Turns, TwoOfAGroupAreMeasuredAndNeverUpTogether) {
  const auto card = run({contestant("a", "foreground"), contestant("b", "foreground")}, 3);
  ASSERT_TRUE(card) << full_sentence(card.error());
  EXPECT_EQ(card->at("run").at("exit_code"), 0) << card->at("alarms").dump(1);
  EXPECT_THAT(diary(), ElementsAre("up model-a", "down model-a", "up model-b", "down model-b",
                                   "up model-a", "down model-a", "up model-b", "down model-b"));
  EXPECT_THAT(listener_.order, ElementsAre("a", "b", "b", "a", "a", "b"));
  EXPECT_FALSE(is_up());
}

TEST_F(Turns, TwoThatAreSwappedInByAnotherProgramTakeTurnsToo) {
  RawServer server(obedient());
  Contestant a = standing("a", server);
  Contestant b = standing("b", server);
  a.group = b.group = "swapped";
  const auto card = run({a, b}, 2);
  ASSERT_TRUE(card) << full_sentence(card.error());
  EXPECT_EQ(card->at("run").at("exit_code"), 0) << card->at("alarms").dump(1);
  EXPECT_THAT(listener_.order, ElementsAre("a", "b", "b", "a"));
}

TEST_F(Turns, AFailedUpIsInvalidAndTheOthersGoOn) {
  RawServer server(obedient());
  const auto card = run(
      {contestant("broken", "fail"), contestant("b", "foreground"), standing("always", server)}, 2);
  ASSERT_TRUE(card) << full_sentence(card.error());
  EXPECT_EQ(card->at("run").at("exit_code"), 3);
  EXPECT_THAT(outcomes(card, *store_, "broken"),
              ElementsAre("invalid never_reached", "invalid never_reached"));
  EXPECT_THAT(outcomes(card, *store_, "b"), ElementsAre("passed", "passed"));
  EXPECT_THAT(outcomes(card, *store_, "always"), ElementsAre("passed", "passed"));
  const auto& alarms = card->at("alarms");
  const auto failed =
      std::ranges::find_if(alarms, [](const Json& alarm) { return alarm["id"] == "up_failed"; });
  ASSERT_NE(failed, alarms.end()) << alarms.dump(1);
  EXPECT_EQ((*failed)["contestant"], "broken");
  EXPECT_THAT((*failed)["evidence"].get<std::string>(), HasSubstr("no such weights"));
  EXPECT_EQ(card->at("contestants")[0]["blame"]["user"], 2);
}

TEST_F(Turns, AnInterruptedRunTakesDownWhatIsUp) {
  std::string server;
  listener_.begin = [&](const TrialKey&) {
    server = pid();
    stop_.request_stop();
  };
  const auto card = run({contestant("a", "foreground"), contestant("b", "foreground")}, 2);
  ASSERT_TRUE(card) << full_sentence(card.error());
  EXPECT_EQ(card->at("run").at("state"), "interrupted");
  EXPECT_FALSE(server.empty());
  EXPECT_FALSE(runs(server));
  EXPECT_FALSE(is_up());
}

TEST_F(Turns, AResumedRunKeepsTheWholeCardOfAnEarlierSession) {
  listener_.begin = [&](const TrialKey&) { stop_.request_stop(); };
  const auto first = run({contestant("a", "foreground")}, 2);
  ASSERT_TRUE(first) << full_sentence(first.error());
  ASSERT_EQ(first->at("run").at("state"), "interrupted");
  const std::string id = first->at("run").at("id");
  Json plan = store_->run(id)->plan;
  // A table of the card, which a session that reads the card does not need.
  plan["contestants"][0]["probe"]["speed"]["decode"] = {{{"text", "dense"}, {"tok_s", 30}}};
  ASSERT_TRUE(store_->set_plan(id, plan));

  stop_ = {};
  listener_.begin = nullptr;
  resume_ = true;
  const auto second = run({contestant("a", "foreground")}, 2);
  ASSERT_TRUE(second) << full_sentence(second.error());
  EXPECT_EQ(second->at("run").at("id"), id);
  EXPECT_EQ(second->at("run").at("exit_code"), 0) << second->at("alarms").dump(1);
  EXPECT_EQ(store_->run(id)->plan, plan);
}

TEST_F(Turns, WhoCouldNotBeReachedIsProbedAgainWhenTheRunIsResumed) {
  std::atomic<bool> sick = true;
  RawServer server([&](RawConnection& connection, const RawRequest& request) {
    connection.send(sick ? http_response(500, "application/json", R"({"error":"boom"})")
                         : obedient_answer(request));
  });
  listener_.begin = [&](const TrialKey&) { stop_.request_stop(); };
  const auto first = run({standing("x", server)}, 1);
  ASSERT_TRUE(first) << full_sentence(first.error());
  const std::string id = first->at("run").at("id");
  const auto reachable = [&] {
    const Json plan = store_->run(id)->plan;
    return capability_card_from_json(plan["contestants"][0]["probe"]).find("reachable")->value;
  };
  ASSERT_EQ(reachable(), false);

  sick = false;
  stop_ = {};
  listener_.begin = nullptr;
  resume_ = true;
  const auto second = run({standing("x", server)}, 1);
  ASSERT_TRUE(second) << full_sentence(second.error());
  EXPECT_EQ(second->at("run").at("id"), id);
  EXPECT_EQ(second->at("run").at("exit_code"), 0) << second->at("alarms").dump(1);
  EXPECT_EQ(reachable(), true);
}

TEST_F(Turns, AnInterruptionWhileAServerComesUpEndsItToo) {
  Contestant slow = contestant("a", "never");
  listener_.stage = [&](const std::string& sentence) {
    if (sentence.starts_with("bringing up")) stop_.request_stop();
  };
  const auto card = run({slow}, 1);
  ASSERT_TRUE(card) << full_sentence(card.error());
  EXPECT_EQ(card->at("run").at("state"), "interrupted");
  EXPECT_EQ(card->at("contestants")[0]["trials"]["not_run"], 1);
  EXPECT_FALSE(is_up());
}

TEST_F(Turns, AnOutageEndsOnlyTheContestantThatItHits) {
  constexpr int kRepeats = 6;
  std::atomic<bool> dead = false;
  RawServer mortal([&](RawConnection& connection, const RawRequest& request) {
    if (dead) return;  // hangs up on everybody
    if (ends_a_trial(request)) dead = true;
    connection.send(obedient_answer(request));
  });
  RawServer lasting(obedient());
  Contestant dying = standing("mortal", mortal);
  dying.concurrency = 1;
  const auto card = run({dying, standing("lasting", lasting)}, kRepeats);
  ASSERT_TRUE(card) << full_sentence(card.error());
  EXPECT_EQ(card->at("run").at("state"), "outage");
  EXPECT_EQ(card->at("run").at("exit_code"), 4);
  EXPECT_THAT(outcomes(card, *store_, "lasting"),
              ElementsAre("passed", "passed", "passed", "passed", "passed", "passed"));
  EXPECT_EQ(outcomes(card, *store_, "mortal").front(), "passed");
  EXPECT_GT(card->at("contestants")[0]["trials"]["not_run"], 0);
}

TEST_F(Turns, AnErrorThatIsTheSameEachTimeIsNoOutage) {
  std::atomic<bool> is_sick = false;
  RawServer server([&](RawConnection& connection, const RawRequest& request) {
    if (is_sick && !asks_for_models(request)) {
      connection.send(http_response(500, "application/json", R"({"error":{"message":"boom"}})"));
      return;
    }
    if (ends_a_trial(request)) is_sick = true;
    connection.send(obedient_answer(request));
  });
  const auto card = run({standing("sick", server)}, 3);
  ASSERT_TRUE(card) << full_sentence(card.error());
  EXPECT_EQ(card->at("run").at("state"), "finished");
  EXPECT_EQ(card->at("run").at("exit_code"), 3);
  EXPECT_EQ(card->at("contestants")[0]["trials"]["not_run"], 0);
}

TEST_F(Turns, AContestantsOwnConcurrencyIsKept) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  RawServer server([&](RawConnection& connection, const RawRequest& request) {
    most = std::max(most.load(), ++now);
    connection.send(obedient_answer(request));
    --now;
  });
  Contestant alone = standing("alone", server);
  alone.concurrency = 1;
  const auto card = run({alone}, 6, 4);
  ASSERT_TRUE(card) << full_sentence(card.error());
  EXPECT_EQ(card->at("run").at("exit_code"), 0);
  EXPECT_EQ(most, 1);
}

}  // namespace
}  // namespace plumb::test
