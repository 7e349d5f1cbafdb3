#pragma once

#include <optional>
#include <string>
#include <vector>

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
struct Finding {
  std::optional<Attribution> attribution;
  std::string sentence;  ///< what was found, for a person
};

/// Evidence: the same request once more. Each is absent where it was not to be had.
struct Testimony {
  std::optional<RawCompletion> raw;      ///< as the model wrote it, past the server's parsers
  std::optional<ChatResponse> repeated;  ///< without streaming
  bool refused_again = false;            ///< without streaming the server could not read it either
};

/// Weighs evidence. Sampling may deal another answer, which then proves nothing: only one that is
/// the same (the same text, or as many tokens where none arrived) convicts. Pure.
/// - A leaked call was well formed, in a markup that the rendered prompt asks for: the parser's.
///   In the raw text it is flawed, or in a markup that the prompt does not ask for: the model's.
/// - Inside the reasoning: the model's, where the raw text has it before the end of its thinking.
/// - Without streaming the same call arrives as one: the parser's (of streams).
/// - Swallowed, or unreadable for the server: by what the raw text of as many tokens holds.
/// - Arguments: the parser's, where the raw text of as many tokens has the same call without a
///   defect.
[[nodiscard]] Finding weigh(const Suspect& suspect, const Testimony& testimony,
                            std::span<const ToolSpec> tools);

/// Asks for the evidence, twice at most, and weighs it. Blocks; a stop ends it without a finding.
/// @param request  as it was sent; nothing of this is charged to the trial
[[nodiscard]] Finding inquire(const Suspect& suspect, ChatRequest request, Endpoint& endpoint,
                              Waiter& waiter);

}  // namespace plumb
