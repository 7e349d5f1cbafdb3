// core/endpoint: a place where a model is served: the interface, what a contestant is, faults and
// retries. The adapters that speak a vendor's dialect are in plugins/endpoints.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/result.hpp"

namespace plumb {

/// What the sampler of a contestant is asked to do. All but `max_tokens`, `seed` and `thinking`
/// have a value of ours where the user gave none (sent_sampling()), since servers fall back to the
/// model's own defaults for what is not sent.
struct Sampling {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int64_t> top_k;  ///< -1: off
  std::optional<double> min_p;
  std::optional<double> presence_penalty;
  std::optional<double> frequency_penalty;
  std::optional<double> repetition_penalty;  ///< 1: off
  std::optional<std::int64_t> max_tokens;    ///< of one answer; unset: what the server allows
  std::optional<std::int64_t>
      seed;                      ///< repeat r of a trial asks with seed + r, so that repeats differ
  std::optional<bool> thinking;  ///< asks the chat template to think, or not to
};

/// How a server wants to be asked. What is unset is asked in the common way that stands behind it,
/// unless the probe found out better. `merge_roles`, `system_as_user` and `send_reasoning` change
/// what the model reads: they belong to the fingerprint.
struct Dialect {
  std::optional<bool> merge_roles;     ///< one message where two of one role follow; false
  std::optional<bool> system_as_user;  ///< the system prompt leads the first user message; false
  std::optional<std::string> max_tokens_field;  ///< "max_tokens", "max_completion_tokens"
  /// "chat_template_kwargs" {enable_thinking}, "reasoning_effort" (none, medium), "reasoning"
  /// {enabled}, "thinking" {type}, "none": cannot be switched. The first one.
  std::optional<std::string> thinking_switch;
  std::optional<bool> parallel_tool_calls;  ///< sent as it is; unset: not sent
  std::optional<std::string> tool_choice;  ///< "auto" or "required", sent as it is; unset: not sent
  std::optional<std::string> id_format;    ///< "as_sent", "nine": 9 letters and digits; "as_sent"
  std::optional<bool> stream_usage;        ///< asks for usage at the end of a stream; true
  /// Parameter of Sampling -> its name on this server. A parameter that is not in it cannot be sent
  /// there. Unset: those that all servers of the protocol take.
  std::optional<std::map<std::string, std::string>> sampling_names;
  /// Parameter of Sampling -> what says "off" there, where it is not our value (top_k: 0). Of a
  /// server file only.
  std::optional<std::map<std::string, std::int64_t>> sampling_off;
  /// The name under which the reasoning of earlier turns goes back with a chat request:
  /// "reasoning_content", "reasoning"; unset: it is not sent.
  std::optional<std::string> send_reasoning;

  [[nodiscard]] Json to_json() const;
  /// Takes from `found` what is unset here.
  void complete(const Dialect& found);
};
/// What to_json() wrote; members of another type stay unset.
[[nodiscard]] Dialect dialect_from_json(const Json& json);

/// Endpoint + model + sampling + a name.
struct Contestant {
  std::string name;
  bool named_by_url =
      false;                 ///< for want of a name; a run calls it by its model once that is known
  std::string url;           ///< base URL, e.g. "http://host:8000/v1"; "standin:skill=0.8" for a
                             ///< stand-in, "replay:RUN/CONTESTANT" for a stored run
  std::string model;         ///< id as the server knows it; "" = ask the server
  std::string api = "chat";  ///< the protocol: "chat", "responses" or "messages"
  std::string server;        ///< name of a file in plugins/servers; "" = found out by asking
  Sampling sampling;
  Dialect dialect;
  Json extra_body = Json::object();  ///< merged into every request body
  std::string key_env;               ///< environment variable that holds the key; "" = no key
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< values may be secret: never stored or printed
  double idle_timeout_s = 120;
  double total_timeout_s = 3600;
  int attempts = 3;               ///< per request
  int concurrency = 0;            ///< trials of this contestant at once; 0 = as many as the run has
  bool adaptive = false;          ///< fewer of them while the server reports a queue
  bool insecure = false;          ///< a certificate that does not verify is accepted
  std::string metrics_url;        ///< where the server's metrics are; "" = where its kind has them
  std::string rescue;             ///< of leak_formats(): calls that leak so are run; "" = none
  std::string group;              ///< contestants of one group are never up at the same time
  std::vector<std::string> up;    ///< command that starts the server; empty: it is up already
  std::vector<std::string> down;  ///< command that stops it
  double ready_timeout_s = 600;   ///< from the end of `up` until the server answers
  /// Share of the window that the first request of each trial takes, filler included; unset: the
  /// bench's, else none is put there.
  std::optional<double> context_fill;
  /// Chance that a valid call is answered with a planted failure; unset: the bench's, else 0.
  std::optional<double> tool_error_rate;
  std::int64_t context = 0;      ///< the window as its user knows it, in tokens; 0 = found out
  std::string sweep_of;          ///< of a sweep: the name that its values have in common
  Json recipe = Json::object();  ///< declared by the user, kept with the run

  [[nodiscard]] bool is_stand_in() const { return url.starts_with("standin:"); }
  /// A stored run answers; nothing is asked of a server.
  [[nodiscard]] bool is_replay() const { return url.starts_with("replay:"); }
  [[nodiscard]] double fill() const { return context_fill.value_or(0); }
  [[nodiscard]] double error_rate() const { return tool_error_rate.value_or(0); }

  /// What makes this contestant the same one in a later run: model, protocol, the sampling that is
  /// asked for, thinking, what else of its dialect changes what the model reads or how it may
  /// answer, and the pressure that it is put under; no place (URL, key, headers), no pace and no
  /// timeout. Of a stand-in the URL counts: it is the model. For resume and for the fingerprint.
  /// The values of secret fields are not in it.
  [[nodiscard]] Json identity() const;
};

/// The values that are asked of the sampler, the user's and ours: temperature 0.6, top_p 0.95,
/// top_k -1, min_p 0, no penalty. docs/decisions says why these.
[[nodiscard]] Sampling sent_sampling(const Sampling& sampling);
/// The fields of a request that tell it to this contestant's server, under the names that are known
/// there. `seed` is above the contestant's. Neither max_tokens nor thinking is among them.
[[nodiscard]] Json sampling_fields(const Contestant& contestant,
                                   std::optional<std::int64_t> seed = std::nullopt);
/// Parameter of Sampling -> its name on this contestant's server: its dialect's, else what all
/// servers of its protocol take.
[[nodiscard]] std::map<std::string, std::string> sampling_names(const Contestant& contestant);
/// What of it this contestant's server cannot be told (names of parameters): unknown, and in the
/// way of a comparison.
[[nodiscard]] std::vector<std::string> unsent_sampling(const Contestant& contestant);

/// Reads `NAME=URL[,key=value...]` or a bare URL (its name is then made of host and port). Keys:
/// those of a bench table but for the tables themselves: what stands in `sampling` and in `dialect`
/// there is written without the table's name here; extra_body=@FILE; header=NAME:VALUE (may
/// repeat). Recipe, `up`, `down` and sampling_names are for a bench. Of a `standin:` URL everything
/// after the colon belongs to the stand-in. Code::usage with the word that is wrong and the words
/// that exist.
[[nodiscard]] Result<Contestant> parse_contestant(const std::string& text);

/// The same from a bench table (as JSON): name, url, model, api, server, sampling{}, dialect{},
/// extra_body{}, key_env, headers{}, idle_timeout_s, total_timeout_s, attempts, concurrency,
/// adaptive, insecure, metrics_url, rescue, group, up[], down[], ready_timeout_s, context_fill,
/// tool_error_rate, context, recipe{}; the keys of sampling and dialect are the members of Sampling
/// and Dialect. Code::config.
[[nodiscard]] Result<Contestant> contestant_from_json(const Json& table);

}  // namespace plumb
