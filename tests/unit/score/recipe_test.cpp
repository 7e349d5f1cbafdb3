#include "core/score/recipe.hpp"

#include <gmock/gmock.h>

#include "tests/support/records.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A run of one contestant for each pair of recipe and facts.
RunInfo run_of(const std::vector<std::pair<Json, Json>>& served) {
  RunInfo run = test::planned_run({{"t"}}, {}, 1);
  for (const auto& [recipe, facts] : served) {
    const std::string name(1, static_cast<char>('a' + run.plan["contestants"].size()));
    Json contestant = test::planned_contestant(name);
    contestant["recipe"] = recipe;
    Json told = Json::object();
    for (const auto& [fact, value] : facts.items()) {
      told[fact] = {{"value", value}, {"route", "/info"}};
    }
    contestant["probe"] = {{"server", {{"kind", "some"}, {"facts", told}}}};
    run.plan["contestants"].push_back(contestant);
  }
  return run;
}

Json diff_of(const RunInfo& run) {
  return recipe_diff(recipe_of(run, "a").value(), recipe_of(run, "b").value());
}

Json contradictions(const Json& recipe, const Json& facts) {
  return recipe_contradictions(recipe_of(run_of({{recipe, facts}}), "a").value());
}

TEST(Recipe, WhatANameCallsASecretIsNotStored) {
  const Json stored = without_secrets(
      {{"env", {{"HF_TOKEN", "hf_abcdef"}, {"CUDA_VISIBLE_DEVICES", "0"}}},
       {"args", {"--api-key", "sk-abcdef", "--port", "8000", "--admin-password=abcdef"}},
       {"launch", "serve --api-key sk-abcdef --max-num-batched-tokens 8192 API_KEY=abcdef"},
       {"hardware", "2x GB10"}});
  EXPECT_THAT(dump_json(stored), Not(HasSubstr("abcdef")));
  EXPECT_EQ(stored["env"]["HF_TOKEN"], "[secret]");
  EXPECT_EQ(stored["env"]["CUDA_VISIBLE_DEVICES"], "0");
  EXPECT_EQ(stored["args"],
            Json({"--api-key", "[secret]", "--port", "8000", "--admin-password=[secret]"}));
  EXPECT_EQ(stored["launch"],
            "serve --api-key [secret] --max-num-batched-tokens 8192 API_KEY=[secret]");
  EXPECT_EQ(stored["hardware"], "2x GB10");
}

TEST(Recipe, AnEnvironmentInAListIsNoHidingPlace) {
  EXPECT_EQ(without_secrets({{"env", {"HF_TOKEN=abc", "LANG=C"}}}),
            (Json{{"env", {"HF_TOKEN=[secret]", "LANG=C"}}}));
}

TEST(RecipeDiff, ListsWhatDiffersAndCountsWhatIsEqual) {
  const Json diff = diff_of(
      run_of({{{{"weights", "Q/Q3"}, {"quantization", "none"}, {"args", {"--port", "1", "--fast"}}},
               {{"window", 32768}, {"version", "1.0"}}},
              {{{"weights", "Q/Q3"},
                {"quantization", "nvfp4"},
                {"args", "--port=2 --fast"},
                {"kv_dtype", "fp8"}},
               {{"window", 65536}, {"version", "1.0"}}}}));
  EXPECT_EQ(diff["declared"]["equal"], 2) << "weights, --fast";
  EXPECT_EQ(diff["declared"]["different"], Json::parse(R"([{"field":"args.--port","a":"1","b":"2"},
                            {"field":"quantization","a":"none","b":"nvfp4"}])"));
  EXPECT_EQ(diff["declared"]["one_sided"],
            Json::parse(R"([{"field":"kv_dtype","a":null,"b":"fp8"}])"));
  EXPECT_EQ(diff["found"]["equal"], 2) << "kind, version";
  EXPECT_EQ(diff["found"]["different"], Json::parse(R"([{"field":"window","a":32768,"b":65536}])"));
  EXPECT_THAT(diff["unknown"], testing::Contains("hardware"));
  EXPECT_THAT(diff["unknown"], Not(testing::Contains("args")));
}

TEST(RecipeDiff, NamesWhereTheServerContradictsWhatWasDeclared) {
  const Json diff = diff_of(run_of({{{{"quantization", "nvfp4"}}, {{"quantization", "fp8"}}},
                                    {{{"quantization", "nvfp4"}}, Json::object()}}));
  EXPECT_EQ(diff["contradictions"],
            Json::parse(
                R"([{"contestant":"a","field":"quantization","declared":"nvfp4","found":"fp8"}])"));
}

TEST(RecipeContradiction, OtherNamesOfTheSameFormatAreNone) {
  const auto opposed = [](const char* declared, const Json& found) {
    return !contradictions({{"quantization", declared}}, {{"quantization", found}}).empty();
  };
  EXPECT_FALSE(opposed("nvfp4", "modelopt_fp4"));
  EXPECT_FALSE(opposed("Q4_K_M", "q4_k - medium"));
  EXPECT_FALSE(opposed("awq", "awq_marlin"));
  EXPECT_FALSE(opposed("nvfp4", "compressed-tensors")) << "a container of many formats";
  EXPECT_FALSE(opposed("none", "bfloat16"));
  EXPECT_TRUE(opposed("none", "fp8"));
  EXPECT_TRUE(opposed("fp8", "none"));
  EXPECT_TRUE(opposed("bf16", "float16"));
  EXPECT_TRUE(opposed("Q8_0", "Q4_K"));
}

TEST(RecipeContradiction, OfWeightsIsToldByTheirNames) {
  const auto opposed = [](const char* declared, const char* found) {
    return !contradictions({{"weights", declared}}, {{"weights", found}}).empty();
  };
  EXPECT_FALSE(opposed("RedHatAI/Qwen3-NVFP4", "/models/qwen3-nvfp4"));
  EXPECT_TRUE(opposed("RedHatAI/Qwen3-NVFP4", "/models/Qwen3-FP8"));
  EXPECT_FALSE(opposed("Qwen/Qwen3", "0123456789abcdef0123456789abcdef")) << "a digest";
}

TEST(RecipeContradiction, ADraftThatIsAcceptedContradictsNoSpeculation) {
  RunInfo run = run_of({{{{"speculation", "none"}}, Json::object()}});
  run.plan["contestants"][0]["probe"]["speed"]["decode"] = {{{"draft_acceptance", 0.8}}};
  EXPECT_EQ(recipe_contradictions(recipe_of(run, "a").value()).size(), 1U);
  EXPECT_TRUE(contradictions({{"speculation", "mtp k=2"}}, {{"speculation", "NEXTN"}}).empty());
}

TEST(RecipeContradiction, OfAnEngineIsItsVersion) {
  EXPECT_TRUE(contradictions({{"engine", "some 0.11.0"}}, {{"version", "0.11.0"}}).empty());
  EXPECT_TRUE(contradictions({{"engine", "some"}}, {{"version", "0.11.0"}}).empty());
  EXPECT_EQ(contradictions({{"engine", "some 0.11.0"}}, {{"version", "0.10.2"}}).size(), 1U);
}

TEST(Recipe, AContestantThatTheRunDoesNotHaveIsAnErrorThatNamesThose) {
  const auto missing = recipe_of(run_of({{Json::object(), Json::object()}}), "aa");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::not_found);
  EXPECT_THAT(missing.error().sentence, HasSubstr("it has a"));
}

TEST(Recipe, APlanOfAnyShapeIsRead) {
  RunInfo run = run_of({{Json::object(), Json::object()}});
  run.plan["contestants"][0]["recipe"] = {{"args", {{"nested", 1}}}, {"env", 7}, {"x", {1, 2}}};
  run.plan["contestants"][0]["probe"] = {{"server", "none"}, {"findings", {1, Json::object()}}};
  EXPECT_TRUE(recipe_of(run, "a"));
}

}  // namespace
}  // namespace plumb
