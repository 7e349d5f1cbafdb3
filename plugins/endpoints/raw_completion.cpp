#include "plugins/endpoints/raw_completion.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/endpoint/interview.hpp"
#include "plugins/endpoints/request_parts.hpp"

namespace plumb {
namespace {

/// What a chat request says beside how to sample.
constexpr std::array kNotSampling = {
    "stream",           "stream_options",      "messages",        "tools",
    "tool_choice",      "parallel_tool_calls", "response_format", "chat_template_kwargs",
    "reasoning_effort", "reasoning",           "thinking"};

bool is_absent(int status) { return status == 404 || status == 405 || status == 501; }

/// One walk through the steps.
class RawWalk {
 public:
  RawWalk(const Json& chat, std::optional<std::int64_t> limit, const RawAsk& ask,
          const HttpFaults& faults)
      : sampling_(chat),
        limit_(limit),
        ask_(ask),
        faults_(faults),
        model_(json_or(chat, "model", "")) {
    for (const char* name :
         {"model", "messages", "tools", "parallel_tool_calls", "chat_template_kwargs"}) {
      values_[name] = chat.value(name, Json());
    }
    for (const char* name : kNotSampling) sampling_.erase(name);
    for (const char* name : kMaxTokensFields) sampling_.erase(name);
  }

  /// False: the server has no such route.
  std::expected<bool, Fault> go(const RawStep& step) {
    const auto reply = ask_(step.route, dump_json(body_of(step)));
    if (!reply) return std::unexpected(reply.error());
    if (is_absent(reply->status)) return false;
    if (reply->status < 200 || reply->status > 299) {
      return std::unexpected(faults_.refused(reply->status, reply->body, ""));
    }
    const auto answer = parse_json(reply->body);
    for (const auto& [name, path] : step.takes) {
      Json taken;
      const bool found = answer && visit_path(*answer, path, model_, [&](const Json& value) {
                           taken = value;
                           return true;
                         });
      const bool fine = (name != "prompt" && name != "text") || taken.is_string();
      if (!found || !fine) {
        return std::unexpected(faults_.lacks(step.route, fmt::format("\"{}\"", shown_path(path)),
                                             reply->status, reply->body));
      }
      values_[name] = std::move(taken);
    }
    return true;
  }

  [[nodiscard]] RawCompletion result() {
    RawCompletion raw{
        .prompt = valid_utf8(values_["prompt"].get<std::string>()),
        .text = valid_utf8(values_["text"].get<std::string>().substr(0, kMaxResponseText)),
        .usage = {.prompt_tokens = count("prompt_tokens"),
                  .completion_tokens = count("completion_tokens")}};
    const Json& finish = values_["finish"];
    const bool said = finish == "length" || finish == "limit";
    const auto& wrote = raw.usage.completion_tokens;
    if (said || (limit_ && wrote && *wrote >= *limit_)) raw.finish = Finish::length;
    return raw;
  }

 private:
  [[nodiscard]] std::optional<std::int64_t> count(const std::string& name) const {
    const auto at = values_.find(name);
    if (at == values_.end() || !at->second.is_number_integer()) return std::nullopt;
    const auto value = integer_or<std::int64_t>(at->second, -1);
    return value < 0 ? std::nullopt : std::optional(value);
  }

  [[nodiscard]] Json body_of(const RawStep& step) {
    Json body = step.samples ? sampling_ : Json::object();
    for (const auto& [key, value] : step.body.items()) {
      Json filled_in = filled(value, values_);
      if (!filled_in.is_null()) body[key] = std::move(filled_in);
    }
    if (!step.samples) return body;
    const auto window = count("window");
    const auto prompt = count("prompt_tokens");
    if (!limit_ && window && prompt && *window > *prompt) limit_ = *window - *prompt;
    if (limit_) body[step.limit] = *limit_;
    return body;
  }

  Json sampling_;
  std::optional<std::int64_t> limit_;
  const RawAsk& ask_;
  const HttpFaults& faults_;
  std::string model_;
  std::map<std::string, Json> values_;
};

}  // namespace

std::expected<std::optional<RawCompletion>, Fault> go_raw_steps(const std::vector<RawStep>& steps,
                                                                const Json& chat,
                                                                std::optional<std::int64_t> limit,
                                                                const RawAsk& ask,
                                                                const HttpFaults& faults) {
  RawWalk walk(chat, limit, ask, faults);
  for (const RawStep& step : steps) {
    const auto went = walk.go(step);
    if (!went) return std::unexpected(went.error());
    if (!*went) return std::nullopt;
  }
  return walk.result();
}

}  // namespace plumb
