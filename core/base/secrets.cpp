#include "core/base/secrets.hpp"

#include <string_view>

namespace plumb {

void blot(std::string& text, const std::vector<std::string>& secrets) {
  constexpr std::string_view kBlot = "[secret]";
  for (const std::string& secret : secrets) {
    for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;
         at += kBlot.size()) {
      text.replace(at, secret.size(), kBlot);
    }
  }
}

}  // namespace plumb
