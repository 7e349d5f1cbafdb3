#pragma once

#include <functional>
#include <string>
#include <vector>

#include <httplib.h>

#include "plugins/endpoints/stand_in_encoder.hpp"
#include "plugins/endpoints/stand_in_listener.hpp"
#include "plugins/endpoints/stand_in_options.hpp"

namespace plumb {

/// Answers with a fault that needs no answer of the model: a status, a page, bytes without end.
/// False where this fault is none of them.
/// @param listener  must outlive the response
[[nodiscard]] bool answer_brokenly(StandInFault fault, StandInFlavour flavour,
                                   StandInProtocol protocol, StandInListener& listener,
                                   httplib::Response& response);

/// Leaves of a stream what comes before about half of its tokens, and one token at least.
void cut_stream(std::vector<StandInFrame>& frames);

/// The same bytes in pieces: each character of several bytes is cut in two.
[[nodiscard]] std::vector<std::string> cut_inside_characters(const std::string& bytes);

}  // namespace plumb
