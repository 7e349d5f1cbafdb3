#include "sdk/cli/importer.hpp"

#include <algorithm>

#include "core/base/files.hpp"
#include "core/base/text.hpp"

namespace plumb::cli {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20;
/// The data is foreign, the Lua code is ours: the limits are there to end a mistake.
constexpr LuaLimits kLimits{.memory_bytes = std::size_t{4} << 30, .instructions = 100'000'000'000};

char importer_key = 0;  // registry key of the Importer pointer
char table_key = 0;     // registry key of what the importer's file returned

fs::path importers_dir() { return resource_dir() / "plugins" / "importers"; }

/// Whether a name stays below the folder that it is relative to.
bool is_below(const fs::path& name) {
  const fs::path normal = name.lexically_normal();
  return normal.is_relative() && !normal.empty() && *normal.begin() != "..";
}

Importer& importer_of(lua_State* state) {
  lua_rawgetp(state, LUA_REGISTRYINDEX, &importer_key);
  auto* importer = static_cast<Importer*>(lua_touserdata(state, -1));
  lua_pop(state, 1);
  return *importer;
}

fs::path name_at(lua_State* state, int index, const char* function) {
  const auto name = text_at(state, index);
  if (!name || !is_below(*name)) {
    LuaState::raise_misuse(
        state, std::string("source.") + function + "() takes the name of a file below its folder");
  }
  return *name;
}

int push_file(lua_State* state, const fs::path& path) {
  const auto bytes = read_file(path, kMostBytes);
  if (bytes) {
    push_text(state, *bytes);
    return 1;
  }
  lua_pushnil(state);
  push_text(state, full_sentence(bytes.error()));
  return 2;
}

}  // namespace

std::vector<std::string> Importer::kinds() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(importers_dir(), error)) {
    if (entry.path().extension() == ".lua") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

Result<std::unique_ptr<Importer>> Importer::open(const std::string& kind, fs::path folder) {
  const auto known = kinds();
  if (std::ranges::find(known, kind) == known.end()) {
    return fail(Code::usage, "there is no importer \"" + printable(kind) + "\"" +
                                 did_you_mean(kind, known) + "; the importers are " +
                                 join(known, ", "));
  }
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return fail(Code::not_found,
                folder.string() + " is no folder; name the one that holds the data");
  }
  std::unique_ptr<Importer> importer(new Importer(kind, std::move(folder)));
  PLUMB_TRY(importer->lua_, LuaState::create({importers_dir()}, kLimits));
  PLUMB_CHECK(importer->lua_->protect([&](lua_State* state) {
    lua_pushlightuserdata(state, importer.get());
    lua_rawsetp(state, LUA_REGISTRYINDEX, &importer_key);
    importer->lua_->run_file(state, importers_dir() / (kind + ".lua"));
    luaL_checktype(state, -1, LUA_TTABLE);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &table_key);
  }));
  return importer;
}

int Importer::source_files(lua_State* state) {
  const Importer& importer = importer_of(state);
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator it(importer.folder_, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    names.push_back(it->path().lexically_relative(importer.folder_).generic_string());
  }
  if (error) {
    importer.lua_->raise(
        state, {Code::io, "cannot list " + importer.folder_.string() + ": " + error.message()});
  }
  std::ranges::sort(names);
  lua_createtable(state, static_cast<int>(names.size()), 0);
  for (std::size_t i = 0; i < names.size(); ++i) {
    push_text(state, names[i]);
    lua_rawseti(state, -2, static_cast<lua_Integer>(i) + 1);
  }
  return 1;
}

int Importer::source_read(lua_State* state) {
  return push_file(state, importer_of(state).folder_ / name_at(state, 1, "read"));
}

int Importer::source_own(lua_State* state) {
  return push_file(state, importers_dir() / name_at(state, 1, "own"));
}

int Importer::source_write(lua_State* state) {
  const fs::path name = name_at(state, 1, "write").lexically_normal();
  const auto bytes = text_at(state, 2);
  if (!bytes) LuaState::raise_misuse(state, "source.write() takes a name and the bytes");
  importer_of(state).files_[name.generic_string()] = *bytes;
  return 0;
}

void Importer::push_source(lua_State* state) {
  const std::pair<const char*, lua_CFunction> functions[] = {
      {"files", source_files}, {"read", source_read}, {"own", source_own}, {"write", source_write}};
  lua_newtable(state);
  for (const auto& [name, function] : functions) {
    lua_pushcfunction(state, function);
    lua_setfield(state, -2, name);
  }
}

Status Importer::call(const char* function, const std::vector<std::string>& arguments,
                      const std::function<void(lua_State*)>& take) {
  return lua_->protect([&](lua_State* state) {
    lua_rawgetp(state, LUA_REGISTRYINDEX, &table_key);
    if (lua_getfield(state, -1, function) != LUA_TFUNCTION) {
      lua_->raise(state, {Code::usage, "the importer \"" + kind_ + "\" cannot " + function});
    }
    push_source(state);
    for (const std::string& argument : arguments) push_text(state, argument);
    lua_call(state, static_cast<int>(arguments.size()) + 1, 2);
    if (!lua_istable(state, -2)) {
      lua_->raise(state, {Code::config, text_at(state, -1).value_or("the importer says nothing")});
    }
    lua_pop(state, 1);
    take(state);
  });
}

Result<Json> Importer::import() {
  Json report;
  PLUMB_CHECK(call("import", {}, [&](lua_State* state) {
    auto json = to_json(state, -1);
    if (!json) lua_->raise(state, json.error());
    report = std::move(*json);
  }));
  return report;
}

Result<Agreement> Importer::verify(const fs::path& vectors) {
  PLUMB_TRY(const std::string bytes, read_file(vectors, kMostBytes));
  Agreement agreement;
  PLUMB_CHECK(call("verify", {vectors.string(), bytes}, [&](lua_State* state) {
    const auto json = to_json(state, -1);
    if (!json) lua_->raise(state, json.error());
    agreement.agreed = json_or(*json, "agreed", std::int64_t{0});
    agreement.total = json_or(*json, "total", std::int64_t{0});
    for (const Json& line : json->value("disagreements", Json::array())) {
      if (line.is_string()) agreement.disagreements.push_back(line.get<std::string>());
    }
  }));
  return agreement;
}

}  // namespace plumb::cli
