local kept = require "kept"
local same = require "same"
local vary = require "vary"

-- 2^53 + 1, the first integer that a double cannot hold, and what lies around it.
local FIRST_LOST = 9007199254740993

--- Odd numbers beyond 2^53: a detour through a double changes each of them.
local function odd(seed, label, base)
  return base + 2 * vary.number(seed, label, 0, 4000000)
end

--- The right call; a control changes what it gets wrong.
local function right_call(seed)
  return {
    ledger = odd(seed, "ledger", FIRST_LOST),
    entries = {
      { account = odd(seed, "first", 1152921504606846977), delta = -vary.number(seed, "a", 3, 99) },
      { account = 9223372036854775807, delta = odd(seed, "delta", 36028797018963969) },
      { account = 9223372036854775806, delta = -odd(seed, "minus", 72057594037927937) },
      { account = odd(seed, "last", 4611686018427387905), delta = 0 },
    },
    sequence = 2147483648 + vary.number(seed, "sequence", 0, 1000),
    checksum = "18446744073709551615",
  }
end

local function posting(seed)
  local call = right_call(seed)
  local lines = {}
  for i, entry in ipairs(call.entries) do
    local line = '  {"line":%d,"acct":%d,"delta":%d,"ccy":"XTS","fx":1.0e0,"memo":null}'
    lines[i] = line:format(i, entry.account, entry.delta)
  end
  local head = '{"ledger_id":%d,"seq":%d,"u64_checksum":%s,"node":"n-3","lag_us":182,"entries":[\n'
  return head:format(call.ledger, call.sequence, call.checksum)
    .. table.concat(lines, ",\n")
    .. "\n]}"
end

local sender, twice = kept.policies("post_entries", function(model)
  model:call("read_posting", {})
end, right_call)

--- What is left of a number after a double.
local function as_double(number)
  local double = number + 0.0
  return double >= 2 ^ 63 and double or math.tointeger(double)
end

return task {
  name = "big-integers",
  category = "arguments",
  summary = "Hand on integers beyond 2^53, and one beyond 2^63 as text, digit by digit.",
  prompt = "Read the posting that waits and post it as it is with one call to post_entries: every "
    .. "number to the last digit, the entries in their order, the checksum as text.",
  tools = {
    {
      name = "read_posting",
      description = "The posting that waits to be posted.",
      parameters = { type = "object", properties = {}, additionalProperties = false },
      run = function(env)
        return posting(env.seed)
      end,
    },
    kept.tool({
      name = "post_entries",
      description = "Post the entries of a ledger. Identifiers and amounts are 64 bit integers.",
      parameters = {
        type = "object",
        properties = {
          ledger = { type = "integer" },
          entries = {
            type = "array",
            minItems = 1,
            items = {
              type = "object",
              properties = { account = { type = "integer" }, delta = { type = "integer" } },
              required = { "account", "delta" },
              additionalProperties = false,
            },
          },
          sequence = { type = "integer" },
          checksum = { type = "string", description = "The digits of u64_checksum" },
        },
        required = { "ledger", "entries", "sequence", "checksum" },
        additionalProperties = false,
      },
    }, function(args)
      return json.encode { posted = #args.entries, sequence = args.sequence }
    end),
  },
  expected_turns = 3,
  needs = { context = 8192 },

  grade = function(env)
    local wanted, found = right_call(env.seed), kept.last("post_entries")
    local checks = {
      kept.once("post_entries"),
      same.check("the ledger", wanted.ledger, found.ledger),
      same.check("the sequence", wanted.sequence, found.sequence),
      same.check("the checksum, as text", wanted.checksum, found.checksum),
    }
    local entries = found.entries or {}
    checks[5] = check("four entries", #entries == 4, ("%d"):format(#entries))
    for i, entry in ipairs(wanted.entries) do
      local got, name = entries[i] or {}, ("entry %d: "):format(i)
      checks[#checks + 1] = same.check(name .. "account", entry.account, got.account)
      checks[#checks + 1] = same.check(name .. "delta", entry.delta, got.delta)
    end
    return checks
  end,

  oracle = sender(),

  negative_controls = {
    ["calls twice to be safe"] = twice,
    ["sends them through a double"] = sender(function(args)
      args.ledger = as_double(args.ledger)
      for _, entry in ipairs(args.entries) do
        entry.account = as_double(entry.account)
        entry.delta = as_double(entry.delta)
      end
    end),
    ["writes them with an exponent"] = sender(function(args)
      args.entries[1].account = 1.1529215046e18
    end),
    ["loses a digit"] = sender(function(args)
      args.entries[4].account = args.entries[4].account // 10
    end),
    ["loses the signs"] = sender(function(args)
      for _, entry in ipairs(args.entries) do
        entry.delta = math.abs(entry.delta)
      end
    end),
    ["wraps the sequence at 32 bits"] = sender(function(args)
      args.sequence = args.sequence - 4294967296
    end),
    ["sends the checksum as a number"] = sender(function(args)
      args.checksum = 1.8446744073709552e19
    end),
    ["writes the checksum with separators"] = sender(function(args)
      args.checksum = "18,446,744,073,709,551,615"
    end),
    ["swaps the two highest accounts"] = sender(function(args)
      local entries = args.entries
      entries[2].account, entries[3].account = entries[3].account, entries[2].account
    end),
    ["leaves out the entry of zero"] = sender(function(args)
      args.entries[4] = nil
    end),
    ["sends the numbers as text"] = sender(function(args)
      args.ledger = tostring(args.ledger)
    end),
  },
}
