#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "plugins/endpoints/stand_in_options.hpp"
#include "plugins/endpoints/stand_in_request.hpp"

namespace plumb {

/// The one model that a stand-in serves.
inline constexpr const char* kStandInModel = "stand-in";

/// Why a request is not answered.
enum class StandInComplaint {
  bad_json,
  bad_request,
  unknown_model,
  overflow,     ///< the prompt, or the prompt and the answer asked for, are too long
  roles,        ///< the chat template refuses the order of the roles
  picture,      ///< the model sees nothing
  arguments,    ///< those of an earlier call are no JSON object
  empty_tools,  ///< `tools: []`
  stray_stream_options,
  call_id,   ///< not 9 letters and digits
  logprobs,  ///< not with tools and a stream
  thinking,  ///< blocks of thinking are missing or were changed
  no_route,
  loading,
  overloaded,
  rate_limit,
  not_found,  ///< what the trial's header names
  server_error,
};

struct StandInRefusal {
  StandInComplaint what = StandInComplaint::server_error;
  std::string detail;       ///< what is wrong with this request, or the whole sentence
  std::int64_t prompt = 0;  ///< its tokens, of an overflow
  std::int64_t window = 0;
};

/// The complaint that an Error of the stand-in's own becomes.
[[nodiscard]] StandInComplaint complaint_of(const Error& error);

/// Why this server would not answer this request, if so: each flavour checks what its server checks
/// (docs/conformance and facts name versions).
[[nodiscard]] std::optional<StandInRefusal> refusal_of(const StandInOptions& options,
                                                       const StandInRequest& request,
                                                       std::int64_t prompt);

/// An error as it goes out.
struct StandInError {
  int status = 500;
  std::string type = "application/json";
  std::string body;
};

/// A refusal in the words and the shape of the flavour and the protocol.
[[nodiscard]] StandInError encode_refusal(StandInFlavour flavour, StandInProtocol protocol,
                                          const StandInRefusal& refusal);

/// The bytes by which the flavour says, in the middle of a stream, that it cannot go on.
[[nodiscard]] std::string encode_error_in_stream(StandInFlavour flavour, StandInProtocol protocol,
                                                 const std::string& sentence);

}  // namespace plumb
