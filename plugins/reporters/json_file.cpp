#include "core/base/files.hpp"
#include "plugins/reporters/reporters.hpp"

namespace plumb {

std::string json_scorecard(const Json& card) { return dump_json(card, 2) + "\n"; }

Status write_json_scorecard(const std::filesystem::path& path, const Json& card) {
  return write_file(path, json_scorecard(card));
}

}  // namespace plumb
