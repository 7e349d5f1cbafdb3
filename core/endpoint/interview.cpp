#include "core/endpoint/interview.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr Duration kPatience = std::chrono::seconds(5);
constexpr int kMostUnanswered = 2;
constexpr std::size_t kKeptText = 4096;

bool is_named(const Json& entry, const std::string& model) {
  if (entry.is_string()) return entry.get_ref<const std::string&>() == model;
  for (const char* key : {"id", "name", "model", "key"}) {
    const std::string name = json_or(entry, key, "");
    if (!name.empty() && (name == model || name.starts_with(model + ":"))) return true;
  }
  const auto aliases = entry.is_object() ? entry.find("aliases") : entry.end();
  return aliases != entry.end() && aliases->is_array() &&
         std::ranges::find(*aliases, Json(model)) != aliases->end();
}

/// The entry of the model in a list; null where that is not certain.
const Json* entry_of(const Json& list, const std::string& model) {
  if (!model.empty()) {
    const auto found =
        std::ranges::find_if(list, [&](const Json& one) { return is_named(one, model); });
    if (found != list.end()) return &*found;
  }
  return list.size() == 1 ? &list.front() : nullptr;
}

class Walk {
 public:
  Walk(const JsonPath& path, const std::string& model,
       const std::function<bool(const Json&)>& visit)
      : path_(path), model_(model), visit_(visit) {}

  // The depth is that of the path.
  // NOLINTNEXTLINE(misc-no-recursion)
  [[nodiscard]] bool from(const Json& value, std::size_t step) const {
    if (step == path_.size()) return visit_(value);
    const std::string& name = path_[step];
    if (name.starts_with('[')) return value.is_array() && from_list(value, name, step);
    if (!value.is_object()) return false;
    if (name.find_first_of("*?") == std::string::npos) {
      const auto at = value.find(name);
      return at != value.end() && from(*at, step + 1);
    }
    return std::ranges::any_of(value.items(), [&](const auto& item) {
      return glob_match(name, item.key()) && from(item.value(), step + 1);
    });
  }

 private:
  // NOLINTNEXTLINE(misc-no-recursion)
  [[nodiscard]] bool from_list(const Json& list, const std::string& name, std::size_t step) const {
    if (name == "[]") {
      return std::ranges::any_of(list, [&](const Json& one) { return from(one, step + 1); });
    }
    const Json* entry = nullptr;
    if (name == "[model]") {
      entry = entry_of(list, model_);
    } else {
      const auto number = parse_int(std::string_view(name).substr(1, name.size() - 2)).value_or(0);
      if (number >= 1 && static_cast<std::size_t>(number) <= list.size()) {
        entry = &list[static_cast<std::size_t>(number) - 1];
      }
    }
    return entry != nullptr && from(*entry, step + 1);
  }

  const JsonPath& path_;
  const std::string& model_;
  const std::function<bool(const Json&)>& visit_;
};

}  // namespace

const Answer& Interview::ask(const std::string& route, const Json& body) {
  const std::string sent = body.is_null() ? "" : dump_json(body);
  const auto [at, fresh] = answers_.try_emplace(route + ' ' + sent);
  Answer& answer = at->second;
  if (!fresh || unanswered_ == kMostUnanswered || waiter_.stopped()) return answer;
  auto reply = endpoint_.fetch({.target = route, .body = sent, .patience = kPatience}, waiter_);
  if (!reply) {
    fault_ = std::move(reply.error());
    unanswered_ = fault_->kind == Fault::Kind::broken ? 0 : unanswered_ + 1;
    return answer;
  }
  fault_.reset();
  unanswered_ = 0;
  answer.status = reply->status;
  answer.headers = std::move(reply->headers);
  if (reply->status >= 200 && reply->status <= 299) {
    if (auto json = parse_json(reply->body)) answer.json = std::move(*json);
  }
  answer.text = std::move(reply->body);
  if (answer.text.size() > kKeptText) answer.text.resize(kKeptText);
  return answer;
}

bool visit_path(const Json& value, const JsonPath& path, const std::string& model,
                const std::function<bool(const Json&)>& visit) {
  return Walk(path, model, visit).from(value, 0);
}

// The depth is that of a file's table.
// NOLINTNEXTLINE(misc-no-recursion)
Json filled(const Json& body, const std::map<std::string, Json>& values) {
  if (body.is_string()) {
    const std::string& text = body.get_ref<const std::string&>();
    const auto value = text.starts_with('$') ? values.find(text.substr(1)) : values.end();
    return value == values.end() ? body : value->second;
  }
  Json result = body;
  if (body.is_structured()) {
    for (Json& one : result) one = filled(one, values);
  }
  return result;
}

std::string shown_path(const JsonPath& path) {
  std::string shown;
  for (const std::string& step : path) {
    if (!shown.empty() && !step.starts_with('[')) shown += '.';
    shown += step;
  }
  return shown;
}

}  // namespace plumb
