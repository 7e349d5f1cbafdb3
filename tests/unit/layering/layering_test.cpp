// The house rules of DESIGN.md section 3, held against the source tree: who may include whom, and
// that the engine names no vendor, server, tool or sandbox technology.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kFloors = {"base",    "wire",     "schema", "script",
                                          "sandbox", "endpoint", "task",   "trial",
                                          "store",   "score",    "run"};

struct Line {
  std::string file;  ///< relative to the source tree
  int number = 0;
  std::string text;
};
std::string where(const Line& line) {
  return line.file + ":" + std::to_string(line.number) + ": " + line.text;
}

/// The text with the bodies of its comments blanked; line breaks stay. String and character
/// literals are kept as they are, so that `"//"` opens no comment; raw strings are not told apart,
/// for a `"` in them always comes in pairs here.
std::string without_comments(const std::string& text) {
  enum class In { code, string, character, line_comment, block_comment };
  std::string code = text;
  In in = In::code;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    const char next = i + 1 < code.size() ? code[i + 1] : '\0';
    switch (in) {
      case In::code:
        if (c == '/' && next == '/') in = In::line_comment;
        if (c == '/' && next == '*') in = In::block_comment;
        if (c == '"') in = In::string;
        // 1'000 separates digits.
        if (c == '\'' && (i == 0 || std::isalnum(static_cast<unsigned char>(code[i - 1])) == 0)) {
          in = In::character;
        }
        break;
      case In::string:
      case In::character:
        if (c == '\\') ++i;
        if (c == (in == In::string ? '"' : '\'') || c == '\n') in = In::code;
        continue;
      case In::line_comment:
        if (c == '\n') in = In::code;
        break;
      case In::block_comment:
        if (c == '*' && next == '/') {
          code[i] = code[i + 1] = ' ';
          in = In::code;
        }
        break;
    }
    if ((in == In::line_comment || in == In::block_comment) && c != '\n') code[i] = ' ';
  }
  return code;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".cpp" || path.extension() == ".hpp" || path.extension() == ".h" ||
         path.extension() == ".c";
}

/// Every line of the C and C++ files below the folder, comments blanked.
std::vector<Line> lines_of(const std::string& folder) {
  const fs::path top = PLUMB_SOURCE_DIR;
  std::vector<Line> lines;
  if (!fs::exists(top / folder)) return lines;
  for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
    if (!entry.is_regular_file() || !is_source(entry.path())) continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::istringstream code(without_comments(text));
    const std::string name = entry.path().lexically_relative(top).generic_string();
    int number = 0;
    for (std::string line; std::getline(code, line);) lines.push_back({name, ++number, line});
  }
  return lines;
}

/// The path of an `#include` that names a file of ours, or nothing.
std::optional<std::string> included(const Line& line) {
  static const std::regex pattern(
      R"re(^\s*#\s*include\s*(?:"([^"]+)"|<((?:core|plugins|sandboxes|sdk|tests|plumb)/[^>]+)>))re");
  std::smatch match;
  if (!std::regex_search(line.text, match, pattern)) return std::nullopt;
  return match[1].matched ? match[1] : match[2];
}

/// Where the engine's floor of that name stands, counted from the ground; nothing for what is no
/// floor.
std::optional<std::ptrdiff_t> floor_of(const std::string& path) {
  static const std::regex pattern("^core/([^/]+)/.*");
  std::smatch match;
  if (!std::regex_match(path, match, pattern)) return std::nullopt;
  const auto found = std::ranges::find(kFloors, match[1].str());
  if (found == kFloors.end()) return std::nullopt;
  return found - kFloors.begin();
}

/// Reports every include of the folder's files that is not allowed.
void check_includes(const std::string& folder,
                    const std::function<bool(const Line&, const std::string&)>& allowed) {
  for (const Line& line : lines_of(folder)) {
    if (const auto path = included(line); path && !allowed(line, *path))
      ADD_FAILURE() << where(line);
  }
}

bool starts_with_any(const std::string& path, const std::vector<std::string>& folders) {
  return std::ranges::any_of(folders, [&](const auto& folder) { return path.starts_with(folder); });
}

TEST(Layering, TheTreeIsThere) { EXPECT_GT(lines_of("core/base").size(), 500U); }

TEST(Layering, CoreHasOnlyTheFloorsOfTheDesign) {
  for (const Line& line : lines_of("core")) {
    if (line.number == 1 && !floor_of(line.file)) ADD_FAILURE() << where(line) << ": on no floor";
  }
}

TEST(Layering, AFloorOfCoreIncludesOnlyItselfAndTheFloorsBelowItsOwn) {
  check_includes("core", [](const Line& line, const std::string& path) {
    const auto from = floor_of(line.file);
    const auto to = floor_of(path);
    return from && to && *to <= *from;
  });
}

TEST(Layering, PluginsIncludeCoreAndPlugins) {
  check_includes("plugins", [](const Line&, const std::string& path) {
    return starts_with_any(path, {"core/", "plugins/"});
  });
}

TEST(Layering, TheGuestIncludesOnlyBaseAndTheFrame) {
  check_includes("sandboxes", [](const Line&, const std::string& path) {
    return starts_with_any(path, {"core/base/", "sandboxes/guest/"}) ||
           path == "core/sandbox/frame.hpp";
  });
}

TEST(Layering, CoreNamesNoVendorServerToolOrSandboxTechnology) {
  static const std::regex names("vllm|sglang|llama|bwrap|podman|openai",
                                std::regex::icase | std::regex::optimize);
  for (const Line& line : lines_of("core")) {
    if (std::regex_search(where(line), names)) ADD_FAILURE() << where(line);
  }
}

TEST(LayeringComments, AreBlankedAndLiteralsAreNot) {
  EXPECT_EQ(without_comments("a // b\nc"), "a     \nc");
  EXPECT_EQ(without_comments("a /* b\nc */ d"), "a     \n     d");
  EXPECT_EQ(without_comments("x(\"// no\"); // yes"), "x(\"// no\");       ");
  EXPECT_EQ(without_comments("x = '\"'; // yes"), "x = '\"';       ");
  EXPECT_EQ(without_comments("1'000 // yes\n\"\\\"//\""), "1'000       \n\"\\\"//\"");
}

}  // namespace
