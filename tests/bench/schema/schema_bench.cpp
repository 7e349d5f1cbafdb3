// What it costs to judge a tool call: the reading of its bytes beside the usual reading of JSON,
// the validation, the compilation of a large set of tools, and arguments made to be slow, each at
// two sizes, whose times must be as the sizes are.
#include <functional>
#include <string>
#include <vector>

#include "core/schema/call_judge.hpp"
#include "core/schema/strict_json.hpp"
#include "tests/bench/measure.hpp"

namespace plumb::bench {
namespace {

constexpr const char* kEdit = R"({"type":"object","additionalProperties":false,
  "required":["path","edits"],"properties":{
    "path":{"type":"string","minLength":1,"maxLength":4096,"description":"The file."},
    "mode":{"enum":["replace","insert","append"]},
    "line":{"type":"integer","minimum":1},
    "encoding":{"anyOf":[{"type":"string"},{"type":"null"}]},
    "edits":{"type":"array","minItems":1,"items":{"type":"object","required":["old","new"],
      "properties":{"old":{"type":"string"},"new":{"type":"string"}}}}}})";
constexpr const char* kCall = R"json({"path":"src/shop/orders.py","mode":"replace","line":118,
  "encoding":null,"edits":[
    {"old":"def total(items):\n    return sum(i.price for i in items)",
     "new":"def total(items):\n    return sum(i.price * i.count for i in items)"},
    {"old":"assert total([]) == 0","new":"assert total([]) == 0\nassert total([Item(2, 3)]) == 6"}]})json";

/// Median microseconds of one call of `body`, which is repeated within each sample.
double median_us(const std::function<void()>& body, int samples = 200, int repeats = 50) {
  std::vector<double> times;
  for (int i = 0; i < samples; ++i) {
    times.push_back(1000 / static_cast<double>(repeats) * timed_ms([&] {
                      for (int k = 0; k < repeats; ++k) body();
                    }));
  }
  return spread(std::move(times)).median;
}

CallJudge judge_of(const std::string& parameters) {
  return must(CallJudge::create({{"t", "A tool.", must(parse_json(parameters))}}));
}

void measure_typical_call() {
  const CallJudge judge = judge_of(kEdit);
  const Schema schema = must(Schema::compile(must(parse_json(kEdit))));
  const ToolCall call{.name = "t", .arguments = kCall};
  must(!judge.judge(call).defect, "the typical call has a defect");
  const Json value = must(parse_json(kCall));
  fmt::print("a typical call ({} bytes)\n", call.arguments.size());
  fmt::print("  judged whole               {:8.2f} us\n",
             median_us([&] { must(!judge.judge(call).defect, "a defect"); }));
  fmt::print("  read strictly              {:8.2f} us\n",
             median_us([&] { must(parse_strict_json(kCall).has_value(), "not read"); }));
  fmt::print("  read as usual              {:8.2f} us\n",
             median_us([&] { must(parse_json(kCall).has_value(), "not read"); }));
  fmt::print("  validated                  {:8.2f} us\n",
             median_us([&] { must(schema.validate(value).empty(), "errors"); }));
  ToolCall wrong = call;
  wrong.arguments.replace(wrong.arguments.find("118"), 3, "\"x\"");
  fmt::print("  judged, with a wrong type  {:8.2f} us\n",
             median_us([&] { must(judge.judge(wrong).defect.has_value(), "no defect"); }));
}

void measure_compilation() {
  std::vector<ToolSpec> tools;
  for (int i = 0; i < 120; ++i) {
    tools.push_back({"tool_" + std::to_string(i), "A tool.", must(parse_json(kEdit))});
  }
  fmt::print("120 tools compiled           {:8.2f} ms\n",
             median_us([&] { must(CallJudge::create(tools)); }, 50, 1) / 1000);
}

struct Shape {
  const char* name;
  std::string parameters;
  std::function<std::string(int size)> arguments;  ///< `size` is a number of pieces
  int pieces;                                      ///< that make about 1 MB
};

std::string repeated(int count, const std::function<std::string(int)>& piece) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + piece(i);
  return text;
}

std::string list(int count, const std::function<std::string(int)>& item) {
  return "{\"v\":[" + repeated(count, item) + "]}";
}

std::string property(const std::string& schema) {
  return R"({"type":"object","properties":{"v":)" + schema + "}}";
}

std::string words(int count) {
  return repeated(count, [](int i) { return fmt::format("\"word {}\"", i); });
}

std::vector<Shape> shapes() {
  const auto number = [](int i) { return std::to_string(i); };
  const auto objects = [](int i) { return fmt::format("{{\"a\":{},\"b\":1}}", i); };
  const auto unknown = [](int size) {
    return "{" + repeated(size, [](int i) { return fmt::format("\"k{}\":1", i); }) + "}";
  };
  const auto a_long_text = [](int size) {
    return "{\"v\":\"" + std::string(static_cast<std::size_t>(size), 'a') + "!\"}";
  };
  // Towers of 100 levels side by side, as deep as arguments may be.
  const auto towers = [](int size) {
    return list(size, [](int) { return std::string(100, '[') + "1" + std::string(100, ']'); });
  };
  return {
      {"unique objects", property(R"({"uniqueItems":true})"),
       [=](int size) { return list(size, objects); }, 60'000},
      {"unique numbers", property(R"({"uniqueItems":true})"),
       [=](int size) { return list(size, number); }, 150'000},
      {"unknown members", R"({"type":"object","additionalProperties":{"type":"integer"}})", unknown,
       100'000},
      {"forbidden members", R"({"type":"object","additionalProperties":false})", unknown, 100'000},
      {"unevaluated members",
       R"({"type":"object","allOf":[{"patternProperties":{"^k[0-4]":{}}}],"anyOf":[{"patternProperties":{"[5-9]$":{}}},{}],"unevaluatedProperties":{"type":"integer"}})",
       unknown, 100'000},
      {"an enum of 10,000 words", property("{\"items\":{\"enum\":[" + words(10'000) + "]}}"),
       [](int size) {
         return list(size, [](int i) { return fmt::format("\"word {}\"", i % 10'000); });
       },
       90'000},
      {"a long text, a pattern", property(R"({"pattern":"(a+)+$"})"), a_long_text, 1'000'000},
      {"towers through alternatives",
       R"({"type":"object","properties":{"v":{"$ref":"#/$defs/n"}},"$defs":{"n":{"anyOf":[{"type":"array","minItems":9,"items":{"$ref":"#/$defs/n"}},{"type":"array","items":{"$ref":"#/$defs/n"}},{"type":"integer"}]}}})",
       towers, 5'000},
      {"towers that fail at the end",
       R"({"type":"object","properties":{"v":{"$ref":"#/$defs/n"}},"$defs":{"n":{"anyOf":[{"type":"array","minItems":9,"items":{"$ref":"#/$defs/n"}},{"type":"array","items":{"$ref":"#/$defs/n"}},{"type":"string"}]}}})",
       towers, 5'000},
  };
}

void measure_shapes() {
  fmt::print("{:29}{:>10}{:>12}{:>14}\n", "nasty arguments", "1 MB, ms", "4 MB, ms",
             "ratio (of 4)");
  for (const Shape& shape : shapes()) {
    const CallJudge judge = judge_of(shape.parameters);
    const auto took = [&](int pieces) {
      const ToolCall call{.name = "t", .arguments = shape.arguments(pieces)};
      return median_us([&] { static_cast<void>(judge.judge(call)); }, 5, 1) / 1000;
    };
    const double once = took(shape.pieces);
    const double more = took(4 * shape.pieces);
    fmt::print("  {:27}{:10.1f}{:12.1f}{:14.2f}\n", shape.name, once, more, more / once);
  }
}

}  // namespace
}  // namespace plumb::bench

int main() {
  fmt::print("judging tool calls (load {})\n", plumb::bench::machine_load());
  plumb::bench::measure_typical_call();
  plumb::bench::measure_compilation();
  plumb::bench::measure_shapes();
  return 0;
}
