// Places that are not what they should be: certificates nobody vouches for, redirects.
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "plugins/endpoints/http_endpoint.hpp"
#include "tests/support/raw_server.hpp"

namespace plumb {
namespace {

using test::http_response;
using test::RawConnection;
using test::RawRequest;
using test::RawServer;
using ::testing::HasSubstr;
using ::testing::Not;

/// A key and a certificate that it signed itself.
struct Identity {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), &X509_free};

  Identity() {
    X509* const x509 = certificate.get();
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key.get());
    X509_NAME* const name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_sign(x509, key.get(), EVP_sha256());
  }
};

/// An HTTPS server on the loopback that answers every request as a model would.
class TlsServer {
 public:
  TlsServer() : server_(identity_.certificate.get(), identity_.key.get()) {
    server_.Post(".*", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(R"({"choices":[{"message":{"content":"sealed"}}]})", "application/json");
    });
    server_.set_keep_alive_max_count(1);  // else its end waits for the client's next request
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
  }
  ~TlsServer() { server_.stop(); }
  [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }

 private:
  Identity identity_;
  httplib::SSLServer server_;
  int port_ = 0;
  std::jthread thread_;
};

class BadInput : public ::testing::Test {
 protected:
  ChatReply ask(const std::string& url) {
    contestant.name = "c";
    contestant.url = url;
    auto endpoint = make_endpoint(contestant, *client, book, [] { return 0.0; });
    EXPECT_TRUE(endpoint);
    return (*endpoint)->chat({}, waiter);
  }
  Contestant contestant{.attempts = 1};
  ServerBook book;
  std::unique_ptr<HttpClient> client = std::move(*make_http_client(real_clock()));
  Waiter waiter{real_clock(), {}};
};

TEST_F(BadInput, ACertificateThatDoesNotVerifyIsRefusedWithWhatToDo) {
  const TlsServer server;
  const ChatReply reply = ask(server.url());
  ASSERT_FALSE(reply.answer);
  EXPECT_EQ(reply.answer.error().kind, Fault::Kind::connect);
  EXPECT_FALSE(reply.answer.error().any_byte);
  EXPECT_THAT(reply.answer.error().sentence, HasSubstr("certificate"));
  EXPECT_THAT(reply.answer.error().sentence, HasSubstr("insecure=true"));
}

TEST_F(BadInput, ItIsAcceptedWhenThatIsAskedFor) {
  const TlsServer server;
  contestant.insecure = true;
  const ChatReply reply = ask(server.url());
  ASSERT_TRUE(reply.answer) << reply.answer.error().sentence;
  EXPECT_EQ(reply.answer->message.text, "sealed");
}

TEST_F(BadInput, HttpsToAServerWithoutItIsASentenceAboutTheConnection) {
  RawServer server([](RawConnection& connection, const RawRequest&) { connection.wait_closed(); });
  contestant.idle_timeout_s = 0.3;
  contestant.total_timeout_s = 0.3;
  const ChatReply reply = ask("https" + server.url().substr(4));
  ASSERT_FALSE(reply.answer);
  EXPECT_THAT(reply.answer.error().sentence, Not(HasSubstr("insecure")));
}

TEST_F(BadInput, ARedirectIsNamedAndNotFollowedAndTheKeyStaysHere) {
  ::setenv("PLUMB_TEST_KEY", "sk-very-secret", 1);
  contestant.key_env = "PLUMB_TEST_KEY";
  RawServer elsewhere([](RawConnection& connection, const RawRequest&) {
    connection.send(http_response(200, "text/plain", "gotcha"));
  });
  RawServer server([&](RawConnection& connection, const RawRequest&) {
    connection.send(http_response(307, "", "",
                                  "Location: http://u:hush@127.0.0.1:" +
                                      std::to_string(elsewhere.port()) + "/v1?t=hush\r\n"));
  });
  const ChatReply reply = ask(server.url());
  ASSERT_FALSE(reply.answer);
  EXPECT_THAT(reply.answer.error().sentence, HasSubstr(elsewhere.url() + "/v1 "));
  EXPECT_THAT(reply.answer.error().sentence, Not(HasSubstr("hush")));
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST_F(BadInput, APlainRequestToAnotherServerCarriesNoKey) {
  ::setenv("PLUMB_TEST_KEY", "sk-very-secret", 1);
  contestant = {.name = "c", .url = "http://127.0.0.1:1", .key_env = "PLUMB_TEST_KEY"};
  contestant.headers = {{"X-Mine", "another-secret-value"}};
  RawServer metrics([](RawConnection& connection, const RawRequest&) {
    connection.send(http_response(200, "text/plain", "running 1"));
  });
  const auto endpoint = make_endpoint(contestant, *client, book);
  const auto reply = (*endpoint)->fetch({.target = metrics.url() + "/metrics"}, waiter);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "running 1");
  const auto headers = metrics.requests().at(0).headers;
  EXPECT_FALSE(headers.contains("authorization"));
  EXPECT_FALSE(headers.contains("x-mine"));
}

TEST_F(BadInput, AShortKeyIsNotCutOutOfWhatIsParsedAndALongOneNotKept) {
  ::setenv("PLUMB_TEST_KEY", "data", 1);
  contestant = {.name = "c", .key_env = "PLUMB_TEST_KEY"};
  RawServer server([](RawConnection& connection, const RawRequest&) {
    connection.send(http_response(200, "application/json", R"({"data":[{"id":"m-sk-secret"}]})"));
  });
  contestant.url = server.url();
  const auto endpoint = make_endpoint(contestant, *client, book);
  const auto models = (*endpoint)->models(waiter);
  ASSERT_TRUE(models) << models.error().sentence;
  EXPECT_EQ(models->at(0).id, "m-sk-secret");
  ::setenv("PLUMB_TEST_KEY", "sk-secret", 1);
  const auto other = make_endpoint(contestant, *client, book);
  EXPECT_EQ((*other)->models(waiter)->at(0).id, "m-[secret]");
  EXPECT_EQ((*other)->without_secrets("v sk-secret"), "v [secret]");
}

TEST_F(BadInput, AFailedPlainRequestNamesTheUrlThatWasAsked) {
  contestant = {.name = "c", .url = "http://127.0.0.1:1"};
  const auto endpoint = make_endpoint(contestant, *client, book);
  const auto reply = (*endpoint)->fetch({.target = "http://127.0.0.1:2/metrics?t=hush"}, waiter);
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().sentence, HasSubstr("cannot reach http://127.0.0.1:2/metrics "));
  EXPECT_THAT(reply.error().sentence, Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace plumb
