#include <gmock/gmock.h>

#include "plugins/reporters/reporters.hpp"

namespace plumb {
namespace {

using testing::HasSubstr;
using testing::Not;

Json some_diff() {
  return Json::parse(R"({
    "a": {"run": "7f3a", "name": "bf16"}, "b": {"run": "7f3a", "name": "nvfp4"},
    "declared": {"equal": 3,
                 "different": [{"field": "quantization", "a": "none", "b": "nvfp4"}],
                 "one_sided": [{"field": "kv_dtype", "a": null, "b": "fp8"}]},
    "found": {"equal": 1, "different": [], "one_sided": []},
    "unknown": ["hardware"],
    "contradictions": [{"contestant": "nvfp4", "field": "quantization", "declared": "nvfp4",
                        "found": "fp8"}]})");
}

TEST(RecipeView, ShowsDifferencesCountsTheRestAndNamesTheUnknown) {
  const std::string text = show_recipe_diff(some_diff(), {});
  EXPECT_THAT(text, HasSubstr("declared (3 equal fields)"));
  EXPECT_THAT(text, HasSubstr("7f3a/bf16"));
  EXPECT_THAT(text, testing::ContainsRegex("quantization +none +nvfp4"));
  EXPECT_THAT(text, testing::ContainsRegex("kv_dtype +unknown +fp8"));
  EXPECT_THAT(text, HasSubstr("found (1 equal field)\n  no difference"));
  EXPECT_THAT(text, HasSubstr("declared for neither: hardware"));
  EXPECT_THAT(text, HasSubstr("! nvfp4: quantization is declared as nvfp4, and the server says "
                              "fp8"));
}

TEST(RecipeView, LetsNoControlCharacterThrough) {
  Json diff = some_diff();
  diff["declared"]["different"][0]["a"] = "\x1b[31mred";
  diff["declared"]["different"][0]["field"] = "x\x1b]0;t\x07";
  EXPECT_THAT(show_recipe_diff(diff, {}), Not(HasSubstr("\x1b")));
  const Json side = {{"run", "7f3a"},
                     {"name", "a"},
                     {"model", "m\x1b"},
                     {"declared", {{"k\x1b", "v\x1b"}}},
                     {"found", Json::object()}};
  EXPECT_THAT(show_recipe(side, Json::array(), {}), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace plumb
