#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/hash.hpp"
#include "core/endpoint/server_book.hpp"
#include "tests/support/fake_endpoint.hpp"

namespace plumb {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DiscoveryTest : public ::testing::Test {
 protected:
  DiscoveryTest() {
    endpoint_.on_fetch = [this](const PlainRequest& request) -> std::expected<PlainReply, Fault> {
      asked_.push_back(request.target);
      bodies_[request.target] = request.body;
      if (faults_.contains(request.target)) {
        return std::unexpected(Fault{.kind = faults_[request.target], .sentence = "a fault"});
      }
      PlainReply reply{.status = 404, .body = "not here"};
      if (const auto at = routes_.find(request.target); at != routes_.end()) {
        reply = {.status = 200, .body = at->second.substr(0, request.max_bytes)};
      }
      reply.headers = headers_;
      return reply;
    };
  }

  ServerFacts discover(const std::string& kind = "", const std::string& model = "m1") {
    auto facts = discover_server(endpoint_, book_, kind, model, waiter_);
    EXPECT_TRUE(facts);
    return facts.value_or(ServerFacts());
  }
  static Json value(const ServerFacts& facts, const std::string& fact) {
    const auto at = facts.facts.find(fact);
    return at == facts.facts.end() ? Json(nullptr) : at->second.value;
  }

  ServerBook book_ = ServerBook::load(server_book_folder()).value_or(ServerBook());
  std::map<std::string, std::string> routes_;
  std::map<std::string, Fault::Kind> faults_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<std::string> asked_;
  std::map<std::string, std::string> bodies_;
  test::FakeEndpoint endpoint_;
  std::stop_source stop_;
  Waiter waiter_{real_clock(), stop_.get_token()};
};

constexpr const char* kVllmModels = R"({"object":"list","data":[
  {"id":"other","object":"model","owned_by":"vllm","root":"org/other","max_model_len":4096},
  {"id":"m1","object":"model","owned_by":"vllm","root":"org/m1","max_model_len":32768}]})";

TEST_F(DiscoveryTest, VllmIsKnownByTheOwnerOfItsModelsAndNothingElseIsAskedInVain) {
  routes_ = {{"models", kVllmModels}, {"/version", R"({"version":"0.11.0"})"}};
  const ServerFacts facts = discover();
  EXPECT_EQ(facts.kind, "vllm");
  EXPECT_EQ(facts.found_by, "models data[].owned_by");
  EXPECT_EQ(value(facts, "window"), 32768);
  EXPECT_EQ(facts.facts.at("window").route, "models data[model].max_model_len");
  EXPECT_EQ(value(facts, "weights"), "org/m1");
  EXPECT_EQ(value(facts, "version"), "0.11.0");
  EXPECT_EQ(value(facts, "models"), Json({"other", "m1"}));
  EXPECT_THAT(facts.silent, IsEmpty());
  EXPECT_THAT(asked_, ElementsAre("models", "/version"));
}

TEST_F(DiscoveryTest, LlamaServerIsKnownByItsHeaderAndTellsTheWindowOfASlot) {
  headers_ = {{"server", "llama.cpp"}};
  routes_ = {{"models", R"({"models":[{"name":"x"}],"object":"list","data":[{"id":"tiny-tags",
        "aliases":["m1"],"object":"model","owned_by":"llamacpp",
        "meta":{"n_ctx":8192,"n_ctx_train":32768,"ftype":"all F32"}}]})"},
             {"/props", R"({"default_generation_settings":{"n_ctx":8192},"total_slots":2,
        "model_path":"/models/tiny.gguf","modalities":{"vision":false,"audio":false},
        "chat_template":"{{ messages }}","chat_template_caps":{"supports_tools":true,
        "supports_parallel_tool_calls":false},"build_info":"b1-0c1e570"})"}};
  const ServerFacts facts = discover();
  EXPECT_EQ(facts.kind, "llama_server");
  EXPECT_EQ(value(facts, "window"), 8192);
  EXPECT_EQ(facts.facts.at("window").route, "/props default_generation_settings.n_ctx");
  EXPECT_EQ(value(facts, "window_trained"), 32768);
  EXPECT_EQ(value(facts, "slots"), 2);
  EXPECT_EQ(value(facts, "vision"), false);
  EXPECT_EQ(value(facts, "tools"), true);
  EXPECT_EQ(value(facts, "parallel_calls"), false);
  EXPECT_EQ(value(facts, "quantization"), "all F32");
  EXPECT_EQ(value(facts, "model"), "tiny-tags");
  EXPECT_EQ(value(facts, "chat_template"), sha256_hex("{{ messages }}"));
}

TEST_F(DiscoveryTest, AnOlderNameOfARouteIsAskedOnlyWhereTheNewOneIsMissing) {
  routes_ = {{"models", R"({"data":[{"id":"m1","owned_by":"sglang","max_model_len":65536}]})"},
             {"/get_server_info", R"({"version":"0.4.9","max_total_num_tokens":120000,
               "disable_radix_cache":true,"tool_call_parser":null,"quantization":"fp8"})"},
             {"/model_info", R"({"model_path":"org/m1","has_image_understanding":true})"}};
  const ServerFacts facts = discover();
  EXPECT_EQ(facts.kind, "sglang");
  EXPECT_EQ(value(facts, "version"), "0.4.9");
  EXPECT_EQ(facts.facts.at("version").route, "/get_server_info version");
  EXPECT_EQ(value(facts, "prefix_caching"), false);
  EXPECT_EQ(value(facts, "kv_capacity_tokens"), 120000);
  EXPECT_EQ(value(facts, "vision"), true);
  EXPECT_FALSE(facts.facts.contains("tool_parser"));
  EXPECT_THAT(facts.silent, IsEmpty());
  EXPECT_THAT(asked_, Not(Contains("/get_model_info")));
}

TEST_F(DiscoveryTest, OllamaIsAskedForTheModelByPostAndATagMayBeLeftOut) {
  routes_ = {{"models", R"({"data":[{"id":"m1:latest","owned_by":"library"}]})"},
             {"/api/version", R"({"version":"0.13.0"})"},
             {"/api/show", R"({"capabilities":["completion","tools"],"template":"{{ .Prompt }}",
               "details":{"quantization_level":"Q4_K_M"},
               "model_info":{"qwen3.context_length":262144,"qwen3.block_count":36}})"},
             {"/api/ps", R"({"models":[{"name":"other:latest","context_length":2048},
               {"name":"m1:latest","context_length":4096,"digest":"a2af"}]})"}};
  const ServerFacts facts = discover();
  EXPECT_EQ(facts.kind, "ollama");
  EXPECT_EQ(bodies_["/api/show"], R"({"model":"m1"})");
  EXPECT_EQ(value(facts, "window"), 4096);
  EXPECT_EQ(value(facts, "window_trained"), 262144);
  EXPECT_EQ(value(facts, "tools"), true);
  EXPECT_EQ(value(facts, "vision"), false);
  EXPECT_EQ(value(facts, "quantization"), "Q4_K_M");
}

TEST_F(DiscoveryTest, WhereTheContestantNamesNoModelTheOnlyOneIsAskedFor) {
  routes_ = {{"models", R"({"data":[{"id":"m9:latest","owned_by":"library"}]})"},
             {"/api/show", R"({"capabilities":["tools"]})"}};
  EXPECT_EQ(value(discover("", ""), "tools"), true);
  EXPECT_EQ(bodies_["/api/show"], R"({"model":"m9:latest"})");
}

TEST_F(DiscoveryTest, AWindowIsUnknownWhileTheModelIsNotLoaded) {
  routes_ = {{"models", R"({"data":[{"id":"m1","owned_by":"library"},{"id":"m2"}]})"},
             {"/api/ps", R"({"models":[]})"}};
  EXPECT_FALSE(discover().facts.contains("window"));
}

TEST_F(DiscoveryTest, OpenRouterDescribesEachModelInItsList) {
  routes_ = {{"models", R"({"data":[
      {"id":"x/y","top_provider":{"context_length":1000}},
      {"id":"m1","context_length":262144,"architecture":{"input_modalities":["text","image"]},
       "supported_parameters":["temperature","tools"],
       "top_provider":{"context_length":131072,"max_completion_tokens":null}}]})"}};
  const ServerFacts facts = discover();
  EXPECT_EQ(facts.kind, "openrouter");
  EXPECT_EQ(value(facts, "window"), 131072);
  EXPECT_EQ(value(facts, "vision"), true);
  EXPECT_EQ(value(facts, "tools"), true);
  EXPECT_FALSE(facts.facts.contains("max_output"));
}

TEST_F(DiscoveryTest, AHostedServerIsKnownByItsHeaderAndNotByTheOwnerThatProxiesName) {
  routes_ = {{"models", R"({"data":[{"id":"m1","owned_by":"openai"}]})"}};
  EXPECT_EQ(discover().kind, "");
  headers_ = {{"openai-version", "2020-10-01"}};
  EXPECT_EQ(discover().kind, "openai");
}

TEST_F(DiscoveryTest, LmStudioIsKnownByItsOwnListWhereItsOwnersSayNothing) {
  routes_ = {{"models", R"({"data":[{"id":"m1","owned_by":"somebody"}]})"},
             {"/api/v0/models", R"({"data":[{"id":"m1","compatibility_type":"gguf",
               "quantization":"Q4_K_M","state":"loaded","loaded_context_length":8192,
               "max_context_length":131072}]})"}};
  const ServerFacts facts = discover();
  EXPECT_EQ(facts.kind, "lm_studio");
  EXPECT_EQ(value(facts, "window"), 8192);
}

TEST_F(DiscoveryTest, AnUnknownServerStillTellsItsModelsUnderCommonNames) {
  routes_ = {{"models", R"({"data":[{"id":"m1","context_length":16384}]})"}};
  const ServerFacts facts = discover();
  EXPECT_EQ(facts.kind, "");
  EXPECT_EQ(facts.found_by, "no mark of a known kind");
  EXPECT_EQ(value(facts, "window"), 16384);
  EXPECT_EQ(value(facts, "model"), "m1");
}

TEST_F(DiscoveryTest, AKindNamedByHandWinsOverWhatAProxyShows) {
  routes_ = {{"models", R"({"data":[{"id":"m1","owned_by":"vllm","max_model_len":4096}]})"}};
  const ServerFacts facts = discover("sglang");
  EXPECT_EQ(facts.kind, "sglang");
  EXPECT_EQ(facts.found_by, "by hand");
  EXPECT_EQ(value(facts, "window"), 4096);
  EXPECT_THAT(facts.silent, ElementsAre("/server_info", "/model_info"));
}

TEST_F(DiscoveryTest, MarksOfTwoKindsAtOnceProveNeither) {
  routes_ = {
      {"models", R"({"data":[{"id":"a","owned_by":"vllm"},{"id":"m1","owned_by":"sglang"}]})"}};
  const ServerFacts facts = discover();
  EXPECT_EQ(facts.kind, "");
  EXPECT_EQ(facts.found_by, "marks of several: sglang, vllm");
}

TEST_F(DiscoveryTest, AModelThatIsNotInALongerListIsNotGuessed) {
  routes_ = {{"models", kVllmModels}};
  const ServerFacts facts = discover("", "m2");
  EXPECT_FALSE(facts.facts.contains("window"));
  EXPECT_FALSE(facts.facts.contains("model"));
  EXPECT_TRUE(facts.facts.contains("models"));
}

TEST_F(DiscoveryTest, HostileAnswersAreAbsent) {
  const std::string deep(100'000, '[');
  const std::string huge(std::size_t{8} << 20, ' ');
  for (const std::string& body :
       {std::string("<html><body>sign in</body></html>"), deep, huge + "{}", std::string("{}"),
        std::string("null"), std::string("[]"), std::string("5"), std::string("\xff\xfe"),
        std::string(R"({"data":"m1","version":{},"default_generation_settings":null})"),
        std::string(R"({"data":[null,5,[],"m1",{"id":5,"owned_by":["vllm"]}]})")}) {
    routes_ = {{"models", body},         {"/version", body}, {"/props", body},
               {"/api/v0/models", body}, {"/", body},        {"/api/show", body}};
    const ServerFacts found = discover();
    EXPECT_EQ(found.kind, "") << body.substr(0, 80);
    for (const ServerKind& kind : book_.kinds()) {
      for (const auto& [fact, declared] : discover(kind.name).facts) {
        ADD_FAILURE() << kind.name << " " << fact << " " << body.substr(0, 80);
      }
    }
  }
}

TEST_F(DiscoveryTest, FactsOfAnotherTypeOrBeyondReasonAreAbsent) {
  for (const char* window : {"-5", "0", "1e300", "\"8192\"", "true", "[8192]", "null", "2.5e13"}) {
    routes_ = {{"models", R"({"data":[{"id":"m1","owned_by":"vllm","max_model_len":)" +
                              std::string(window) + "}]}"},
               {"/version", R"({"version":["1"]})"}};
    const ServerFacts facts = discover();
    EXPECT_EQ(facts.kind, "vllm");
    EXPECT_FALSE(facts.facts.contains("window")) << window;
    EXPECT_FALSE(facts.facts.contains("version"));
  }
}

TEST_F(DiscoveryTest, WordsOfAServerCannotPaintATerminal) {
  routes_ = {{"models", R"({"data":[{"id":"m1","owned_by":"vllm"}]})"},
             {"/version", R"({"version":"1.0\u001b[2J)" + std::string(5000, 'x') + "\"}"}};
  const std::string version = value(discover(), "version");
  EXPECT_EQ(version.find('\x1b'), std::string::npos);
  EXPECT_LT(version.size(), 400U);
}

TEST_F(DiscoveryTest, AServerThatIsNotThereIsAFault) {
  faults_ = {{"models", Fault::Kind::connect}};
  const auto facts = discover_server(endpoint_, book_, "", "m1", waiter_);
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().kind, Fault::Kind::connect);
  EXPECT_THAT(asked_, ElementsAre("models"));
}

TEST_F(DiscoveryTest, ARouteThatNeverAnswersIsSilentAndTheOthersAreAskedOnlyForSoLong) {
  routes_ = {{"models", R"({"data":[{"id":"m1","owned_by":"sglang"}]})"}};
  faults_ = {{"/server_info", Fault::Kind::no_answer},
             {"/get_server_info", Fault::Kind::no_answer},
             {"/model_info", Fault::Kind::no_answer}};
  const ServerFacts facts = discover();
  EXPECT_EQ(facts.kind, "sglang");
  EXPECT_THAT(facts.silent, Contains("/server_info"));
  EXPECT_LE(asked_.size(), 4U);
}

TEST_F(DiscoveryTest, AStopEndsTheQuestions) {
  routes_ = {{"models", kVllmModels}};
  stop_.request_stop();
  faults_ = {{"models", Fault::Kind::cancelled}};
  const auto facts = discover_server(endpoint_, book_, "", "m1", waiter_);
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().kind, Fault::Kind::cancelled);
}

TEST_F(DiscoveryTest, TheHashOfAConversationIsOfTheTokensOrTheTextThatTheServerMakesOfIt) {
  routes_ = {{"/tokenize", R"({"count":3,"max_model_len":10,"tokens":[1,2,3]})"},
             {"/apply-template", R"({"prompt":"<user>hello"})"}};
  const auto tokens = rendered_prompt_hash(endpoint_, *book_.find("vllm"), "m1", waiter_);
  EXPECT_EQ(tokens, "tokens:" + sha256_hex("[1,2,3]"));
  const auto sent = parse_json(bodies_["/tokenize"]);
  ASSERT_TRUE(sent);
  EXPECT_EQ((*sent)["model"], "m1");
  EXPECT_EQ((*sent)["messages"][2]["tool_calls"][0]["function"]["name"], "read_file");
  EXPECT_EQ((*sent)["tools"][0]["type"], "function");
  const auto text = rendered_prompt_hash(endpoint_, *book_.find("llama_server"), "m1", waiter_);
  EXPECT_EQ(text, "text:" + sha256_hex("<user>hello"));
  EXPECT_EQ(rendered_prompt_hash(endpoint_, *book_.find("ollama"), "m1", waiter_), std::nullopt);
  routes_.clear();
  EXPECT_EQ(rendered_prompt_hash(endpoint_, *book_.find("vllm"), "m1", waiter_), std::nullopt);
}

}  // namespace
}  // namespace plumb
