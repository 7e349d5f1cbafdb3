#include <fstream>

#include <fmt/format.h>

#include "core/base/files.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "sdk/cli/commands.hpp"
#include "sdk/cli/host.hpp"
#include "sdk/cli/importer.hpp"

namespace plumb::cli {
namespace fs = std::filesystem;

namespace {

/// Marks a folder as one that may be replaced by a later import.
constexpr const char* kReport = "import.json";

struct ImportOptions {
  std::string kind;
  std::string folder;
  std::string out;
  std::string vectors;
  bool json = false;
};

bool is_empty_or_import(const fs::path& out) {
  std::error_code error;
  return !fs::exists(out, error) || fs::is_empty(out, error) ||
         fs::is_regular_file(out / kReport, error);
}

Status write_tree(const fs::path& root, const std::map<std::string, std::string>& files) {
  for (const auto& [name, bytes] : files) {
    const fs::path path = root / name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    std::ofstream file(path, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (error || !file) {
      return fail(Code::io, "cannot write " + path.string() + "; is the disk full?");
    }
  }
  return {};
}

/// Puts the new suite where the old one was in one step: a suite is never half of each.
Status replace_folder(const fs::path& out, const fs::path& written) {
  const fs::path old = out.string() + ".old-" + random_hex(4);
  std::error_code error;
  const bool replaces = fs::exists(out, error);
  if (replaces) fs::rename(out, old, error);
  if (!error) fs::rename(written, out, error);
  if (error) return fail(Code::io, "cannot replace " + out.string() + ": " + error.message());
  if (replaces) fs::remove_all(old, error);
  return {};
}

Status write_suite(const fs::path& out, const std::map<std::string, std::string>& files,
                   const Json& report) {
  const fs::path written = out.string() + ".new-" + random_hex(4);
  Status status = write_tree(written, files);
  if (status) status = write_file(written / kReport, dump_json(report, 2) + "\n");
  if (status) status = replace_folder(out, written);
  std::error_code ignored;
  if (!status) fs::remove_all(written, ignored);
  return status;
}

std::string report_text(const Json& report, const std::string& out) {
  std::string text;
  for (const Json& line : report.value("lines", Json::array())) {
    if (line.is_string()) text += printable(line.get<std::string>()) + "\n";
  }
  return text + fmt::format("Wrote {} tasks. Now:\n  plumb check {}\n",
                            json_or(report, "tasks", std::int64_t{0}), out);
}

Result<int> import_suite(Importer& importer, const ImportOptions& options) {
  const fs::path given = options.out.empty() ? options.kind : options.out;
  const fs::path out = (fs::absolute(given) / "").lexically_normal().parent_path();
  if (!is_empty_or_import(out)) {
    return fail(Code::usage, given.string() +
                                 " holds something that is no earlier import; name another folder "
                                 "with --out");
  }
  PLUMB_TRY(Json report, importer.import());
  report["schema"] = "plumb.import/1";
  report["kind"] = options.kind;
  PLUMB_CHECK(write_suite(out, importer.files(), report));
  fmt::print("{}",
             options.json ? dump_json(report, 2) + "\n" : report_text(report, given.string()));
  return kOk;
}

Result<int> verify(Importer& importer, const ImportOptions& options) {
  PLUMB_TRY(const Agreement agreement, importer.verify(options.vectors));
  if (options.json) {
    fmt::print("{}\n", dump_json({{"schema", "plumb.import/1"},
                                  {"kind", options.kind},
                                  {"agreed", agreement.agreed},
                                  {"total", agreement.total},
                                  {"disagreements", agreement.disagreements}},
                                 2));
  } else {
    for (const std::string& line : agreement.disagreements) fmt::print("{}\n", printable(line));
    fmt::print("{} of {}\n", agreement.agreed, agreement.total);
  }
  return agreement.agreed == agreement.total ? kOk : kInvalid;
}

Result<int> run_import(const ImportOptions& options) {
  PLUMB_TRY(const auto importer, Importer::open(options.kind, options.folder));
  return options.vectors.empty() ? import_suite(*importer, options) : verify(*importer, options);
}

}  // namespace

void add_import(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand("import", "Turn a foreign benchmark into a suite");
  command->add_option("kind", options->kind, "What it is: " + join(Importer::kinds(), ", "))
      ->required();
  command->add_option("folder", options->folder, "The folder that holds its data")->required();
  command->add_option("--out", options->out,
                      "The folder of the suite (default: the kind); an earlier import is replaced");
  command->add_option(
      "--verify", options->vectors,
      "Write nothing; judge the answers in this file and compare with its verdicts");
  command->add_flag("--json", options->json, "Print the report as JSON");
  command->footer(
      "Example:\n  plumb import bfcl data/bfcl && plumb run bfcl http://127.0.0.1:8000\n\n"
      "Exit codes: 0 done, 1 the data cannot be used, 3 verdicts differ (--verify).");
  command->callback([options, &exit_code] {
    const auto result = run_import(*options);
    exit_code = result ? *result : report(result.error());
  });
}

}  // namespace plumb::cli
