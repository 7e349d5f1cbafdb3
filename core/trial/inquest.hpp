#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/base/waiter.hpp"
#include "core/endpoint/endpoint.hpp"
#include "core/schema/defect.hpp"
#include "core/schema/leaked_call.hpp"

namespace plumb {

/// A spoilt call whose blame the answer alone does not tell: what was asked, and what came.
struct Suspect {
  Defect defect = Defect::leaked_text;
  int turn = 0;
  std::size_t messages = 0;        ///< of the conversation, that the request carried
  ChatResponse response;           ///< or as much of it as arrived
  std::optional<LeakedCall> leak;  ///< of leaked_text and leaked_reasoning
  std::size_t call = 0;            ///< of the response, for a defect of its arguments
  Duration in_flight{};
};

/// Whether evidence can tell more of a defect than its answer does.
[[nodiscard]] bool wants_inquest(Defect defect);

/// What evidence says. No attribution: it does not tell.
struct InquestResult {
  std::optional<Attribution> attribution;
  std::string sentence;  ///< what was found, for a person
};

/// Evidence: the same request once more. Each is absent where it was not to be had.
struct Testimony {
  std::optional<ChatResponse> repeated;  ///< without streaming
  bool refused_again = false;            ///< without streaming the server could not read it either
  std::optional<RawCompletion> raw;      ///< as the model wrote it, past the server's parsers
  bool raw_repeats = false;              ///< a second one was the same, byte for byte
  std::string instructions;              ///< the rendered prompt up to the words of the user
};

/// Weighs evidence. Sampling may deal another answer, which then proves nothing: only one that is
/// the same convicts. It is the same when it holds the text that arrived; where none arrived, or
/// only part of it, when two raw completions are alike and have as many tokens. Pure.
/// - A leaked call was well formed, in a markup that the instructions ask for: the parser's. In
///   the raw text it is flawed, or in a markup that they do not ask for: the model's.
/// - Inside the reasoning: the model's, where the raw text has it before the end of its thinking.
/// - Without streaming the same call arrives as one: the parser's (of streams).
/// - Swallowed, or unreadable for the server: by what the raw text holds.
/// - Arguments: the parser's, where the raw text has what arrived, and more, without a defect.
[[nodiscard]] InquestResult weigh(const Suspect& suspect, const Testimony& testimony,
                                  std::span<const ToolSpec> tools);

/// Asks for the evidence and weighs it: one request without streaming, and two raw completions
/// where the server shows them; one attempt each. Blocks; a stop ends it without a finding.
/// @param request  as it was sent; nothing of this is charged to the trial
[[nodiscard]] InquestResult inquire(const Suspect& suspect, ChatRequest request, Endpoint& endpoint,
                                    Waiter& waiter);

/// What the inquests into one contestant found, so that a server whose parser is off is not asked
/// about each of a thousand trials. Thread-safe.
class InquestBook {
 public:
  /// Once kEnough findings about a defect (and its markup) were alike, what they say; after kMost
  /// that were not, that they do not tell.
  [[nodiscard]] std::optional<InquestResult> settled(const Suspect& suspect) const;
  void add(const Suspect& suspect, const InquestResult& finding);

  static constexpr int kEnough = 5;
  static constexpr int kMost = 20;

 private:
  struct Entry {
    std::optional<Attribution> attribution;  ///< of the latest
    int alike = 0;                           ///< in a row
    int all = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<Defect, std::string>, Entry> entries_;
};

}  // namespace plumb
