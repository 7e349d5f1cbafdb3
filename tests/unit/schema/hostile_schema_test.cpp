// Random schemas and values: whatever comes, it is compiled or refused, judged, and told in bounded
// time and space. The sanitizer builds make the most of it.
#include <gtest/gtest.h>

#include <pthread.h>

#include <functional>
#include <random>
#include <string>
#include <thread>

#include "core/schema/schema.hpp"
#include "core/schema/strict_json.hpp"

namespace plumb {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  int roll(int sides) { return static_cast<int>(random_() % static_cast<std::uint64_t>(sides)); }
  template <class T, std::size_t N>
  T pick(const T (&list)[N]) {
    return list[static_cast<std::size_t>(roll(static_cast<int>(N)))];
  }

 private:
  std::mt19937_64 random_;
};

Json value(Dice& dice, int depth) {
  static const char* const names[] = {"a", "b", "c", "d/~"};
  switch (dice.roll(depth > 0 ? 8 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return dice.roll(2) == 0;
    case 2:
      return dice.roll(5) - 2;
    case 3:
      return dice.roll(100) / 8.0;
    case 4:
      return dice.pick(names);
    case 5: {
      Json list = Json::array();
      for (int i = dice.roll(4); i > 0; --i) list.push_back(value(dice, depth - 1));
      return list;
    }
    default: {
      Json object = Json::object();
      for (int i = dice.roll(4); i > 0; --i) object[dice.pick(names)] = value(dice, depth - 1);
      return object;
    }
  }
}

Json schema(Dice& dice, int depth) {
  static const char* const inner[] = {"not",
                                      "if",
                                      "then",
                                      "else",
                                      "items",
                                      "contains",
                                      "additionalProperties",
                                      "propertyNames",
                                      "unevaluatedItems",
                                      "unevaluatedProperties"};
  static const char* const lists[] = {"allOf", "anyOf", "oneOf", "prefixItems"};
  static const char* const maps[] = {"properties", "patternProperties", "dependentSchemas",
                                     "$defs"};
  static const char* const counts[] = {"minLength",   "maxItems",    "minItems", "maxProperties",
                                       "minContains", "maxContains", "minimum",  "maximum"};
  static const char* const names[] = {"a", "b", "c", "d/~"};
  static const char* const types[] = {"null",   "boolean", "integer", "number",
                                      "string", "array",   "object"};
  static const char* const targets[] = {"#", "#/$defs/a", "#/properties/b", "#/items", "#x"};
  if (dice.roll(12) == 0) return dice.roll(2) == 0;
  Json made = Json::object();
  for (int i = dice.roll(4); i >= 0; --i) {
    const int kind = dice.roll(depth > 0 ? 9 : 5);
    if (kind == 0) made["type"] = dice.pick(types);
    if (kind == 1) made[dice.pick(counts)] = dice.roll(4);
    if (kind == 2) made["enum"] = {value(dice, 1), value(dice, 1)};
    if (kind == 3) made["required"] = {dice.pick(names)};
    if (kind == 4) made[dice.roll(4) == 0 ? "$dynamicRef" : "$ref"] = dice.pick(targets);
    if (kind == 5) made[dice.pick(inner)] = schema(dice, depth - 1);
    if (kind == 6) made[dice.pick(lists)] = {schema(dice, depth - 1), schema(dice, depth - 1)};
    if (kind >= 7) made[dice.pick(maps)][dice.pick(names)] = schema(dice, depth - 1);
  }
  if (dice.roll(20) == 0) made["$dynamicAnchor"] = "x";
  return made;
}

TEST(HostileSchema, AnySchemaIsCompiledOrRefusedAndAnyValueJudged) {
  int compiled = 0;
  int valid = 0;
  int invalid = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Dice dice(seed);
    const auto made = Schema::compile(schema(dice, 4));
    if (!made) {
      EXPECT_EQ(made.error().code, Code::config);
      EXPECT_FALSE(made.error().sentence.empty());
      continue;
    }
    ++compiled;
    for (int i = 0; i < 5; ++i) {
      const auto errors = made->validate(value(dice, 4));
      EXPECT_LE(errors.size(), 20U);
      for (const SchemaError& error : errors) EXPECT_LT(describe(error).size(), 4000U);
      ++(errors.empty() ? valid : invalid);
    }
  }
  EXPECT_GT(compiled, 1000);
  EXPECT_GT(valid, 1000);
  EXPECT_GT(invalid, 1000);
}

/// Runs the body with as much stack as a validation may need.
void run_on_small_stack(const std::function<void()>& body) {
#ifdef __SANITIZE_ADDRESS__
  constexpr std::size_t kStackBytes = std::size_t{4} << 20;
#else
  constexpr std::size_t kStackBytes = std::size_t{1} << 20;
#endif
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread{};
  const auto run = [](void* given) -> void* {
    (*static_cast<const std::function<void()>*>(given))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&body)),
            0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

/// Judges items of items of items, each through a chain of schemas, until the last fails.
void judge_deep(const std::string& combination, int chain) {
  std::string defs;
  for (int i = 0; i < chain; ++i) {
    defs += "\"d" + std::to_string(i) + "\":{\"" + combination + "\":[{\"$ref\":\"#/$defs/d" +
            std::to_string(i + 1) + "\"}]},";
  }
  defs += "\"d" + std::to_string(chain) + R"(":{"type":"array","items":{"$ref":"#/$defs/d0"}})";
  const auto made = Schema::compile(*parse_json(R"({"$ref":"#/$defs/d0","$defs":{)" + defs + "}}"));
  ASSERT_TRUE(made) << made.error().sentence;
  const Json deep = *parse_json(std::string(120, '[') + "5" + std::string(120, ']'));
  run_on_small_stack([&] { EXPECT_FALSE(made->validate(deep).empty()); });
}

TEST(HostileSchema, TheDeepestJudgementNeedsLittleStack) {
  for (const char* combination : {"allOf", "anyOf", "oneOf"}) {
    for (const int chain : {1, 3, 40}) judge_deep(combination, chain);
  }
}

TEST(HostileSchema, ASchemaJudgesTheSameFromManyThreads) {
  const auto made = Schema::compile(*parse_json(
      R"({"anyOf":[{"type":"string","pattern":"^a+$"},{"type":"array","items":{"$ref":"#"}}]})"));
  ASSERT_TRUE(made);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        EXPECT_TRUE(made->validate(*parse_json(R"(["aa",["a",[]]])")).empty());
        EXPECT_FALSE(made->validate(*parse_json(R"(["aa",["b",[]]])")).empty());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// `inner` within `levels` members called a.
std::string deep_members(int levels, const std::string& inner) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += "{\"a\":";
  return text + inner + std::string(static_cast<std::size_t>(levels), '}');
}

TEST(HostileSchema, WhatWasNotJudgedToItsEndIsNeverCalledValid) {
  std::string chain = R"({"properties":{"a":{"$ref":"#/$defs/n"}}})";
  for (int i = 0; i < 12; ++i) chain = R"({"allOf":[)" + chain + "]}";
  const std::string defs = R"("$defs":{"n":)" + chain + "}";
  const std::string one = R"({"$ref":"#/$defs/n"})";
  for (const std::string& keywords :
       {R"("oneOf":[)" + one + ",true]", R"("not":)" + one, R"("anyOf":[)" + one + ",true]",
        R"("if":)" + one + R"(,"else":true,"then":false)",
        R"("properties":{"a":{"not":)" + one + "}}"}) {
    const auto made = Schema::compile(*parse_json("{" + defs + "," + keywords + "}"));
    ASSERT_TRUE(made) << made.error().sentence;
    const auto errors = made->validate(*parse_json(deep_members(110, "1")));
    ASSERT_EQ(errors.size(), 1U) << keywords;
    EXPECT_EQ(errors.front().expected, "a value that can be judged in bounded time") << keywords;
  }
}

TEST(HostileSchema, UnevaluatedMembersOfARecursionThatForksAreJudgedInLittleTime) {
  const auto made = Schema::compile(*parse_json(R"({
      "allOf":[{"$ref":"#/$defs/b"},{"$ref":"#/$defs/c"}],"unevaluatedProperties":false,
      "$defs":{"base":{"properties":{"child":{"$ref":"#"},"a":{"$ref":"#"},"n":{"type":"integer"}}},
               "b":{"allOf":[{"$ref":"#/$defs/base"}]},"c":{"allOf":[{"$ref":"#/$defs/base"}]}}})"));
  ASSERT_TRUE(made) << made.error().sentence;
  EXPECT_TRUE(made->validate(*parse_json(deep_members(100, R"({"n":1})"))).empty());
  const auto errors = made->validate(*parse_json(deep_members(100, R"({"m":1})")));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors.front().keyword, "unevaluatedProperties");
  EXPECT_TRUE(errors.front().path.ends_with("/a/m"));
}

TEST(HostileSchema, TheErrorIsFoundHoweverMuchComesBeforeIt) {
  const auto only_error = [](const char* schema, const Json& value) {
    const auto made = Schema::compile(*parse_json(schema));
    EXPECT_TRUE(made);
    const auto errors = made->validate(value);
    return errors.size() == 1 ? errors.front() : SchemaError();
  };
  Json list = std::vector<int>(2'500'000, 1);
  list.push_back(nullptr);
  for (const char* items :
       {R"({"type":"integer"})", R"({"anyOf":[{"type":"integer"},{"type":"string"}]})"}) {
    const SchemaError error = only_error((R"({"items":)" + std::string(items) + "}").c_str(), list);
    EXPECT_EQ(error.path, "/2500000");
    EXPECT_EQ(error.fault, SchemaFault::type);
  }
  const SchemaError missing =
      only_error(R"({"properties":{"a":{"items":{"minimum":0}},"b":{"required":["x"]}}})",
                 {{"a", std::vector<int>(2'500'000, 1)}, {"b", Json::object()}});
  EXPECT_EQ(missing.path, "/b/x");
  EXPECT_EQ(missing.fault, SchemaFault::missing);
}

TEST(HostileSchema, AlternativesTooLargeToBeComparedAreNamedWithoutBlamingOthers) {
  std::string schema = R"({"items":{"type":"integer"}})";
  std::string value(1'000'000, '1');
  for (std::size_t i = 1; i < value.size(); i += 2) value[i] = ',';
  value = "[" + value + "null]";
  for (int i = 0; i < 10; ++i) {
    schema = R"({"type":"object","properties":{"a":{"anyOf":[{"type":"string"},)" + schema + "]}}}";
    value = R"({"a":)" + value + "}";
  }
  const auto made = Schema::compile(*parse_json(schema));
  ASSERT_TRUE(made);
  const auto errors = made->validate(*parse_json(value));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors.front().path, "/a");
  EXPECT_EQ(errors.front().expected, "one of 2 alternatives");
}

TEST(HostileSchema, WhatIsToldOfHugeKeysAndValuesStaysShort) {
  const auto made = Schema::compile(*parse_json(
      R"({"additionalProperties":{"additionalProperties":{"type":"null"}},"propertyNames":{"maxLength":3}})"));
  ASSERT_TRUE(made);
  const std::string huge(1'000'000, 'k');
  const auto errors = made->validate({{huge, {{huge, huge}, {"x", Json::array({huge, huge})}}}});
  EXPECT_EQ(errors.size(), 3U);
  for (const SchemaError& error : errors) {
    EXPECT_LT(error.path.size() + error.expected.size() + error.got.size(), 2000U);
    EXPECT_LT(describe(error).size(), 2000U);
  }
}

TEST(HostileSchema, AnyBytesAreReadOrRefused) {
  const std::string good = R"({"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",true,null],"b":{"c":""}})";
  ASSERT_TRUE(parse_strict_json(good));
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    Dice dice(seed);
    std::string text = good;
    for (int i = dice.roll(4); i >= 0; --i) {
      const auto at = static_cast<std::size_t>(dice.roll(static_cast<int>(text.size())));
      if (dice.roll(2) == 0) {
        text.erase(at, 1);
      } else {
        text[at] = static_cast<char>(dice.roll(256));
      }
    }
    const auto read = parse_strict_json(text);
    // What the strict reading takes, the usual one takes, too.
    if (read && !read->big_numbers) {
      EXPECT_TRUE(parse_json(text)) << text;
    }
    if (!read) {
      EXPECT_FALSE(read.error().sentence.empty());
    }
  }
}

}  // namespace
}  // namespace plumb
