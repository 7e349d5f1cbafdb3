#include "core/trial/transcript.hpp"

namespace plumb {

void Transcript::add(const char* type, Json event) {
  event["type"] = type;
  event["at_s"] = to_seconds(clock_.now() - start_);
  events_.push_back(std::move(event));
}

}  // namespace plumb
