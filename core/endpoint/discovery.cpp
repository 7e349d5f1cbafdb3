#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/endpoint/interview.hpp"
#include "core/endpoint/server_book.hpp"

namespace plumb {
namespace {

/// Every protocol lists its models there.
constexpr const char* kModels = "models";
constexpr std::size_t kMostText = 300;
constexpr std::size_t kMostListed = 1000;
constexpr std::int64_t kMostCounted = std::int64_t{1} << 40;

bool matches(const ServerMark& mark, const std::string& value) {
  const std::string text = lower(trimmed(value));
  if (mark.is.empty() && mark.contains.empty()) return true;
  return std::ranges::find(mark.is, text) != mark.is.end() ||
         std::ranges::any_of(mark.contains, [&](const std::string& part) {
           return text.find(part) != std::string::npos;
         });
}

bool holds(const ServerMark& mark, const Answer& answer, const std::string& model) {
  if (!mark.header.empty()) {
    return std::ranges::any_of(answer.headers, [&](const auto& header) {
      return header.first == mark.header && matches(mark, header.second);
    });
  }
  if (answer.status < 200 || answer.status > 299) return false;
  if (mark.path.empty()) return matches(mark, answer.text);
  const bool any_value = mark.is.empty() && mark.contains.empty();
  return answer.json && visit_path(*answer.json, mark.path, model, [&](const Json& value) {
           if (any_value) return !value.is_null();
           return value.is_string() && matches(mark, value.get<std::string>());
         });
}

/// Which kind of the book answers here.
class Recognition {
 public:
  Recognition(const ServerBook& book, Interview& interview, const std::string& model)
      : interview_(interview), model_(model) {
    for (const ServerKind& kind : book.kinds()) candidates_.push_back({.kind = &kind});
  }

  /// Asks the list of models first, and goes on only until one kind has more marks than any other.
  const ServerKind* run() {
    look_at(kModels);
    std::vector<std::string> routes;
    for (const Candidate& candidate : candidates_) {
      for (const ServerMark& mark : candidate.kind->marks) {
        const bool known =
            mark.route == kModels || std::ranges::find(routes, mark.route) != routes.end();
        if (!known) routes.push_back(mark.route);
      }
    }
    for (const std::string& route : routes) {
      if (leader() != nullptr) break;
      // Kinds that are behind already cannot win by a mark that only they have.
      if (worth_asking(route)) look_at(route);
    }
    return leader();
  }

  [[nodiscard]] std::string found_by() const {
    std::vector<std::string> tied;
    for (const Candidate& candidate : candidates_) {
      if (candidate.marks > 0 && candidate.marks == most()) tied.push_back(candidate.kind->name);
      if (candidate.marks > 0 && candidate.kind == leader()) return candidate.found_by;
    }
    return tied.empty() ? "no mark of a known kind" : "marks of several: " + join(tied, ", ");
  }

 private:
  struct Candidate {
    const ServerKind* kind = nullptr;
    int marks = 0;
    std::string found_by = {};
  };

  [[nodiscard]] int most() const {
    return candidates_.empty() ? 0 : std::ranges::max(candidates_, {}, &Candidate::marks).marks;
  }
  [[nodiscard]] const ServerKind* leader() const {
    const int best = most();
    const ServerKind* found = nullptr;
    for (const Candidate& candidate : candidates_) {
      if (best == 0 || candidate.marks != best) continue;
      if (found != nullptr) return nullptr;
      found = candidate.kind;
    }
    return found;
  }
  [[nodiscard]] bool worth_asking(const std::string& route) const {
    return std::ranges::any_of(candidates_, [&](const Candidate& candidate) {
      return candidate.marks == most() &&
             std::ranges::find(candidate.kind->marks, route, &ServerMark::route) !=
                 candidate.kind->marks.end();
    });
  }
  void look_at(const std::string& route) {
    const Answer& answer = interview_.ask(route);
    for (Candidate& candidate : candidates_) {
      for (const ServerMark& mark : candidate.kind->marks) {
        if (mark.route != route || !holds(mark, answer, model_)) continue;
        ++candidate.marks;
        if (candidate.found_by.empty()) {
          candidate.found_by = fmt::format(
              "{} {}", route, mark.header.empty() ? shown_path(mark.path) : mark.header);
        }
      }
    }
  }

  Interview& interview_;
  const std::string& model_;
  std::vector<Candidate> candidates_;
};

/// The value as a fact of that type; nothing when it is something else.
std::optional<Json> as_fact(FactType type, const FactSource& source, const Json& value) {
  switch (type) {
    case FactType::count: {
      const auto number = value.is_number() ? integer_or<std::int64_t>(value, 0) : 0;
      if (number < 1 || number > kMostCounted) return std::nullopt;
      return number;
    }
    case FactType::flag: {
      bool found = false;
      if (!source.has.empty()) {
        if (!value.is_structured()) return std::nullopt;
        found = value.is_array() ? std::ranges::find(value, Json(source.has)) != value.end()
                                 : json_or(value, source.has.c_str(), false);
      } else if (value.is_boolean()) {
        found = value.get<bool>();
      } else {
        return std::nullopt;
      }
      return found != source.negated;
    }
    case FactType::text:
    case FactType::texts:
    case FactType::digest:
      if (!value.is_string() || value.get_ref<const std::string&>().empty()) return std::nullopt;
      if (type == FactType::digest) return sha256_hex(value.get_ref<const std::string&>());
      return shortened(printable(value.get_ref<const std::string&>()), kMostText);
  }
  return std::nullopt;
}

std::optional<Json> value_of(FactType type, const FactSource& source, const Json& answer,
                             const std::string& model) {
  if (type == FactType::texts) {
    Json list = Json::array();
    visit_path(answer, source.path, model, [&](const Json& value) {
      if (auto fact = as_fact(type, source, value)) list.push_back(std::move(*fact));
      return list.size() == kMostListed;
    });
    if (list.empty()) return std::nullopt;
    return list;
  }
  std::optional<Json> found;
  visit_path(answer, source.path, model, [&](const Json& value) {
    found = as_fact(type, source, value);
    return found.has_value();
  });
  return found;
}

using Discovery = std::map<std::string, std::vector<FactSource>>;

/// What a server of no known kind may say in its list of models, under the names that several use.
const Discovery& common_discovery() {
  const auto at = [](JsonPath path) {
    return FactSource{.routes = {kModels}, .path = std::move(path)};
  };
  static const Discovery discovery = {
      {"models", {at({"data", "[]", "id"})}},
      {"model", {at({"data", "[model]", "id"})}},
      {"window",
       {at({"data", "[model]", "max_model_len"}), at({"data", "[model]", "context_length"}),
        at({"data", "[model]", "context_window"})}},
  };
  return discovery;
}

/// The contestant's model, or the one that the server has where the contestant names none.
std::string asked_model(Interview& interview, const std::string& model) {
  const Answer& answer = interview.ask(kModels);
  std::string only;
  if (!model.empty() || !answer.json) return model;
  visit_path(*answer.json, {"data", "[model]", "id"}, "", [&](const Json& id) {
    if (id.is_string()) only = id.get<std::string>();
    return true;
  });
  return only;
}

/// The fact without what a server may have mixed into it of ours.
Json kept(Json fact, const Interview& interview) {
  if (fact.is_string()) return interview.without_secrets(fact.get<std::string>());
  if (fact.is_array()) {
    for (Json& one : fact) one = kept(std::move(one), interview);
  }
  return fact;
}

/// Asks for the facts, and notes the routes that fail.
void ask_facts(Interview& interview, const Discovery& discovery, const std::string& model,
               ServerFacts& facts) {
  const auto answer_of = [&](const FactSource& source) -> std::pair<std::string, const Answer*> {
    for (const std::string& route : source.routes) {
      const Answer& answer = interview.ask(route, filled(source.body, {{"model", model}}));
      if (answer.json) return {route, &answer};
    }
    const std::string& route = source.routes.front();
    if (std::ranges::find(facts.silent, route) == facts.silent.end()) {
      facts.silent.push_back(route);
    }
    return {route, nullptr};
  };
  for (const auto& [fact, sources] : discovery) {
    for (const FactSource& source : sources) {
      const auto [route, answer] = answer_of(source);
      if (answer == nullptr) continue;
      auto value = value_of(fact_types().at(fact), source, *answer->json, model);
      if (!value) continue;
      facts.facts[fact] = {kept(*std::move(value), interview),
                           fmt::format("{} {}", route, shown_path(source.path))};
      break;
    }
  }
}

/// A short conversation with everything in it that templates treat in their own way.
std::map<std::string, Json> render_values(const std::string& model) {
  const Json call = {{"id", "call00001"},
                     {"type", "function"},
                     {"function", {{"name", "read_file"}, {"arguments", R"({"path": "a.txt"})"}}}};
  const Json messages = {
      {{"role", "system"}, {"content", "You are a careful assistant."}},
      {{"role", "user"}, {"content", "What is in a.txt?\n"}},
      {{"role", "assistant"}, {"content", "I look."}, {"tool_calls", Json::array({call})}},
      {{"role", "tool"}, {"tool_call_id", "call00001"}, {"content", "two words\n"}}};
  const Json parameters = {{"type", "object"},
                           {"properties", {{"path", {{"type", "string"}}}}},
                           {"required", Json::array({"path"})}};
  const Json tool = {
      {"type", "function"},
      {"function",
       {{"name", "read_file"}, {"description", "Reads a file."}, {"parameters", parameters}}}};
  return {{"model", model}, {"messages", messages}, {"tools", Json::array({tool})}};
}

}  // namespace

std::expected<ServerFacts, Fault> discover_server(Endpoint& endpoint, const ServerBook& book,
                                                  const std::string& kind, const std::string& model,
                                                  Waiter& waiter) {
  Interview interview(endpoint, waiter);
  (void)interview.ask(kModels);
  if (interview.fault() && interview.fault()->kind != Fault::Kind::broken) {
    return std::unexpected(*interview.fault());
  }
  ServerFacts facts;
  const ServerKind* found = nullptr;
  if (!kind.empty()) {
    found = book.find(kind);
    facts.found_by = "by hand";
  } else {
    Recognition recognition(book, interview, model);
    found = recognition.run();
    facts.found_by = recognition.found_by();
  }
  if (found != nullptr) facts.kind = found->name;
  ask_facts(interview, found == nullptr ? common_discovery() : found->discovery,
            asked_model(interview, model), facts);
  if (waiter.stopped()) {
    return std::unexpected(Fault{.kind = Fault::Kind::cancelled, .sentence = "stopped"});
  }
  return facts;
}

std::optional<std::string> rendered_prompt_hash(Endpoint& endpoint, const ServerKind& kind,
                                                const std::string& model, Waiter& waiter) {
  if (!kind.render) return std::nullopt;
  Interview interview(endpoint, waiter);
  const Answer& answer =
      interview.ask(kind.render->route, filled(kind.render->body, render_values(model)));
  if (!answer.json) return std::nullopt;
  std::optional<std::string> hash;
  visit_path(*answer.json, kind.render->path, model, [&](const Json& value) {
    const bool tokens =
        value.is_array() && !value.empty() &&
        std::ranges::all_of(value, [](const Json& one) { return one.is_number_integer(); });
    if (tokens) hash = "tokens:" + sha256_hex(dump_json(value));
    if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
      hash = "text:" + sha256_hex(value.get_ref<const std::string&>());
    }
    return hash.has_value();
  });
  return hash;
}

}  // namespace plumb
