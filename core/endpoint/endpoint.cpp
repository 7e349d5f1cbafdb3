#include "core/endpoint/endpoint.hpp"

namespace plumb {

const char* fault_name(Fault::Kind kind) {
  switch (kind) {
    case Fault::Kind::connect:
      return "connect";
    case Fault::Kind::no_answer:
      return "no_answer";
    case Fault::Kind::broken:
      return "broken";
    case Fault::Kind::http_status:
      return "http_status";
    case Fault::Kind::stream_error:
      return "stream_error";
    case Fault::Kind::not_a_stream:
      return "not_a_stream";
    case Fault::Kind::cut_off:
      return "cut_off";
    case Fault::Kind::cancelled:
      return "cancelled";
  }
  return "?";
}

}  // namespace plumb
