// Servers that answer with what no server should: the run ends by itself, with a scorecard that
// says what happened.
#include "tests/integration/cli/cli_fixture.hpp"
#include "tests/integration/cli/scripted_model.hpp"

namespace plumb::test {
namespace {

using testing::HasSubstr;

constexpr int kDeep = 100'000;

std::string nested(const std::string& open, const std::string& close) {
  std::string text;
  for (int i = 0; i < kDeep; ++i) text += open;
  for (int i = 0; i < kDeep; ++i) text += close;
  return text;
}

class HostileModel : public Cli {
 protected:
  /// One trial of "number-note" against a server of this kind: its record.
  TrialRecord try_against(RawServer::Handler handler, int exit_code) const {
    RawServer server(std::move(handler));
    const PlumbEnd end = plumb(
        {"run", kQuick, "--task", "number-note", "--repeats", "1", "--no-ruler", "--model",
         "x=" + server.url() + "/v1,model=x,idle_timeout_s=5,attempts=1", "--json", "card.json"});
    EXPECT_EQ(end.code, exit_code) << end.out << end.err;
    EXPECT_EQ(end.signal, 0);
    EXPECT_THAT(end.out, HasSubstr("number-note"));
    EXPECT_EQ(json("card.json")["schema"], "plumb.scorecard/1");
    const auto records = trials();
    if (records.empty()) throw std::runtime_error("no trial is stored");
    return records.back();
  }
};

#define EXPECT_VERDICT(record, expected_outcome, expected_reason)                       \
  EXPECT_STREQ(outcome_name((record).verdict.outcome), outcome_name(expected_outcome)); \
  EXPECT_STREQ(reason_name((record).verdict.reason), reason_name(expected_reason))      \
      << (record).verdict.sentence

TEST_F(HostileModel, AnEmptyBodyIsTheServersFault) {
  const TrialRecord record = try_against(always(http_response(200, "text/event-stream", "")), 3);
  EXPECT_VERDICT(record, Outcome::invalid, Reason::endpoint_error);
  EXPECT_EQ(record.verdict.blame, Blame::server);
}

TEST_F(HostileModel, APageInHtmlIsTheServersFault) {
  const TrialRecord record = try_against(
      always(http_response(200, "text/html", "<html><body>Welcome to the proxy</body></html>")), 3);
  EXPECT_VERDICT(record, Outcome::invalid, Reason::endpoint_error);
  EXPECT_EQ(record.verdict.blame, Blame::server);
  EXPECT_THAT(record.verdict.sentence, HasSubstr("Welcome to the proxy"));
}

TEST_F(HostileModel, TwoHundredMegabytesOfTextAreNotKept) {
  const std::string event = chunk(delta_event({{"content", std::string(1'000'000, 'x')}}));
  const TrialRecord record = try_against(
      [&](RawConnection& connection, const RawRequest& request) {
        if (asks_for_models(request)) {
          connection.send(models_answer());
          return;
        }
        bool wanted = connection.send(sse_head());
        for (int i = 0; i < 200 && wanted; ++i) wanted = connection.send(event);
        connection.send(chunk("data: [DONE]\n\n"));
        connection.send(kLastChunk);
      },
      0);
  EXPECT_VERDICT(record, Outcome::capped, Reason::tokens);
  EXPECT_LT(std::filesystem::file_size(file("plumb.db")), 10'000'000U);
}

TEST_F(HostileModel, InvalidUtf8IsTextOfTheModel) {
  const TrialRecord record = try_against(
      always(stream_of("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"gr\xFF\xC3n\"},"
                       "\"finish_reason\":\"stop\"}]}\n\n")),
      0);
  EXPECT_VERDICT(record, Outcome::failed, Reason::gave_up);
}

TEST_F(HostileModel, ArgumentsNestedWithoutEndAreMalformed) {
  const TrialRecord record =
      try_against(always(call_answer("write_file", nested("{\"a\":", "}"))), 0);
  EXPECT_VERDICT(record, Outcome::failed, Reason::malformed_calls);
  EXPECT_EQ(record.verdict.blame, Blame::undetermined) << "the server shows no raw completion";
}

TEST_F(HostileModel, AChunkNestedWithoutEndIsTheServersFault) {
  const TrialRecord record =
      try_against(always(stream_of("data: {\"choices\":" + nested("[", "]") + "}\n\n")), 3);
  EXPECT_VERDICT(record, Outcome::invalid, Reason::endpoint_error);
}

TEST_F(HostileModel, AToolThatIsNotOfferedIsAMalformedCall) {
  const TrialRecord record =
      try_against(always(call_answer("launch_rocket", "{\"to\":\"moon\"}")), 0);
  EXPECT_VERDICT(record, Outcome::failed, Reason::malformed_calls);
  EXPECT_EQ(record.calls.count(Defect::unknown_tool), record.calls.total);
  EXPECT_EQ(record.calls.valid, 0);
}

TEST_F(HostileModel, ControlCharactersReachNoTerminal) {
  RawServer server(always(text_answer("\x1b]0;owned\x07\x1b[2Jdone")));
  const PlumbEnd end =
      plumb({"run", kQuick, "--task", "number-note", "--repeats", "1", "--no-ruler", "--model",
             "x=" + server.url() + "/v1,model=x,attempts=1", "--markdown", "-"});
  EXPECT_EQ(end.code, 0) << end.err;
  const PlumbEnd shown = plumb({"show", "last/x/number-note/1"});
  EXPECT_THAT(shown.out, HasSubstr("owned"));
  for (const std::string& text : {end.out, end.err, shown.out}) {
    EXPECT_EQ(text.find_first_of("\x1b\x07"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace plumb::test
