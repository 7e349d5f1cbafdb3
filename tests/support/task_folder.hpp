#pragma once

#include <fstream>
#include <string>

#include "tests/support/temp_folder.hpp"

namespace plumb::test {

inline void put_file(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

/// A folder with one task in it, called "try-it".
class TaskFolder {
 public:
  explicit TaskFolder(const std::string& task_lua) { put("task.lua", task_lua); }
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "try-it"; }
  void put(const std::string& name, const std::string& text) const {
    put_file(path() / name, text);
  }

 private:
  TempFolder folder_;
};

/// A task of one tool, `echo`, which gives back its text; members in `more` are added to it or
/// replace its own.
inline std::string task_text(const std::string& more = "") {
  return R"lua(
local members = {
  name = "try-it",
  category = "test",
  prompt = "Echo something.",
  tools = {
    {
      name = "echo",
      description = "Gives back its text.",
      parameters = {
        type = "object",
        properties = { text = { type = "string" } },
        required = { "text" },
      },
      run = function(env, args) return args.text end,
    },
  },
  expected_turns = 2,
  grade = function(env, transcript)
    return { check("said done", transcript.final == "done") }
  end,
  oracle = function(model)
    model:call("echo", { text = "hello" })
    model:say("done")
  end,
  negative_controls = {
    ["says something else"] = function(model) model:say("finished") end,
  },
}
for key, value in pairs { )lua" +
         more + R"lua( } do members[key] = value end
return task(members)
)lua";
}

}  // namespace plumb::test
