#include "core/wire/message.hpp"

namespace plumb {

const char* role_name(Role role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::user:
      return "user";
    case Role::assistant:
      return "assistant";
    case Role::tool:
      return "tool";
  }
  return "?";
}

const char* finish_name(Finish finish) {
  switch (finish) {
    case Finish::stop:
      return "stop";
    case Finish::tool_calls:
      return "tool_calls";
    case Finish::length:
      return "length";
    case Finish::refused:
      return "refused";
  }
  return "?";
}

}  // namespace plumb
