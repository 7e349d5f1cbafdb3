#include "plugins/endpoints/stand_in_obedience.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "plugins/endpoints/stand_in_picture.hpp"

namespace plumb {
namespace {

/// What is written without end is written up to here where nobody set a limit.
constexpr std::int64_t kMostTokens = 4096;
constexpr std::string_view kQuotes = "\"`'";

/// What stands behind the first `before` in the text, or nothing.
std::optional<std::string_view> behind(std::string_view text, std::string_view before) {
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos) return std::nullopt;
  return text.substr(at + before.size());
}

/// The first word, without quotes around it and marks behind it.
std::string first_word(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n"), text.size()));
  text = text.substr(0, text.find_first_of(" \t\n"));
  while (!text.empty() && kQuotes.find(text.front()) != std::string_view::npos)
    text.remove_prefix(1);
  while (!text.empty() && (kQuotes.find(text.back()) != std::string_view::npos ||
                           text.back() == ',' || text.back() == '.')) {
    text.remove_suffix(1);
  }
  return std::string(text);
}

/// What stands between the first two double quotes.
std::optional<std::string> quoted(std::string_view text) {
  const auto value = behind(text, "\"");
  if (!value || value->find('"') == std::string_view::npos) return std::nullopt;
  return std::string(value->substr(0, value->find('"')));
}

std::vector<StandInCall> calls_asked_for(std::string_view text,
                                         const std::vector<std::string>& tools) {
  constexpr std::string_view kCall = "Call the tool ";
  std::vector<StandInCall> calls;
  for (auto rest = behind(text, kCall); rest; rest = behind(*rest, kCall)) {
    const std::string name = first_word(*rest);
    if (std::ranges::find(tools, name) == tools.end()) continue;
    const std::string_view instruction = rest->substr(0, rest->find(kCall));
    for (auto part = behind(instruction, "with "); part; part = behind(*part, "with ")) {
      const std::string parameter = first_word(*part);
      const auto value = quoted(*part);
      if (value) calls.push_back({"", name, dump_json(Json{{parameter, *value}})});
    }
  }
  return calls;
}

std::string whole_text(const StandInRequest& request) {
  std::string text;
  for (const StandInMessage& message : request.messages) text += message.text + "\n";
  return text;
}

std::string code_at_the_start(const StandInRequest& request) {
  const std::string text = whole_text(request);
  const auto code = behind(text, "The code at the start is ");
  return code ? quoted(*code).value_or("I do not know.") : "I do not know.";
}

/// What the words depend on.
std::string chance_of(const StandInOptions& options, const StandInRequest& request) {
  const double temperature = request.temperature.value_or(1);
  std::string chance = render_stand_in_prompt(request);
  if (temperature <= 0) return options.repeatable ? chance : chance + random_hex(8);
  if (options.seeded && request.seed) {
    return chance + fmt::format("\n{}\n{}", temperature, *request.seed);
  }
  return chance + random_hex(8);
}

/// Words of three letters and a blank: one token each.
std::string words(const std::string& chance, std::int64_t count) {
  static constexpr std::array<std::string_view, 32> kWords = {
      "the ", "sun ", "and ", "sea ", "are ", "one ", "old ", "red ", "fox ", "ran ", "out ",
      "for ", "new ", "ice ", "but ", "she ", "had ", "two ", "big ", "jar ", "his ", "cat ",
      "sat ", "low ", "who ", "can ", "fly ", "all ", "day ", "may ", "not ", "yet "};
  std::uint64_t state = hash_number("plumb.words/1\n" + chance);
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) {
    // Knuth's MMIX generator; the upper bits are the good ones.
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    text += kWords[state >> 59];
  }
  return text;
}

std::string numbers(std::int64_t tokens) {
  std::string text;
  const auto bytes = static_cast<std::size_t>(tokens) * 4;
  for (std::int64_t n = 1; text.size() < bytes; ++n) text += fmt::format("{} ", n);
  text.resize(bytes);
  return text;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string say(const StandInOptions& options, const StandInRequest& request, std::string_view text,
                std::int64_t limit) {
  if (contains(text, "Answer with the code at the start")) return code_at_the_start(request);
  if (contains(text, "Name the colours of the vertical bars in this picture")) {
    const auto& pictures = request.messages.back().pictures;
    if (options.vision == StandInVision::on && !pictures.empty()) {
      return join(bars_in_picture(pictures.front()), ", ");
    }
    return "It shows a quiet street in the rain.";
  }
  if (contains(text, "without end")) {
    const std::int64_t tokens = limit;
    return contains(text, "Count") ? numbers(tokens) : words(chance_of(options, request), tokens);
  }
  if (const auto word = behind(text, "Answer with the word: ")) return first_word(*word);
  std::string sentence = words(chance_of(options, request), 12);
  sentence.back() = '.';
  return sentence;
}

}  // namespace

StandInReply obedient_reply(const StandInOptions& options, const StandInRequest& request,
                            std::int64_t limit) {
  StandInReply reply{.reasoning = stand_in_reasoning(options, request)};
  if (request.messages.empty()) return reply;
  const StandInMessage& last = request.messages.back();
  if (last.role == "tool") {
    reply.text = "Done.";
    return reply;
  }
  reply.calls = calls_asked_for(last.text, request.tools);
  if (reply.calls.empty()) {
    // One token more than fits, so that the server ends it.
    const std::int64_t most = request.max_tokens ? limit : std::min(limit, kMostTokens);
    reply.text = say(options, request, last.text, most + 1);
  }
  return reply;
}

}  // namespace plumb
