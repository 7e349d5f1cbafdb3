#include "plugins/endpoints/history.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

#include "core/base/base64.hpp"
#include "core/base/json.hpp"
#include "core/base/text.hpp"

namespace plumb {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestWordId = 64;

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// Servers refuse names outside this set, and the model may have written anything.
std::string sendable_name(std::string_view name, bool dots) {
  std::string sent;
  for (const char c : name.substr(0, kLongestName)) {
    sent += is_alnum(c) || c == '_' || c == '-' || (dots && c == '.') ? c : '_';
  }
  return sent.empty() ? "unnamed" : sent;
}

std::string sendable_arguments(const std::string& arguments) {
  const std::string_view text = trimmed(arguments);
  if (text.empty() || text == "null") return "{}";
  if (const auto value = parse_json(text); value && value->is_object()) return arguments;
  return dump_json({{"_malformed_arguments", arguments}});
}

/// The ids of one conversation, as its calls had them and as they are sent.
class Ids {
 public:
  Ids(bool nine, bool any) : nine_(nine), any_(any) {}

  void begin_turn() { open_.clear(); }
  std::string of_call(const std::string& id, std::size_t message) {
    std::string sent = id;
    for (std::size_t n = open_.size(); !fit(sent) || used_.contains(sent); ++n) {
      // Nine letters and digits: some chat templates accept no other length.
      sent = fmt::format("c{:08}", (message * 10'000 + n) % 100'000'000);
    }
    used_.insert(sent);
    open_.push_back({id, sent});
    return sent;
  }
  /// Answers come in the order of the calls, so the first unanswered call with that id is the one
  /// that is meant.
  std::string of_answer(const std::string& id) {
    const auto call =
        std::ranges::find_if(open_, [&](const Open& one) { return !one.answered && one.id == id; });
    if (call == open_.end()) return id;
    call->answered = true;
    return call->sent;
  }

 private:
  /// One call of the latest turn.
  struct Open {
    std::string id;
    std::string sent;
    bool answered = false;
  };

  [[nodiscard]] bool fit(const std::string& id) const {
    if (nine_) return id.size() == 9 && std::ranges::all_of(id, is_alnum);
    if (any_) return !id.empty();
    return !id.empty() && id.size() <= kLongestWordId &&
           std::ranges::all_of(id, [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
  }

  bool nine_;
  bool any_;
  std::set<std::string> used_;
  std::vector<Open> open_;
};

void join_text(std::string& text, const std::string& more) {
  if (!text.empty() && !more.empty()) text += "\n\n";
  text += more;
}

/// Where a protocol cannot carry pictures in tool results, they come after the last result of the
/// turn: a user message between two of them would part a call from its answer.
std::vector<Message> with_pictures_behind(std::vector<Message> history) {
  std::vector<Message> sent;
  Message pictures{.role = Role::user, .text = "The pictures of the tool results above, in order."};
  const auto flush = [&] {
    if (pictures.images.empty()) return;
    sent.push_back(pictures);
    pictures.images.clear();
  };
  for (Message& message : history) {
    if (message.role != Role::tool) flush();
    if (message.role == Role::tool) {
      std::ranges::move(message.images, std::back_inserter(pictures.images));
      message.images.clear();
    }
    sent.push_back(std::move(message));
  }
  flush();
  return sent;
}

std::vector<Message> with_system_in_user(std::vector<Message> history) {
  std::string system;
  std::vector<Message> sent;
  for (Message& message : history) {
    if (message.role == Role::system) {
      join_text(system, message.text);
    } else {
      sent.push_back(std::move(message));
    }
  }
  if (system.empty()) return sent;
  if (sent.empty() || sent.front().role != Role::user) {
    sent.insert(sent.begin(), {.role = Role::user, .text = system});
  } else {
    join_text(system, sent.front().text);
    sent.front().text = std::move(system);
  }
  return sent;
}

std::vector<Message> with_roles_merged(std::vector<Message> history) {
  std::vector<Message> sent;
  for (Message& message : history) {
    const bool same = !sent.empty() && sent.back().role == message.role;
    if (!same || message.role == Role::tool) {
      sent.push_back(std::move(message));
      continue;
    }
    Message& before = sent.back();
    join_text(before.text, message.text);
    join_text(before.reasoning, message.reasoning);
    std::ranges::move(message.images, std::back_inserter(before.images));
    std::ranges::move(message.calls, std::back_inserter(before.calls));
  }
  return sent;
}

}  // namespace

std::vector<Message> sendable_history(std::span<const Message> messages, const Dialect& dialect,
                                      const HistoryRules& rules) {
  std::vector<Message> sent(messages.begin(), messages.end());
  Ids ids(dialect.id_format == "nine", rules.any_id);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    Message& message = sent[i];
    if (!rules.reasoning || !dialect.send_reasoning) message.reasoning.clear();
    if (message.role == Role::tool) message.call_id = ids.of_answer(message.call_id);
    if (message.role != Role::assistant) continue;
    ids.begin_turn();
    for (ToolCall& call : message.calls) {
      call.id = ids.of_call(call.id, i);
      call.name = sendable_name(call.name, rules.dots_in_names);
      call.arguments = sendable_arguments(call.arguments);
    }
  }
  if (!rules.tool_pictures) sent = with_pictures_behind(std::move(sent));
  if (dialect.system_as_user.value_or(false)) sent = with_system_in_user(std::move(sent));
  if (dialect.merge_roles.value_or(false)) sent = with_roles_merged(std::move(sent));
  return sent;
}

std::string data_url(const Image& image) {
  return fmt::format("data:{};base64,{}", image.type, base64(image.bytes));
}

}  // namespace plumb
