-- Twenty calls in a row; each wants the token of the last, so that none can be left out.
local taken = 0

local function token(step)
  return string.format("t%02d", step * 7 % 100)
end

local function walk(model, steps)
  local last = "start"
  for _ = 1, steps do
    local result = model:call("advance", { token = last, options = { mode = "walk" } })
    last = result:match("t%d%d") or last
  end
end

return task {
  name = "chain-of-twenty",
  category = "chain",
  prompt = "Call advance twenty times, each time with the token of the last result, first start.",
  tools = {
    {
      name = "advance",
      description = "Goes one step.",
      parameters = {
        type = "object",
        properties = {
          token = { type = "string" },
          options = {
            type = "object",
            properties = { mode = { enum = { "walk", "run" } } },
            required = { "mode" },
            additionalProperties = false,
          },
        },
        required = { "token", "options" },
        additionalProperties = false,
      },
      run = function(_, args)
        local wanted = taken == 0 and "start" or token(taken)
        if args.token ~= wanted then
          return nil, "this is not the token of the last step"
        end
        taken = taken + 1
        return "the next token is " .. token(taken)
      end,
    },
  },
  expected_turns = 21,
  grade = function()
    return { check("all twenty steps were taken", taken == 20, taken) }
  end,
  oracle = function(model)
    walk(model, 20)
    model:say("Done, twenty steps.")
  end,
  negative_controls = {
    ["stops after nineteen"] = function(model)
      walk(model, 19)
      model:say("Done, twenty steps.")
    end,
  },
}
