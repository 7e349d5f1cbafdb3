#include "core/base/result.hpp"

#include <system_error>

namespace plumb {

std::unexpected<Error> fail_errno(int error_number, const std::string& what) {
  return fail(Code::io, what + ": " + std::generic_category().message(error_number));
}

std::string full_sentence(const Error& error) {
  std::string text = error.sentence;
  for (const Error* cause = error.cause.get(); cause != nullptr; cause = cause->cause.get()) {
    text += ": " + cause->sentence;
  }
  return text;
}

}  // namespace plumb
