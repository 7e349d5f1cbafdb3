// The quirks of BFCL's checker, one by one: its verdicts are compared with published numbers, so
// the importer's has to be wrong where the original is.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/base/files.hpp"
#include "core/script/lua_state.hpp"

namespace plumb {
namespace {

/// A function `f` of one parameter `x`, whose schema is `type`, and allowed answers to it.
struct Case {
  std::string type;
  std::string allowed;
};

class BfclChecker : public testing::Test {
 protected:
  void SetUp() override {
    auto lua = LuaState::create({resource_dir() / "plugins" / "importers"});
    ASSERT_TRUE(lua) << lua.error().sentence;
    lua_ = std::move(*lua);
  }

  /// Whether these calls are right; an argument that is no JSON is `decoded` = false.
  bool judge(const std::string& category, const std::string& functions, const std::string& answers,
             const std::string& calls) {
    bool valid = false;
    const Status status = lua_->protect([&](lua_State* state) {
      lua_getglobal(state, "require");
      lua_pushstring(state, "bfcl.checker");
      lua_call(state, 1, 1);
      lua_getfield(state, -1, "judge");
      push_text(state, category);
      for (const std::string* text : {&functions, &answers, &calls}) push_decoded(state, *text);
      lua_call(state, 4, 2);
      valid = lua_toboolean(state, -2) != 0;
      problem_ = text_at(state, -1).value_or("");
    });
    EXPECT_TRUE(status) << full_sentence(status.error());
    return valid;
  }

  /// One call f(x = value) of a simple category.
  bool takes(const Case& one, const std::string& value) {
    return judge("simple_python", functions_of(one.type), answers_of(one.allowed),
                 fmt::format(R"([{{"f": {{"x": {}}}}}])", value));
  }

  static std::string functions_of(const std::string& type) {
    return fmt::format(R"([{{"name": "f", "parameters": {{"type": "dict", "required": [],
                              "properties": {{"x": {}}}}}}}])",
                       type);
  }
  static std::string answers_of(const std::string& allowed) {
    return fmt::format(R"([{{"f": {{"x": {}}}}}])", allowed);
  }

  std::string problem_;

 private:
  /// json.loads of the text; nil for "".
  static void push_decoded(lua_State* state, const std::string& text) {
    if (text.empty()) return lua_pushnil(state);
    lua_getglobal(state, "require");
    lua_pushstring(state, "bfcl.python");
    lua_call(state, 1, 1);
    lua_getfield(state, -1, "decode");
    push_text(state, text);
    lua_call(state, 1, 1);
    lua_remove(state, -2);
  }

  std::unique_ptr<LuaState> lua_;
};

const Case kInteger{R"({"type": "integer"})", "[10]"};
const Case kFloat{R"({"type": "float"})", "[2.5, 10.0]"};
const Case kString{R"({"type": "string"})", R"(["New York, NY"])"};
const Case kBoolean{R"({"type": "boolean"})", "[true]"};
const Case kStrings{R"({"type": "array", "items": {"type": "string"}})", R"([["A b", "c"]])"};
const Case kFloats{R"({"type": "array", "items": {"type": "float"}})", "[[1.5, 2]]"};
const Case kDict{R"({"type": "dict"})", R"([{"a": ["X y"], "b": [1, ""]}])"};
const Case kDicts{R"({"type": "array", "items": {"type": "dict"}})",
                  R"([[{"a": [1]}, {"a": [2, 3]}]])"};

TEST_F(BfclChecker, AWholeFloatIsNoInteger) {
  EXPECT_TRUE(takes(kInteger, "10"));
  EXPECT_FALSE(takes(kInteger, "10.0"));
  EXPECT_EQ(problem_, "type_error:simple");
  EXPECT_FALSE(takes(kInteger, "1e1"));
  EXPECT_FALSE(takes(kInteger, "11"));
  EXPECT_EQ(problem_, "value_error:others");
}

TEST_F(BfclChecker, AnIntegerPassesForAFloatAtTheTopOnly) {
  EXPECT_TRUE(takes(kFloat, "10"));
  EXPECT_TRUE(takes({R"({"type": "array", "items": {"type": "float"}})", "[[10]]"}, "[10]"));
  EXPECT_FALSE(takes({R"({"type": "array", "items": {"type": "float"}})", "[[10.0]]"}, "[10]"));
  EXPECT_EQ(problem_, "type_error:nested");
}

TEST_F(BfclChecker, AFloatListTakesIntegersWhereTheAnswerBeginsWithOne) {
  EXPECT_TRUE(takes(kFloats, "[1.5, 2.0]"));
  EXPECT_FALSE(takes(kFloats, "[1.5, 2]"));
  EXPECT_TRUE(takes({kFloats.type, "[[2, 1.5]]"}, "[2, 1.5]"));
}

TEST_F(BfclChecker, TrueIsNoInteger) {
  EXPECT_FALSE(takes({kInteger.type, "[1]"}, "true"));
  EXPECT_FALSE(takes(kBoolean, "1"));
  EXPECT_TRUE(takes(kBoolean, "true"));
}

TEST_F(BfclChecker, TrueEqualsOneInsideAList) {
  EXPECT_TRUE(
      takes({R"({"type": "array", "items": {"type": "boolean"}})", "[[1, 0]]"}, "[true, false]"));
  EXPECT_TRUE(takes({kDict.type, R"([{"a": [1.0]}])"}, R"({"a": true})"));
}

TEST_F(BfclChecker, StringsDifferByMoreThanCaseBlanksAndSomePunctuation) {
  for (const char* same : {"\"new york ny\"", "\"NEW_YORK/NY.\"", "\"New-York*^,NY\""}) {
    EXPECT_TRUE(takes(kString, same)) << same;
  }
  EXPECT_FALSE(takes(kString, "\"New York; NY\""));
  EXPECT_EQ(problem_, "value_error:string");
  EXPECT_TRUE(takes({kString.type, R"(["it's"])"}, R"("it\"s")"));
  EXPECT_FALSE(takes(kString, "\"New\\tYork NY\""));
}

TEST_F(BfclChecker, LetterCaseIsThatOfUnicode) {
  EXPECT_TRUE(takes({kString.type, R"(["São Paulo"])"}, "\"SÃO PAULO\""));
  EXPECT_TRUE(takes({kString.type, R"(["Öl und Москва"])"}, "\"ÖL UND МОСКВА\""));
  EXPECT_TRUE(takes({kString.type, R"(["ΟΔΟΣ"])"}, R"("οδος")"));  // a sigma at the end
  EXPECT_FALSE(takes({kString.type, R"(["straße"])"}, "\"STRASSE\""));
  EXPECT_TRUE(takes({kString.type, R"(["İ"])"}, R"("i̇")"));  // one letter becomes two
}

TEST_F(BfclChecker, TheMarkOfAnOptionalParameterIsAnAnswerLikeAnyOther) {
  const Case optional{kString.type, R"(["a", ""])"};
  EXPECT_TRUE(takes(optional, "\"\""));
  EXPECT_TRUE(takes(optional, "\" -_ \""));
  EXPECT_TRUE(takes({kStrings.type, R"([["a"], ""])"}, "[]"));
  EXPECT_TRUE(takes({kDicts.type, R"([[{"a": [1]}], ""])"}, "[]"));
}

TEST_F(BfclChecker, TheMarkAmongTheAnswersSwitchesNestedTypesOff) {
  EXPECT_FALSE(takes({kFloats.type, "[[1.0, 2.0]]"}, "[1, 2]"));
  EXPECT_TRUE(takes({kFloats.type, R"([[1.0, 2.0], ""])"}, "[1, 2]"));
}

TEST_F(BfclChecker, AValueOfTheAnswersOwnTypePassesWhateverTheSchemaSays) {
  EXPECT_TRUE(takes({kInteger.type, R"(["n + 1"])"}, "\"n + 1\""));
  EXPECT_FALSE(takes({kInteger.type, R"(["n + 1"])"}, "\"N+1\""));  // equality then, not likeness
  EXPECT_TRUE(takes({kString.type, R"(["", null])"}, "null"));
  EXPECT_FALSE(takes(kString, "null"));
}

TEST_F(BfclChecker, ListsKeepTheirOrder) {
  EXPECT_TRUE(takes(kStrings, R"(["a B", "C."])"));
  EXPECT_FALSE(takes(kStrings, R"(["c", "A b"])"));
  EXPECT_EQ(problem_, "value_error:list/tuple");
}

TEST_F(BfclChecker, ADictIsComparedMemberByMember) {
  EXPECT_TRUE(takes(kDict, R"({"b": 1, "a": "x-Y"})"));
  EXPECT_TRUE(takes(kDict, R"({"a": "X y"})"));
  EXPECT_FALSE(takes(kDict, R"({"b": 1})"));
  EXPECT_EQ(problem_, "value_error:dict_key");
  EXPECT_FALSE(takes(kDict, R"({"a": "X y", "b": 2})"));
  EXPECT_EQ(problem_, "value_error:dict_value");
  EXPECT_FALSE(takes(kDict, R"({"a": "X y", "c": 1})"));
}

TEST_F(BfclChecker, AListOfDictsIsComparedPlaceByPlace) {
  EXPECT_TRUE(takes(kDicts, R"([{"a": 1}, {"a": 3}])"));
  EXPECT_FALSE(takes(kDicts, R"([{"a": 3}, {"a": 1}])"));
  EXPECT_FALSE(takes(kDicts, R"([{"a": 1}])"));
  EXPECT_EQ(problem_, "value_error:list_dict_count");
}

TEST_F(BfclChecker, IntegersHaveNoEnd) {
  const Case huge{kInteger.type, "[123456789012345678901234567890]"};
  EXPECT_TRUE(takes(huge, "123456789012345678901234567890"));
  EXPECT_FALSE(takes(huge, "123456789012345678901234567891"));
  EXPECT_FALSE(takes(huge, "123456789012345678901234567890.0"));
  EXPECT_TRUE(takes({kFloat.type, "[1e20]"}, "100000000000000000000"));
}

TEST_F(BfclChecker, ASchemaThatTheOriginalStumblesOverMakesEveryCallWrong) {
  EXPECT_FALSE(takes({R"({"type": "object"})", R"([{"a": [1]}])"}, R"({"a": 1})"));
  EXPECT_TRUE(problem_.starts_with("thrown: ")) << problem_;
  EXPECT_FALSE(takes({R"({"type": "array"})", "[[1]]"}, "[1]"));
}

TEST_F(BfclChecker, NamesAreOfferedWithoutDots) {
  const std::string functions =
      R"([{"name": "a.b.c", "parameters": {"properties": {}, "required": []}}])";
  const std::string answers = R"([{"a.b.c": {}}])";
  EXPECT_TRUE(judge("multiple", functions, answers, R"([{"a_b_c": {}}])"));
  EXPECT_FALSE(judge("multiple", functions, answers, R"([{"a.b.c": {}}])"));
  EXPECT_EQ(problem_, "simple_function_checker:wrong_func_name");
}

TEST_F(BfclChecker, ParallelAnswersTakeTheFirstCallThatFitsAndNeverGiveItBack) {
  const std::string functions = functions_of(kInteger.type);
  const std::string greedy = R"([{"f": {"x": [1, 2]}}, {"f": {"x": [1]}}])";
  EXPECT_TRUE(judge("parallel", functions, greedy, R"([{"f": {"x": 2}}, {"f": {"x": 1}}])"));
  EXPECT_FALSE(judge("parallel", functions, greedy, R"([{"f": {"x": 1}}, {"f": {"x": 2}}])"));
  EXPECT_EQ(problem_, "parallel_function_checker_no_order:cannot_find_match");
  EXPECT_FALSE(judge("live_parallel", functions, greedy, R"([{"f": {"x": 2}}])"));
}

TEST_F(BfclChecker, IrrelevancePassesOnNoCallAndOnWhatCannotBeDecoded) {
  const std::string functions = functions_of(kInteger.type);
  EXPECT_TRUE(judge("irrelevance", functions, "", "[]"));
  EXPECT_TRUE(judge("live_irrelevance", functions, "", ""));
  EXPECT_TRUE(judge("irrelevance", functions, "", R"([{"f": "no object"}])"));
  EXPECT_FALSE(judge("live_irrelevance", functions, "", R"([{"f": {}}])"));
  EXPECT_FALSE(judge("live_relevance", functions, "", "[]"));
  EXPECT_TRUE(judge("live_relevance", functions, "", R"([{"f": {}}])"));
}

TEST_F(BfclChecker, ArgumentsThatCannotBeDecodedAreWrong) {
  EXPECT_FALSE(judge("simple_python", functions_of(kInteger.type), answers_of("[1]"), ""));
  EXPECT_EQ(problem_, "ast_decoder:decoder_failed");
  EXPECT_FALSE(
      judge("simple_python", functions_of(kInteger.type), answers_of("[1]"), R"([{"f": [1]}])"));
  EXPECT_EQ(problem_, "ast_decoder:decoder_wrong_output_format");
}

}  // namespace
}  // namespace plumb
