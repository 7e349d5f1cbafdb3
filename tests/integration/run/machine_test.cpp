// Real servers, brought up and taken down by real commands.
#include <cstdlib>

#include "tests/integration/run/machine_fixture.hpp"
#include "tests/support/fake_endpoint.hpp"

namespace plumb::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class MachineOf : public MachineTest {
 protected:
  Waiter waiter_{real_clock(), {}};
};

TEST_F(MachineOf, AServerInTheForegroundIsUpUntilItIsTakenDown) {
  const Contestant who = contestant("a", "foreground");
  const auto served = endpoint(who);
  Machine machine({{who, *served}}, {});
  const auto up = machine.bring_up("a", waiter_);
  ASSERT_TRUE(up) << up.error().sentence;
  EXPECT_EQ(machine.who_is_up(), "a");
  EXPECT_TRUE(served->models(waiter_));
  EXPECT_TRUE(machine.take_down());
  EXPECT_FALSE(served->models(waiter_));
  EXPECT_THAT(diary(), ElementsAre("up model-a", "down model-a"));
}

TEST_F(MachineOf, AServerThatWasLeftBehindIsStoppedByDown) {
  Contestant who = contestant("a", "daemon");
  who.down = command("stop", "a");
  const auto served = endpoint(who);
  {
    Machine machine({{who, *served}}, {});
    const auto up = machine.bring_up("a", waiter_);
    ASSERT_TRUE(up) << up.error().sentence;
    EXPECT_TRUE(is_up());
  }
  EXPECT_FALSE(is_up()) << "the end of a machine takes down what is up";
  EXPECT_THAT(diary(), ElementsAre("stop a", "up model-a", "stop a", "down model-a"))
      << "a run that was killed may have left a server, so `down` is run before the first `up`";
}

TEST_F(MachineOf, AServerThatIsLeftBehindWithoutAWayToStopItIsRefused) {
  Contestant starter = contestant("a", "foreground");
  starter.up = {"true"};
  const auto served = endpoint(starter);
  Machine machine({{starter, *served}}, {});
  const auto up = machine.bring_up("a", waiter_);
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error().blame, Blame::user);
  EXPECT_THAT(up.error().sentence, HasSubstr("no \"down\" command"));
}

TEST_F(MachineOf, OneThatNeverGetsReadyIsGivenUpAndEnded) {
  Contestant who = contestant("a", "never");
  who.ready_timeout_s = 0.5;
  const auto served = endpoint(who);
  Machine machine({{who, *served}}, {});
  const auto up = machine.bring_up("a", waiter_);
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error().blame, Blame::server);
  EXPECT_THAT(up.error().sentence,
              AllOf(HasSubstr("not ready within 500 ms"), HasSubstr("raise ready_timeout_s")));
  EXPECT_EQ(machine.who_is_up(), "");
  EXPECT_FALSE(is_up());
}

TEST_F(MachineOf, OneThatServesAnotherModelIsNotTakenForTheRightOne) {
  Contestant who = contestant("a", "foreground");
  who.model = "model-of-somebody-else";
  const auto served = endpoint(who);
  Machine machine({{who, *served}}, {});
  const auto up = machine.bring_up("a", waiter_);
  ASSERT_FALSE(up);
  EXPECT_THAT(up.error().sentence,
              AllOf(HasSubstr("\"model-a\""), HasSubstr("\"model-of-somebody-else\"")));
  EXPECT_FALSE(is_up());
}

TEST_F(MachineOf, AFailedUpShowsTheEndOfItsLogWithoutSecrets) {
  ::setenv("PLUMB_TEST_KEY", "sk-1234567890", 1);
  Contestant who = contestant("a", "fail");
  who.key_env = "PLUMB_TEST_KEY";
  const auto served = endpoint(who);
  Machine machine({{who, *served}}, secrets_of({who}));
  const auto up = machine.bring_up("a", waiter_);
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error().blame, Blame::user);
  EXPECT_THAT(up.error().sentence,
              AllOf(HasSubstr("ended with exit code 1"), HasSubstr("\"no such weights\"")));
  EXPECT_THAT(up.error().log, AllOf(HasSubstr("loading model-a\n"), HasSubstr("key is [secret]"),
                                    Not(HasSubstr("sk-1234567890"))));
}

TEST_F(MachineOf, TheCommandThatIsShownHasNoSecrets) {
  Contestant who = contestant("a", "fail");
  who.up = {"sh",        "-c",         "HF_TOKEN=hf-98765 exit 3",
            "serve",     "--api-key",  "sk-of-option",
            "--port=80", "header-1234"};
  who.headers = {{"X-Own", "header-1234"}};
  const auto served = endpoint(who);
  Machine machine({{who, *served}}, secrets_of({who}));
  const auto up = machine.bring_up("a", waiter_);
  ASSERT_FALSE(up);
  EXPECT_THAT(up.error().sentence,
              AllOf(HasSubstr("HF_TOKEN=[secret]"), HasSubstr("--api-key [secret] --port=80"),
                    Not(HasSubstr("hf-98765")), Not(HasSubstr("sk-of-option")),
                    Not(HasSubstr("header-1234"))));
}

TEST_F(MachineOf, AProgramThatIsNotThereIsNamed) {
  Contestant who = contestant("a", "foreground");
  who.up = {"no-such-program-at-all"};
  const auto served = endpoint(who);
  Machine machine({{who, *served}}, {});
  const auto up = machine.bring_up("a", waiter_);
  ASSERT_FALSE(up);
  EXPECT_THAT(up.error().sentence, HasSubstr("no-such-program-at-all"));
}

TEST_F(MachineOf, AnInterruptedUpLeavesNoProcessBehind) {
  const Contestant who = contestant("a", "never");
  std::stop_source stop;
  std::string server;
  FakeEndpoint unready;
  unready.on_models = [&]() -> std::expected<std::vector<ServedModel>, Fault> {
    server = pid();
    if (!server.empty()) stop.request_stop();
    return std::unexpected(Fault{.kind = Fault::Kind::connect});
  };
  Machine machine({{who, unready}}, {});
  Waiter waiter(real_clock(), stop.get_token());
  const auto up = machine.bring_up("a", waiter);
  ASSERT_FALSE(up);
  EXPECT_TRUE(up.error().cancelled);
  EXPECT_FALSE(runs(server)) << server;
}

TEST_F(MachineOf, WhoDoesNotListenToSigtermIsKilled) {
  const Contestant who = contestant("a", "stubborn");
  const auto served = endpoint(who);
  Machine machine({{who, *served}}, {}, {.end = std::chrono::milliseconds(20)});
  ASSERT_TRUE(machine.bring_up("a", waiter_));
  const std::string server = pid();
  EXPECT_TRUE(runs(server));
  EXPECT_TRUE(machine.take_down());
  EXPECT_FALSE(runs(server));
}

TEST_F(MachineOf, WhereOneIsStillUpNobodyElseIsBroughtUp) {
  Contestant first = contestant("a", "foreground");
  first.down = {"false"};
  const Contestant second = contestant("b", "foreground");
  FakeEndpoint answers_for_ever;
  answers_for_ever.on_models = [] { return std::vector<ServedModel>{{.id = "model-a"}}; };
  const auto served = endpoint(second);
  Machine machine({{first, answers_for_ever}, {second, *served}}, {});
  ASSERT_TRUE(machine.bring_up("a", waiter_));
  const Status down = machine.take_down();
  ASSERT_FALSE(down);
  EXPECT_THAT(full_sentence(down.error()), HasSubstr("(false) ended with exit code 1"));
  const auto up = machine.bring_up("b", waiter_);
  ASSERT_FALSE(up);
  EXPECT_THAT(up.error().sentence, HasSubstr("a is still up"));
}

TEST(MachinesOf, AModelThatIsBroughtUpMustBeNamed) {
  std::vector<Contestant> contestants(1);
  contestants[0].name = "mine";
  contestants[0].url = "http://127.0.0.1:1/v1";
  contestants[0].up = {"serve"};
  const Status status = check_machines(contestants);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().sentence, HasSubstr("\"mine\""));
  contestants[0].model = "m";
  EXPECT_TRUE(check_machines(contestants));
  contestants[0].up.clear();
  contestants[0].down = {"stop"};
  EXPECT_FALSE(check_machines(contestants));
}

}  // namespace
}  // namespace plumb::test
