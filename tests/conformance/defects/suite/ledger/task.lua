-- One call, then two in one answer: enough for every defect that a stand-in can plant.
local write_entry = {
  name = "write_entry",
  description = "Writes one entry into the ledger.",
  parameters = {
    type = "object",
    required = { "text", "amount", "kind" },
    additionalProperties = false,
    properties = {
      text = { type = "string" },
      amount = { type = "integer" },
      kind = { enum = { "paid", "received" } },
    },
  },
  run = function(_, args) return "written: " .. args.text end,
}

local function entry(text, amount) return { text = text, amount = amount, kind = "paid" } end

return task {
  name = "ledger",
  category = "tool calls",
  summary = "Write three entries into a ledger.",
  prompt = "Write three entries into the ledger: rent 900, bread 4, tea 6. All were paid.",
  tools = { write_entry },
  expected_turns = 3,
  grade = function(_, transcript)
    local written = 0
    for _, call in ipairs(transcript.calls) do written = written + (call.ok and 1 or 0) end
    return { check("three entries are written", written == 3) }
  end,
  oracle = function(model)
    model:call("write_entry", entry("rent", 900))
    model:calls {
      { "write_entry", entry("bread", 4) },
      { "write_entry", entry("tea", 6) },
    }
    model:say("Done: three entries.")
  end,
  negative_controls = {
    ["writes one of three"] = function(model)
      model:call("write_entry", entry("rent", 900))
      model:say("Done: three entries.")
    end,
  },
}
