#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace plumb {

/// What a stand-in does wrong on purpose. Those of the first group hit every chat request; the
/// others hit requests of trials, while a bare request (one that names no trial) is answered as
/// usual.
enum class StandInFault {
  none,
  // --- The whole server.
  http_500,     ///< every request
  http_503,     ///< every request, as an overloaded server
  stall,        ///< after the head of the response nothing more comes
  slow_start,   ///< the first answer comes two seconds late, as where a model is loaded on demand
  html,         ///< a page with status 200, as from a proxy or a web interface
  garbage,      ///< bytes that are no event stream
  redirect,     ///< 302 to another origin
  endless,      ///< a stream of text that never ends
  long_line,    ///< one line of 100 MB
  header_bomb,  ///< a megabyte of header
  no_usage,     ///< usage is not sent, though it was asked for
  cut_utf8,     ///< the bytes come in pieces that end inside characters
  same_index,   ///< all calls have the index 0, and there are two
  no_id,        ///< calls have no id
  same_id,      ///< all calls have the id 000000000
  args_object,  ///< arguments are an object, not a text
  unknown_dropped,  ///< calls of tools that are not offered are left out
  // --- Trials.
  http_429,           ///< every request, with `Retry-After: 0`
  deterministic_500,  ///< the second turn of each trial: the same 500 for the same history, forever
  disconnect,         ///< the second response of each trial breaks off after some tokens
  stream_error,       ///< the stream breaks off with an error in the flavour's shape
  abort,              ///< the stream ends with the finish "abort"
  no_done,            ///< the stream ends without its terminator
  empty,              ///< the stream ends properly without a token
  swallowed,          ///< tokens are counted, nothing is visible
  all_reasoning,      ///< the whole answer is reasoning
  leaked_reasoning,   ///< calls are written into the reasoning
  leaked_text,        ///< calls are written into the text; parser=off does so for every request
  finish_lies,        ///< a call cut off at max_tokens has the finish "tool_calls"
  truncated_call,     ///< a call is cut off at max_tokens, or half way where there is none
  empty_calls,        ///< the finish "tool_calls" with an empty list
  stop_for_call,      ///< a call has the finish "stop"
  args_empty,         ///< arguments are ""
  args_null,          ///< arguments are null
  lost_brace,         ///< the last brace of the arguments is missing
  lost_parameter,     ///< a required parameter of the call is missing
  leaked_stream,      ///< as leaked_text, but only in answers that are streamed
  history_refused,    ///< the second turn of each trial: the history is refused for good
  no_call,            ///< it is said in words what the call would do
  args_list,          ///< arguments are a list that holds the object
  args_double_encoded,  ///< arguments are a JSON text that holds the object
  duplicate_key,        ///< the first parameter stands there twice
  unknown_tool,         ///< the call is of a tool that is not offered
  near_miss_name,       ///< the name of the tool is misspelt
  wrong_type,           ///< a parameter has a value of another type
  enum_or_range,   ///< a parameter has a value outside what the schema allows, where it says so
  extra_property,  ///< there is a parameter that nobody knows
  repeat_loop,     ///< the first call of the trial again and again
};

/// Who does what the fault says, where both can. What a model does wrong is in its raw completion.
enum class StandInBlame { server, model };
/// What is broken about a call that a model writes in a way that no parser reads.
enum class StandInBreak { opener, brace, closer };

/// As which server a stand-in speaks.
enum class StandInFlavour { plain, vllm, sglang, llamacpp, ollama, openrouter, mistral_strict };
/// Whether a request can switch reasoning off.
enum class StandInThinking { switchable, stuck, none };
/// What becomes of pictures: refused, seen, or dropped without a word.
enum class StandInVision { off, on, blind };
/// In which format the model writes its calls; to be seen where the server does not parse them.
enum class StandInLeak { hermes, llama, mistral, bare_json, qwen_xml, granite };
/// What /metrics serves: today's names, those of vLLM's first engine, 404, or a page.
enum class StandInMetrics { on, v0, off, html };
/// What becomes of a prompt that is too long.
enum class StandInOverflow { refuse, truncate };

/// How a stand-in behaves: `standin:skill=0.8,malformed=0.05,tok_s=60,ttft_ms=120`. Each member is
/// the option of the same name.
struct StandInOptions {
  double skill = 1;  ///< chance, for each trial, that the oracle is played
  /// The same where its first request fills the window; between an empty and a full one it
  /// falls in proportion. -1: as `skill`.
  double skill_at_full = -1;
  double malformed = 0;    ///< chance, for each call, that it is broken
  double tok_s = 0;        ///< pace of the stream; 0: as fast as possible
  double ttft_ms = 0;      ///< from the start of a request to its first token
  std::int64_t think = 0;  ///< tokens of reasoning before each answer
  StandInFault fault = StandInFault::none;
  /// Unless set: the model, where servers are not known to do such a thing.
  StandInBlame blame = StandInBlame::server;
  StandInBreak broken = StandInBreak::opener;  ///< of a call that leaks by the model's blame
  std::int64_t fault_turn = 0;  ///< the only answer of a trial that is struck, from 1; 0: all that
                                ///< the fault strikes
  bool raw = true;              ///< off: no raw completion where the flavour has one
  std::string policy;           ///< always this policy, whatever the skill; "" = the deal decides

  StandInFlavour flavour = StandInFlavour::plain;
  std::int64_t context = 1048576;  ///< window that the server declares, in tokens
  std::int64_t effective = 0;      ///< window that it has; 0: the declared one
  StandInOverflow overflow = StandInOverflow::refuse;  ///< truncate, unless set, for ollama
  bool parser = true;                                  ///< off: calls are left in the text
  StandInLeak leaked = StandInLeak::hermes;            ///< the format of the model's calls
  StandInLeak asked = StandInLeak::hermes;  ///< the one that the prompt asks for; unless set, the
                                            ///< model's
  StandInThinking thinking = StandInThinking::switchable;
  StandInVision vision = StandInVision::off;
  bool strict_roles = false;  ///< the chat template wants roles to alternate; mistral_strict does
                              ///< in any case
  bool parallel = true;       ///< several calls in one answer
  bool repeatable = true;     ///< off: answers differ at temperature 0, too
  bool seeded = true;         ///< a seed is honoured
  double prefill_tok_s = 0;   ///< the first token waits for uncached prompt tokens / this; 0: not
  bool cache = false;         ///< prefix caching; on, unless set, for vllm, sglang, llamacpp and
                              ///< mistral_strict
  bool cache_report = true;   ///< cached tokens are in the usage
  double draft = 0;           ///< share of drafted tokens that are accepted; 0: no speculation
  std::int64_t slots = 0;     ///< requests served at the same time, others queue; 0: all
  double load_s = 0;          ///< so long after its start it answers that it is loading
  StandInMetrics metrics = StandInMetrics::on;

  [[nodiscard]] std::int64_t window() const { return effective > 0 ? effective : context; }
};

/// Reads what follows `standin:`, key=value joined by commas; "" is all defaults.
/// Code::usage with the word that is wrong and the words that exist.
[[nodiscard]] Result<StandInOptions> parse_stand_in_options(std::string_view text);

/// The names, in the order of the enums.
[[nodiscard]] const std::vector<std::string>& stand_in_faults();
[[nodiscard]] const std::vector<std::string>& stand_in_flavours();

}  // namespace plumb
