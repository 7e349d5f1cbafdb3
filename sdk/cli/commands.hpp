#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace plumb::cli {

/// Declares a command. When the user typed it, `exit_code` is set by the command's callback.
void add_run(CLI::App& app, int& exit_code);
void add_probe(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_score(CLI::App& app, int& exit_code);
void add_runs(CLI::App& app, int& exit_code);
void add_recipe(CLI::App& app, int& exit_code);
void add_show(CLI::App& app, int& exit_code);
void add_new(CLI::App& app, int& exit_code);
void add_stand_in(CLI::App& app, int& exit_code);
void add_import(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);

}  // namespace plumb::cli
