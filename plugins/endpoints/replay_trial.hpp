#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/endpoint/endpoint.hpp"
#include "core/trial/record.hpp"

namespace plumb {

/// What a stored trial says to one request.
struct ReplayAnswer {
  std::optional<ChatResponse> response;  ///< without times
  Fault fault;                           ///< when there is no response
  Duration in_flight{};                  ///< as it was then
  Duration waited{};
  Duration to_first_token{};
};

/// The Fault of a replay that cannot go on. It is no measurement, so nobody is to blame for it.
[[nodiscard]] Fault replay_fault(std::string sentence);

/// One stored trial, turned back into the conversation that it was. Immutable.
class ReplayTrial {
 public:
  explicit ReplayTrial(const TrialRecord& record);
  /// What was answered to this conversation, or where the conversation parts from the stored one.
  [[nodiscard]] ReplayAnswer answer(std::span<const Message> messages) const;

 private:
  /// One message of the conversation; an answer of the model's with its figures.
  struct Step {
    Role role = Role::user;
    std::string what;  ///< "the system prompt", "the result of shell"
    std::string text;
    ReplayAnswer answer;
  };
  /// What the task put before its prompt.
  void add_earlier(const Json& messages);
  void add(const Json& event);

  std::vector<Step> steps_;
  std::optional<Fault> fault_;  ///< what stood in the place of the next answer
  std::string end_;             ///< why it ended
};

}  // namespace plumb
