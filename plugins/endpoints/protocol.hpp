#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/endpoint/contestant.hpp"
#include "core/endpoint/endpoint.hpp"
#include "core/wire/assembler.hpp"

namespace plumb {

/// Reads the JSON objects of one answer, streamed pieces or a whole one, into an assembler. Lives
/// on the network thread until the exchange is over; must not block, must not build a DOM.
class AnswerReader {
 public:
  virtual ~AnswerReader() = default;
  /// One object. The error of walk_json(), or nothing.
  [[nodiscard]] virtual Status read(std::string_view json, Instant at) = 0;
  /// The last object was the server's report of an error.
  [[nodiscard]] virtual bool saw_error() const = 0;
  /// Something that belongs to an answer came, be it empty.
  [[nodiscard]] virtual bool saw_answer() const = 0;
  /// The object that ends a stream came.
  [[nodiscard]] virtual bool terminated() const = 0;
};

/// One way to ask a served model: where, with which body, and how its answer is read. Without
/// state; any thread.
class Protocol {
 public:
  virtual ~Protocol() = default;
  /// Below the base URL: "/chat/completions".
  [[nodiscard]] virtual std::string_view path() const = 0;
  /// What was asked for, in a sentence: "a chat completion".
  [[nodiscard]] virtual std::string_view noun() const = 0;
  /// Headers that carry the key and whatever else the protocol demands. `key` may be empty.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> headers(
      const std::string& key) const = 0;
  /// The body of a request. History is made sendable, so that no call of a model's can
  /// make the server refuse every request from then on.
  [[nodiscard]] virtual std::string body(const Contestant& contestant,
                                         const ChatRequest& request) const = 0;
  /// What such a body asks for at most, where it asks.
  [[nodiscard]] virtual std::optional<std::int64_t> max_tokens(
      const Contestant& contestant, const ChatRequest& request) const = 0;
  [[nodiscard]] virtual std::unique_ptr<AnswerReader> reader(Assembler& assembler) const = 0;
};

/// By the word that a contestant says: "chat", "responses", "messages". Null for another word.
[[nodiscard]] const Protocol* find_protocol(std::string_view api);

}  // namespace plumb
