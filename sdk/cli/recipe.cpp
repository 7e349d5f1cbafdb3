#include <fmt/format.h>

#include "core/score/recipe.hpp"
#include "plugins/reporters/reporters.hpp"
#include "sdk/cli/commands.hpp"
#include "sdk/cli/host.hpp"
#include "sdk/cli/output.hpp"

namespace plumb::cli {
namespace {

struct RecipeOptions {
  std::string a;
  std::string b;
  std::string run = "last";
  std::string db = "plumb.db";
  std::string json;
};

/// NAME of the run that --run names, or RUN/NAME.
Result<Json> find_recipe(Store& store, const std::string& name, const std::string& run) {
  const auto slash = name.find('/');
  const bool own_run = slash != std::string::npos;
  PLUMB_TRY(const RunInfo info, store.run(own_run ? name.substr(0, slash) : run));
  return recipe_of(info, own_run ? name.substr(slash + 1) : name);
}

Status show(const RecipeOptions& options) {
  PLUMB_TRY(const auto store, open_existing(options.db));
  PLUMB_TRY(Json side, find_recipe(*store, options.a, options.run));
  const Json contradictions = recipe_contradictions(side);
  if (!options.json.empty()) {
    side["contradictions"] = contradictions;
    return write_output(options.json, dump_json(side, 2) + "\n");
  }
  fmt::print("{}", show_recipe(side, contradictions, terminal_style(stdout)));
  return {};
}

Status diff(const RecipeOptions& options) {
  PLUMB_TRY(const auto store, open_existing(options.db));
  PLUMB_TRY(const Json a, find_recipe(*store, options.a, options.run));
  PLUMB_TRY(const Json b, find_recipe(*store, options.b, options.run));
  const Json result = recipe_diff(a, b);
  if (!options.json.empty()) return write_output(options.json, dump_json(result, 2) + "\n");
  fmt::print("{}", show_recipe_diff(result, terminal_style(stdout)));
  return {};
}

void add_options(CLI::App& command, RecipeOptions& options) {
  command.add_option("--run", options.run, "Id of the run, a beginning of it, or \"last\"");
  command.add_option("--json", options.json, "Write JSON to FILE, or - for the standard output")
      ->type_name("FILE");
  command.add_option("--db", options.db, "The database (default: plumb.db)")->type_name("FILE");
}

}  // namespace

void add_recipe(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("recipe", "How contestants were served: declared, and found by the probe");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n"
      "  plumb recipe diff qwen36-bf16 qwen36-nvfp4\n"
      "  plumb recipe diff 7f3a/mine last/mine    one contestant, in two runs\n"
      "  plumb recipe show mine --run 7f3a");
  const auto options = std::make_shared<RecipeOptions>();
  const auto run = [&exit_code, options](Status (*work)(const RecipeOptions&)) {
    return [&exit_code, options, work] {
      const Status status = work(*options);
      exit_code = status ? kOk : report(status.error());
    };
  };
  CLI::App* shown = command->add_subcommand("show", "Show the recipe of a contestant");
  shown->add_option("contestant", options->a, "NAME, or RUN/NAME")->required();
  add_options(*shown, *options);
  shown->footer("Example:\n  plumb recipe show last/mine");
  shown->callback(run(&show));
  CLI::App* compared = command->add_subcommand(
      "diff",
      "Show what tells two recipes apart, and where a server contradicts what was declared");
  compared->add_option("a", options->a, "NAME, or RUN/NAME")->required();
  compared->add_option("b", options->b, "NAME, or RUN/NAME")->required();
  add_options(*compared, *options);
  compared->footer("Example:\n  plumb recipe diff qwen36-bf16 qwen36-nvfp4 --run 7f3a");
  compared->callback(run(&diff));
}

}  // namespace plumb::cli
