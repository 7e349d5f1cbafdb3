#include "core/score/recipe.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "core/base/text.hpp"
#include "core/score/board.hpp"

namespace plumb {
namespace {

constexpr const char* kSecret = "[secret]";

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// "HF_TOKEN", "--api-key", "accessToken"; neither "--max-num-batched-tokens" nor "tokenizer".
bool names_a_secret(std::string_view name) {
  std::string word;
  const auto ends_secret = [&word] {
    constexpr std::array kEnds = {"key", "token", "secret", "password", "passwd", "credentials"};
    return std::ranges::any_of(kEnds, [&word](const char* end) { return word.ends_with(end); });
  };
  for (const char c : lower(name)) {
    if (is_word_char(c)) {
      word += c;
    } else {
      if (ends_secret()) return true;
      word.clear();
    }
  }
  return ends_secret();
}

/// One word of a command line after `before`; "NAME=value" and "--flag=value" hide their own.
std::string hidden_word(const std::string& word, const std::string& before) {
  const auto equals = word.find('=');
  if (equals != std::string::npos && names_a_secret(word.substr(0, equals))) {
    return word.substr(0, equals + 1) + kSecret;
  }
  const bool belongs = before.starts_with('-') && before.find('=') == std::string::npos &&
                       names_a_secret(before) && !word.starts_with('-');
  return belongs ? kSecret : word;
}

std::string hidden_line(const std::string& line) {
  std::vector<std::string> words = split(line, ' ');
  std::string before;
  for (std::string& word : words) {
    if (word.empty()) continue;
    const std::string plain = word;
    word = hidden_word(word, before);
    before = plain;
  }
  return join(words, " ");
}

using Flat = std::map<std::string, Json>;

/// "--port 8000 --trust-remote-code" as {"--port": "8000", "--trust-remote-code": true}; what is no
/// flag stays together.
void flatten_args(const std::vector<std::string>& words, Flat& flat) {
  std::vector<std::string> others;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.empty()) continue;
    const auto equals = word.find('=');
    if (!word.starts_with('-')) {
      others.push_back(word);
    } else if (equals != std::string::npos) {
      flat["args." + word.substr(0, equals)] = word.substr(equals + 1);
    } else if (i + 1 < words.size() &&
               (!words[i + 1].starts_with('-') || parse_number(words[i + 1]))) {
      flat["args." + word] = words[++i];
    } else {
      flat["args." + word] = true;
    }
  }
  if (!others.empty()) flat["args"] = join(others, " ");
}

std::vector<std::string> words_of(const Json& value) {
  if (value.is_string()) return split(value.get<std::string>(), ' ');
  std::vector<std::string> words;
  for (const Json& item : value) {
    words.push_back(item.is_string() ? item.get<std::string>() : dump_json(item));
  }
  return words;
}

void flatten_env(const Json& env, Flat& flat) {
  for (const std::string& entry : words_of(env)) {
    const auto equals = entry.find('=');
    if (entry.empty()) continue;
    flat["env." + entry.substr(0, equals)] =
        equals == std::string::npos ? Json(true) : Json(entry.substr(equals + 1));
  }
}

Flat flat_recipe(const Json& recipe) {
  Flat flat;
  for (const auto& [field, value] : recipe.items()) {
    const bool words = value.is_string() || value.is_array();
    if (value.is_null()) continue;
    if (field == "args" && words) {
      flatten_args(words_of(value), flat);
    } else if (field == "env" && words) {
      flatten_env(value, flat);
    } else if (value.is_object()) {
      for (const auto& [name, inner] : value.items()) flat[field + "." + name] = inner;
    } else {
      flat[field] = value;
    }
  }
  return flat;
}

/// Of a capability card: what the server says about itself, what was seen; speeds are no recipe.
Flat flat_card(const Json& card) {
  Flat flat;
  const Json& server = object_in(card, "server");
  if (const std::string kind = json_or(server, "kind", ""); !kind.empty()) flat["server"] = kind;
  for (const auto& [name, fact] : object_in(server, "facts").items()) {
    if (fact.is_object() && fact.contains("value") && !fact["value"].is_null()) {
      flat[name] = fact["value"];
    }
  }
  for (const Json& finding : list_in(card, "findings")) {
    const std::string id = json_or(finding, "id", "");
    if (id.empty() || !finding.contains("value") || finding["value"].is_null()) continue;
    flat.try_emplace(id, finding["value"]);
  }
  for (const Json& figure : list_in(object_in(card, "speed"), "decode")) {
    if (!figure.is_object() || !figure.contains("draft_acceptance")) continue;
    if (figure["draft_acceptance"].is_number()) flat["drafts"] = true;
  }
  return flat;
}

Json compared(const Json& a, const Json& b) {
  std::set<std::string> fields;
  for (const Json* side : {&a, &b}) {
    for (const auto& [field, value] : side->items()) fields.insert(field);
  }
  Json result = {{"equal", 0}, {"different", Json::array()}, {"one_sided", Json::array()}};
  int equal = 0;
  for (const std::string& field : fields) {
    const bool both = a.contains(field) && b.contains(field);
    if (both && a[field] == b[field]) {
      ++equal;
      continue;
    }
    result[both ? "different" : "one_sided"].push_back(
        {{"field", field}, {"a", a.value(field, Json())}, {"b", b.value(field, Json())}});
  }
  result["equal"] = equal;
  return result;
}

std::string plain(const Json& value) {
  std::string text = lower(value.is_string() ? value.get<std::string>() : dump_json(value));
  std::erase_if(text, [](char c) { return !is_word_char(c); });
  return text;
}

bool says_none(const std::string& text) {
  constexpr std::array kWords = {"none", "no", "off", "false", "null", "", "0"};
  return std::ranges::find(kWords, text) != kWords.end();
}

/// The number formats that a text names: "NVFP4" and "modelopt_fp4" -> {"fp4"}, "Q4_K_M" -> {"q4"}.
std::set<std::string> formats_in(const Json& value) {
  const std::string text = plain(value);
  std::set<std::string> found;
  for (const char* kind : {"fp", "int", "bf", "q"}) {
    for (auto at = text.find(kind); at != std::string::npos; at = text.find(kind, at + 1)) {
      std::size_t end = at + std::string_view(kind).size();
      const std::size_t digits = end;
      while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
      if (end > digits) found.insert(text.substr(at, end - at));
    }
  }
  if (text == "bfloat16") found.insert("bf16");
  if (text == "float16" || text == "f16" || text == "half") found.insert("fp16");
  return found;
}

bool is_unquantized(const Json& value) {
  const auto formats = formats_in(value);
  return says_none(plain(value)) || formats == std::set<std::string>{"bf16"} ||
         formats == std::set<std::string>{"fp16"};
}

/// Names of one number format differ from server to server; only formats that share none are
/// opposed.
bool formats_contradict(const Json& declared, const Json& found) {
  if (plain(found) == "auto" || plain(declared) == "auto") return false;
  if (is_unquantized(declared) && is_unquantized(found)) {
    return says_none(plain(declared)) || says_none(plain(found))
               ? false
               : formats_in(declared) != formats_in(found);
  }
  const auto a = formats_in(declared);
  const auto b = formats_in(found);
  if (is_unquantized(declared) || is_unquantized(found)) return !(a.empty() && b.empty());
  return !a.empty() && !b.empty() &&
         std::ranges::none_of(a, [&b](const std::string& format) { return b.contains(format); });
}

bool is_digest(const std::string& text) {
  return text.size() >= 32 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

/// "RedHatAI/Qwen3-NVFP4" and "/models/Qwen3-NVFP4" may be the same, a digest may be anything.
bool names_contradict(const Json& declared, const Json& found) {
  const auto last_part = [](const Json& value) {
    return value.is_string() ? plain(Json(split(value.get<std::string>(), '/').back()))
                             : plain(value);
  };
  const std::string a = last_part(declared);
  const std::string b = last_part(found);
  if (a.empty() || b.empty() || is_digest(a) != is_digest(b)) return false;
  return a.find(b) == std::string::npos && b.find(a) == std::string::npos;
}

bool contradict(const std::string& field, const Json& declared, const Json& found) {
  if (field == "quantization" || field == "kv_dtype") return formats_contradict(declared, found);
  if (field == "speculation") return says_none(plain(declared)) != says_none(plain(found));
  return names_contradict(declared, found);
}

}  // namespace

Json without_secrets(const Json& recipe) {
  if (recipe.is_object()) {
    Json hidden = Json::object();
    for (const auto& [name, value] : recipe.items()) {
      const bool secret = names_a_secret(name) && value.is_primitive() && !value.is_null();
      hidden[name] = secret ? Json(kSecret) : without_secrets(value);
    }
    return hidden;
  }
  if (recipe.is_array()) {
    Json hidden = Json::array();
    std::string before;
    for (const Json& item : recipe) {
      const bool text = item.is_string();
      hidden.push_back(text ? Json(hidden_word(hidden_line(item.get<std::string>()), before))
                            : without_secrets(item));
      before = text ? item.get<std::string>() : "";
    }
    return hidden;
  }
  return recipe.is_string() ? Json(hidden_line(recipe.get<std::string>())) : recipe;
}

std::string command_without_secrets(const std::vector<std::string>& argv) {
  return join(without_secrets(Json(argv)).get<std::vector<std::string>>(), " ");
}

Result<Json> recipe_of(const RunInfo& run, const std::string& contestant) {
  std::vector<std::string> names;
  for (const Json& known : list_in(run.plan, "contestants")) {
    names.push_back(json_or(known, "name", ""));
    if (names.back() != contestant) continue;
    return Json{{"run", run.id},
                {"name", contestant},
                {"model", json_or(known, "model", "")},
                {"declared", flat_recipe(object_in(known, "recipe"))},
                {"found", flat_card(object_in(known, "probe"))}};
  }
  return fail(Code::not_found, "run " + run.id + " has no contestant \"" + contestant + "\"" +
                                   did_you_mean(contestant, names) + "; it has " +
                                   join(names, ", "));
}

Json recipe_contradictions(const Json& side) {
  Json result = Json::array();
  const Json& declared = object_in(side, "declared");
  const Json& found = object_in(side, "found");
  const auto add = [&](const char* field, const Json& seen) {
    result.push_back({{"contestant", json_or(side, "name", "")},
                      {"field", field},
                      {"declared", declared[field]},
                      {"found", seen}});
  };
  for (const char* field : {"weights", "revision", "quantization", "kv_dtype", "speculation"}) {
    if (!declared.contains(field)) continue;
    if (found.contains(field) && contradict(field, declared[field], found[field])) {
      add(field, found[field]);
    } else if (std::string_view(field) == "speculation" && found.contains("drafts") &&
               says_none(plain(declared[field]))) {
      add(field, "drafts are accepted");
    }
  }
  // "vllm 0.11.0" against a server that says 0.10.2.
  if (declared.contains("engine") && found.contains("version")) {
    const std::string engine = plain(declared["engine"]);
    const bool has_version =
        std::ranges::any_of(engine, [](unsigned char c) { return std::isdigit(c) != 0; });
    if (has_version && engine.find(plain(found["version"])) == std::string::npos &&
        plain(found["version"]).find(engine) == std::string::npos) {
      add("engine", found["version"]);
    }
  }
  return result;
}

Json recipe_diff(const Json& a, const Json& b) {
  const auto who = [](const Json& side) {
    return Json{{"run", json_or(side, "run", "")}, {"name", json_or(side, "name", "")}};
  };
  Json unknown = Json::array();
  for (const std::string_view field : kRecipeFields) {
    const auto declares = [field](const Json& side) {
      const auto items = object_in(side, "declared").items();
      return std::any_of(items.begin(), items.end(), [field](const auto& item) {
        return item.key() == field || item.key().starts_with(std::string(field) + ".");
      });
    };
    if (!declares(a) && !declares(b)) unknown.push_back(field);
  }
  Json contradictions = recipe_contradictions(a);
  for (const Json& other : recipe_contradictions(b)) contradictions.push_back(other);
  return {{"a", who(a)},
          {"b", who(b)},
          {"declared", compared(object_in(a, "declared"), object_in(b, "declared"))},
          {"found", compared(object_in(a, "found"), object_in(b, "found"))},
          {"unknown", std::move(unknown)},
          {"contradictions", std::move(contradictions)}};
}

}  // namespace plumb
