#include <filesystem>

#include <fmt/format.h>

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/task/task_script.hpp"
#include "sdk/cli/commands.hpp"
#include "sdk/cli/host.hpp"

namespace plumb::cli {
namespace fs = std::filesystem;

namespace {

struct NewOptions {
  std::string name;
  std::string folder = ".";
};

std::string with_name(std::string text, const std::string& name) {
  constexpr std::string_view kPlace = "@NAME@";
  for (std::size_t at = 0; (at = text.find(kPlace, at)) != std::string::npos; at += name.size()) {
    text.replace(at, kPlace.size(), name);
  }
  return text;
}

Status create_task(const NewOptions& options) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (options.name.empty() || options.name.size() > 64 ||
      !std::ranges::all_of(options.name, fits)) {
    return fail(Code::usage, "\"" + options.name +
                                 "\" is no name for a task: lower-case letters, digits and '-'");
  }
  const fs::path target = fs::path(options.folder) / options.name;
  std::error_code error;
  if (fs::exists(target, error)) {
    return fail(Code::usage, target.string() + " exists already; choose another name");
  }
  const fs::path source = sdk_lua_dir() / "template";
  PLUMB_TRY(const auto files, list_tree(source));
  for (const FileInTree& file : files) {
    PLUMB_TRY(const std::string bytes, read_file(source / file.path));
    const fs::path path = target / file.path;
    fs::create_directories(path.parent_path(), error);
    if (error)
      return fail(Code::io,
                  "cannot create " + path.parent_path().string() + ": " + error.message());
    PLUMB_CHECK(write_file(path, with_name(bytes, options.name)));
  }
  fmt::print("Created {0}/task.lua. Now:\n  edit {0}/task.lua\n  plumb check {0}\n",
             target.string());
  return {};
}

}  // namespace

void add_new(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<NewOptions>();
  CLI::App* command = app.add_subcommand("new", "Create something to start from");
  command->require_subcommand(1);
  CLI::App* task = command->add_subcommand("task", "A task that passes its ruler check as it is");
  task->add_option("name", options->name, "Its name: lower-case letters, digits and '-'")
      ->required();
  task->add_option("--in", options->folder, "The folder in which it is created (default: here)");
  task->footer(
      "Example:\n  plumb new task count-words --in tasks/mine && plumb check "
      "tasks/mine/count-words");
  task->callback([options, &exit_code] {
    const Status created = create_task(*options);
    exit_code = created ? kOk : report(created.error());
  });
}

}  // namespace plumb::cli
