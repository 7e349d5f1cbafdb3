// core/base: what every other folder stands on: errors as values, clocks, waiting, hashes, text,
// JSON, files and child processes. It knows nothing of models, tasks or sandboxes.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <utility>

namespace plumb {

/// What kind of thing went wrong; callers branch on it, people read the sentence.
enum class Code {
  usage,        ///< the caller asked for something that does not exist or cannot be
  config,       ///< a file that a person wrote is wrong (task, bench, scaffold)
  not_found,    ///< the named thing is not there
  io,           ///< the operating system refused or failed
  limit,        ///< a limit of ours fired (size, depth, instructions, memory)
  protocol,     ///< the other side broke the protocol
  timeout,      ///< a deadline passed
  cancelled,    ///< somebody asked to stop
  unavailable,  ///< the other side is gone or never was there
  internal,     ///< a bug of ours
};

/// Why Plumbline itself could not do something. What a *model* did is never an Error; it is in the
/// verdict.
struct Error {
  Code code = Code::internal;
  /// For a person: what failed, with which input, and what to do about it. No trailing newline.
  std::string sentence;
  std::shared_ptr<const Error> cause = nullptr;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string sentence) {
  return std::unexpected(Error{code, std::move(sentence)});
}
[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string sentence, Error cause) {
  return std::unexpected(
      Error{code, std::move(sentence), std::make_shared<const Error>(std::move(cause))});
}
/// An error of the operating system: `what` says what was tried, errno's text is added. Code::io.
[[nodiscard]] std::unexpected<Error> fail_errno(int error_number, const std::string& what);

/// The sentence and its causes, joined by ": ".
[[nodiscard]] std::string full_sentence(const Error& error);

}  // namespace plumb

#define PLUMB_CAT2(a, b) a##b
#define PLUMB_CAT(a, b) PLUMB_CAT2(a, b)
/// `PLUMB_TRY(auto x, f());` declares x from the value, or returns the error of f().
#define PLUMB_TRY(declaration, expression)                                         \
  auto PLUMB_CAT(plumb_result_, __LINE__) = (expression);                          \
  if (!PLUMB_CAT(plumb_result_, __LINE__))                                         \
    return std::unexpected(std::move(PLUMB_CAT(plumb_result_, __LINE__)).error()); \
  declaration = std::move(*PLUMB_CAT(plumb_result_, __LINE__))
/// Returns the error of a Status (or of a Result whose value is not wanted).
#define PLUMB_CHECK(expression)                                \
  do {                                                         \
    if (auto plumb_status = (expression); !plumb_status)       \
      return std::unexpected(std::move(plumb_status).error()); \
  } while (false)
