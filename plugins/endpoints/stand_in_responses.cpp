#include "plugins/endpoints/stand_in_encoder.hpp"
#include "plugins/endpoints/stand_in_refusal.hpp"
namespace plumb {
std::vector<StandInFrame> stream_responses(const StandInReply&, const StandInHead&) { return {}; }
std::string whole_responses(const StandInReply&, const StandInHead&) { return "{}"; }
}  // namespace plumb
