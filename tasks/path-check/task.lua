-- The path check: before a contestant's trials, one tool call with a word that cannot be guessed
-- travels endpoint, loop, sandbox and back.

local vary = require "vary"

local function nonce(seed)
  return vary.word(seed, "nonce", 16)
end

return task {
  name = "path-check",
  category = "path-check",
  summary = "One tool call travels the whole way.",
  prompt = function(env)
    return ([[
Use the shell tool to run exactly this command, once:

echo %s > nonce.txt

Then answer with the one word: ready]]):format(nonce(env.seed))
  end,
  tools = { "shell" },
  expected_turns = 2,

  grade = function(env)
    local found = (env:read("nonce.txt") or ""):sub(1, 60)
    return {
      check("nonce.txt holds the word", found:gsub("%s+$", "") == nonce(env.seed), found),
    }
  end,

  oracle = function(model, env)
    model:call("shell", { command = "echo " .. nonce(env.seed) .. " > nonce.txt" })
    model:say("ready")
  end,

  negative_controls = {
    ["says it without doing it"] = function(model)
      model:say("ready")
    end,
    ["writes another word"] = function(model)
      model:call("shell", { command = "echo nonce > nonce.txt" })
      model:say("ready")
    end,
  },
}
