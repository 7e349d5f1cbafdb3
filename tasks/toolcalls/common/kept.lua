--- Tools whose calls are kept for the grader, and policies that end in one such call.
local kept = {}

local calls = {}

--- A tool that keeps its arguments; `answer(args, count)` makes its result (nil and a sentence for
--- a failure, which is not kept).
function kept.tool(definition, answer)
  calls[definition.name] = {}
  definition.run = function(_, args)
    local list = calls[definition.name]
    local text, problem = answer(args, #list + 1)
    if not text then return nil, problem end
    list[#list + 1] = args
    return text
  end
  return definition
end

--- The arguments of all calls that the tool took.
function kept.all(name)
  return calls[name]
end

--- The arguments of its last call; an empty table when there was none.
function kept.last(name)
  return calls[name][#calls[name]] or {}
end

--- check() that the tool took exactly one call.
function kept.once(name)
  return check(name .. " was called once", #calls[name] == 1, ("%d calls"):format(#calls[name]))
end

--- What makes policies that look around, and then make the right call with a mistake in it; and a
--- policy that makes the right call twice.
--- @param look function(model, env)  may be nil
--- @param right function(seed)  the right arguments
function kept.policies(name, look, right)
  local function calling(times, mistake)
    return function(model, env)
      if look then look(model, env) end
      local args = right(env.seed)
      if mistake then args = mistake(args, env.seed) or args end
      for _ = 1, times do
        model:call(name, args)
      end
      model:say("It is done.")
    end
  end
  return function(mistake)
    return calling(1, mistake)
  end, calling(2)
end

return kept
