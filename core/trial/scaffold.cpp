#include "core/trial/scaffold.hpp"

#include "core/base/files.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/script/lua_state.hpp"

namespace plumb {
namespace fs = std::filesystem;

fs::path scaffold_file() { return resource_dir() / "plugins" / "scaffold.lua"; }

Result<Scaffold> load_scaffold(const fs::path& file) {
  PLUMB_TRY(std::string source, read_file(file));
  PLUMB_TRY(const auto lua, LuaState::create({file.parent_path()}));
  Json table;
  PLUMB_CHECK(lua->protect([&](lua_State* state) {
    lua->run_file(state, file);
    auto value = to_json(state, -1);
    if (!value) lua->raise(state, value.error());
    table = std::move(*value);
  }));
  Scaffold scaffold;
  for (const auto& [key, member] : {std::pair{"version", &Scaffold::version},
                                    {"system", &Scaffold::system},
                                    {"malformed", &Scaffold::malformed},
                                    {"tool_error", &Scaffold::tool_error}}) {
    scaffold.*member = std::string(trimmed(json_or(table, key, "")));
    if ((scaffold.*member).empty()) {
      return fail(Code::config, file.string() + " needs a text `" + key + "`");
    }
  }
  scaffold.result_head = json_or<std::size_t>(table, "result_head", 0);
  scaffold.result_tail = json_or<std::size_t>(table, "result_tail", 0);
  if (scaffold.result_head + scaffold.result_tail < 256) {
    return fail(Code::config,
                file.string() + ": result_head and result_tail together are less than 256 bytes");
  }
  scaffold.digest = sha256_hex(source);
  scaffold.source = std::move(source);
  return scaffold;
}

std::string Scaffold::shown_result(std::string_view text) const {
  return cut_middle(valid_utf8(text), result_head, result_tail);
}

std::string with_problem(const std::string& text, std::string_view problem) {
  constexpr std::string_view kPlace = "{problem}";
  const auto at = text.find(kPlace);
  if (at == std::string::npos) return text + " " + std::string(problem);
  return text.substr(0, at) + std::string(problem) + text.substr(at + kPlace.size());
}

}  // namespace plumb
