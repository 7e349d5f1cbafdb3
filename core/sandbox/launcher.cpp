#include "core/sandbox/launcher.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace plumb {
namespace fs = std::filesystem;
namespace {

constexpr int kMostData = 32;
constexpr std::uint32_t kFirstUid = 1'800'000'000;
constexpr std::uint32_t kUids = 1U << 20;
constexpr std::uint32_t kNobody = 65534;

char launcher_key = 0;  // registry key of the table that the file returned

/// kind(path) -> "file" | "folder" | "link" | nil, target
int kind(lua_State* state) {
  const auto path = text_at(state, 1);
  if (!path) LuaState::raise_misuse(state, "kind() takes a path");
  std::error_code error;
  switch (fs::symlink_status(*path, error).type()) {
    case fs::file_type::symlink:
      push_text(state, "link");
      push_text(state, fs::read_symlink(*path, error).string());
      return 2;
    case fs::file_type::directory:
      push_text(state, "folder");
      return 1;
    case fs::file_type::not_found:
    case fs::file_type::none:
      lua_pushnil(state);
      return 1;
    default:
      push_text(state, "file");
      return 1;
  }
}

/// data(text) -> the number of the descriptor that will hold it
int data(lua_State* state) {
  auto* texts = static_cast<std::vector<std::string>*>(lua_touserdata(state, lua_upvalueindex(1)));
  auto text = text_at(state, 1);
  if (!text) LuaState::raise_misuse(state, "data() takes a text");
  if (texts->size() == kMostData) LuaState::raise_misuse(state, "data() was called too often");
  texts->push_back(std::move(*text));
  push_text(state, std::to_string(Launcher::kFirstData + static_cast<int>(texts->size()) - 1));
  return 1;
}

void set_texts(lua_State* state, const std::vector<std::string>& texts) {
  lua_createtable(state, static_cast<int>(texts.size()), 0);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    push_text(state, texts[i]);
    lua_rawseti(state, -2, static_cast<lua_Integer>(i) + 1);
  }
}

Result<std::vector<std::string>> texts_of(const Json& list, const std::string& where) {
  std::vector<std::string> texts;
  for (const Json& item : list) {
    if (!item.is_string()) return fail(Code::config, where + " must be a list of texts");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

/// An unprivileged user id of this host: the n-th of a range that nothing else uses, or that of
/// "nobody" where the range is not there (in a container with few ids).
std::uint32_t unprivileged_user(std::uint32_t n) {
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  while (map >> inside >> outside >> count) {
    if (inside <= kFirstUid && inside + count >= std::uint64_t{kFirstUid} + kUids) {
      return kFirstUid + n % kUids;
    }
  }
  return kNobody;
}

}  // namespace

Result<std::unique_ptr<Launcher>> Launcher::load(const std::string& file) {
  std::unique_ptr<Launcher> launcher(new Launcher());
  launcher->file_ = file;
  PLUMB_TRY(launcher->lua_, LuaState::create({fs::path(file).parent_path()}));
  LuaState& lua = *launcher->lua_;
  bool usable = false;
  PLUMB_CHECK(lua.protect([&](lua_State* state) {
    lua.run_file(state, file);
    if (!lua_istable(state, -1)) return;
    lua_getfield(state, -1, "name");
    launcher->name_ = text_at(state, -1).value_or("");
    lua_getfield(state, -2, "isolates");
    launcher->isolates_ = lua_toboolean(state, -1) != 0;
    lua_getfield(state, -3, "steps_down");
    launcher->steps_down_ = lua_toboolean(state, -1) != 0;
    lua_getfield(state, -4, "command");
    usable = lua_isfunction(state, -1) && !launcher->name_.empty();
    lua_pop(state, 4);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &launcher_key);
  }));
  if (!usable) {
    return fail(Code::config,
                file + ": a launcher returns a table with a name and a function command(host)");
  }
  return launcher;
}

void Launcher::push_host(lua_State* state, const HostFacts& host) {
  lua_newtable(state);
  const auto set = [state](const char* name) { lua_setfield(state, -2, name); };
  push_text(state, host.guest);
  set("guest");
  lua_pushinteger(state, static_cast<lua_Integer>(host.work_bytes));
  set("work_bytes");
  set_texts(state, host.masked);
  set("masked");
  lua_pushcfunction(state, &kind);
  set("kind");
  lua_pushlightuserdata(state, &data_);
  lua_pushcclosure(state, &data, 1);
  set("data");
}

Result<Json> Launcher::ask(const char* name, const HostFacts& host) {
  data_.clear();
  Json answer = Json::array();
  PLUMB_CHECK(lua_->protect([&](lua_State* state) {
    lua_rawgetp(state, LUA_REGISTRYINDEX, &launcher_key);
    lua_getfield(state, -1, name);
    if (lua_isnil(state, -1)) return;
    push_host(state, host);
    lua_call(state, 1, 1);
    auto value = to_json(state, -1);
    if (!value) lua_->raise(state, std::move(value.error()));
    answer = std::move(*value);
  }));
  if (answer.is_object() && answer.empty()) answer = Json::array();
  if (!answer.is_array())
    return fail(Code::config, fmt::format("{}: {} must return a list", file_, name));
  return answer;
}

std::optional<std::uint32_t> Launcher::user(std::uint32_t n) const {
  if (!steps_down_ || ::geteuid() != 0) return std::nullopt;
  return unprivileged_user(n);
}

Result<LaunchLine> Launcher::command(const HostFacts& host) {
  PLUMB_TRY(const Json answer, ask("command", host));
  LaunchLine line;
  PLUMB_TRY(line.argv, texts_of(answer, file_ + ": what command(host) returns"));
  if (line.argv.empty()) return fail(Code::config, file_ + ": command(host) returned no command");
  line.data = std::move(data_);
  return line;
}

Result<std::vector<LaunchNeed>> Launcher::needs(const HostFacts& host) {
  PLUMB_TRY(const Json answer, ask("checks", host));
  std::vector<LaunchNeed> needs;
  for (const Json& item : answer) {
    LaunchNeed need{.name = json_or(item, "name", ""),
                    .file = json_or(item, "file", ""),
                    .expect = json_or(item, "expect", ""),
                    .remedy = json_or(item, "remedy", "")};
    if (item.is_object() && item.contains("command")) {
      PLUMB_TRY(need.command, texts_of(item["command"], file_ + ": the command of a check"));
    }
    if (need.name.empty() || (need.command.empty() && need.file.empty())) {
      return fail(Code::config, file_ + ": a check needs a name, and a command or a file");
    }
    needs.push_back(std::move(need));
  }
  return needs;
}

}  // namespace plumb
