// A key or a secret header goes to the server and nowhere else, whatever the server does with it.
#include "tests/integration/cli/cli_fixture.hpp"
#include "tests/integration/cli/scripted_model.hpp"

namespace plumb::test {
namespace {

using testing::HasSubstr;

const std::string kKey = "sk-very-secret-123";
const std::string kHeader = "header-secret-456";
const std::string kPassword = "password-secret-789";

class Secrets : public Cli {
 protected:
  /// Runs against a server that throws every secret back, and looks everywhere. Returns all there
  /// is to read.
  std::string expect_kept(RawServer::Handler handler) const {
    RawServer server(std::move(handler));
    const std::string url =
        "http://127.0.0.1:" + std::to_string(server.port()) + "/v1?token=" + kPassword;
    const PlumbEnd end =
        plumb({"run", kQuick, "--repeats", "1", "--no-ruler", "--model",
               "m=" + url + ",model=x,attempts=1,key_env=SECRET_KEY,header=X-Token:" + kHeader,
               "--json", "card.json", "--markdown", "card.md"},
              {"SECRET_KEY=" + kKey});
    const RawRequest first = server.requests().at(0);
    EXPECT_EQ(first.headers.at("authorization"), "Bearer " + kKey);
    EXPECT_EQ(first.headers.at("x-token"), kHeader);

    std::map<std::string, std::string> seen = {{"standard output", end.out},
                                               {"standard error", end.err}};
    for (const auto& entry : std::filesystem::recursive_directory_iterator(file(""))) {
      if (entry.is_regular_file()) {
        seen[entry.path().filename()] = bytes(entry.path().filename());
      }
    }
    // Transcripts are compressed in the database.
    for (const TrialRecord& record : trials()) {
      const std::string name = "last/m/" + record.key.task + "/1/" + std::to_string(record.attempt);
      seen["the transcript " + name] = plumb({"show", name, "--json", "-"}).out;
      seen["what is shown of " + name] = plumb({"show", name, "--full"}).out;
    }
    EXPECT_EQ(outcomes().size(), 3U);
    seen["runs"] = plumb({"runs"}).out;
    EXPECT_TRUE(seen.contains("plumb.db"));
    EXPECT_TRUE(seen.contains("card.json"));
    EXPECT_TRUE(seen.contains("card.md"));
    std::string all;
    for (const auto& [what, text] : seen) {
      all += text;
      for (const std::string& secret : {kKey, kHeader, kPassword}) {
        EXPECT_EQ(text.find(secret), std::string::npos) << secret << " is in " << what << "\n"
                                                        << printable(text);
      }
    }
    return all;
  }
  static std::string echo(const RawRequest& request) {
    return request.headers.at("authorization") + " and " + request.headers.at("x-token");
  }
};

TEST_F(Secrets, AnErrorBodyThatEchoesThem) {
  const std::string all = expect_kept([](RawConnection& connection, const RawRequest& request) {
    connection.send(http_response(
        401, "application/json",
        dump_json({{"error", {{"message", "unknown key: " + echo(request)}, {"code", 401}}}})));
  });
  EXPECT_THAT(all, HasSubstr("[secret] and [secret]"));
}

TEST_F(Secrets, APageThatEchoesThem) {
  const std::string all = expect_kept([](RawConnection& connection, const RawRequest& request) {
    connection.send(http_response(200, "text/html", "<p>You sent " + echo(request) + "</p>"));
  });
  EXPECT_THAT(all, HasSubstr("[secret] and [secret]"));
}

TEST_F(Secrets, AnErrorInTheStreamThatEchoesThem) {
  const std::string all = expect_kept([](RawConnection& connection, const RawRequest& request) {
    connection.send(
        asks_for_models(request)
            ? models_answer()
            : stream_of("data: " + dump_json({{"error", {{"message", "no: " + echo(request)}}}}) +
                        "\n\n"));
  });
  EXPECT_THAT(all, HasSubstr("[secret] and [secret]"));
}

TEST_F(Secrets, AModelThatIsMadeToSayThem) {
  const std::string all = expect_kept([](RawConnection& connection, const RawRequest& request) {
    connection.send(asks_for_models(request) ? models_answer()
                                             : text_answer("you sent " + echo(request)));
  });
  EXPECT_THAT(all, HasSubstr("[secret] and [secret]"));
}

TEST_F(Secrets, AStatusLineAndABrokenAnswerThatEchoThem) {
  expect_kept([](RawConnection& connection, const RawRequest& request) {
    connection.send("HTTP/1.1 " + echo(request) + "\r\n" + echo(request) + "\r\n\r\n");
  });
}

TEST_F(Secrets, ARedirectDoesNotTakeThemElsewhere) {
  const RawServer elsewhere(always(text_answer("thank you")));
  expect_kept([&](RawConnection& connection, const RawRequest&) {
    connection.send(http_response(307, "text/plain", "",
                                  "Location: " + elsewhere.url() + "/v1/chat/completions\r\n"));
  });
  EXPECT_TRUE(elsewhere.requests().empty());
}

}  // namespace
}  // namespace plumb::test
