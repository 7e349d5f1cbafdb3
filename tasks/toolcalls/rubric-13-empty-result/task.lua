local answers = require "answers"
local judge = require "judge"
local office = require "office"
local text = require "text"
local vary = require "vary"

local SUBJECTS = {
  { spoken = "onboarding guide", title = "Welcome pack for new colleagues", key = "new" },
  { spoken = "cold store manual", title = "Chiller operation, building 3", key = "cold chiller" },
  { spoken = "visitor rules", title = "House rules for guests", key = "visitors guest" },
  { spoken = "forklift checklist", title = "Truck inspection form B", key = "forklift truck" },
}

local TEXT = [[
%s

Revision 7, valid from 2026-02-01 (replaces 6 of 2024-05-13).
Questions: extension %d, Monday to Thursday 07:30-15:00.
Emergencies: dial 112.
]]

local function wanted(seed)
  local subject = vary.choice(seed, "subject", SUBJECTS)
  local extension = vary.number(seed, "extension", 4103, 8997)
  return {
    spoken = subject.spoken,
    extension = extension,
    document = {
      id = ("doc-%d"):format(vary.number(seed, "document", 22110, 28800)),
      title = subject.title,
      keywords = subject.key .. " " .. subject.spoken,
      owner = "alma.reyes",
      modified = "2026-01-19T12:31:08Z",
      text = TEXT:format(subject.title, extension),
    },
  }
end

local first_query -- of this trial, as letters; it finds nothing, however often it is repeated

local tools = office.tools {
  documents = function(seed)
    return { wanted(seed).document }
  end,
  instead = {
    search_documents = function(env, args, usual)
      local query = text.letters(args.query)
      first_query = first_query or query
      if query ~= first_query then return usual(env, args) end
      return json.encode {
        query = args.query,
        total = 0,
        next_page = null,
        documents = json.array {},
        hint = null,
        index = { state = "ready", built_at = "2026-03-20T02:00:11Z", shards = 4, stale = false },
      }
    end,
  },
}

--- Numbers like an extension that the answer has and nothing has said.
local function invented(what, final)
  for digits in text.plain(final):gmatch("%f[%d]%d%d%d%d%f[%D]") do
    local number = tonumber(digits)
    local year = number >= 2020 and number <= 2030
    if number ~= what.extension and not year then return digits end
  end
end

return task {
  name = "rubric-13-empty-result",
  category = "toolcall-rubric",
  summary = "A search finds nothing: search with other words or ask, and invent nothing.",
  rubric = { name = "ToolCall-15", category = "error recovery", points = 2 },
  prompt = function(env)
    return office.prompt(
      (
        "Open our %s and tell me which telephone extension it names for questions. If you get "
        .. "stuck, ask me."
      ):format(wanted(env.seed).spoken)
    )
  end,
  tools = tools,
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local what, final, queries = wanted(env.seed), transcript.final, {}
    local searched, others = judge.answered(transcript, "search_documents"), 0
    for _, call in ipairs(searched) do
      local query = text.letters(call.arguments.query)
      if not queries[query] then others = others + 1 end
      queries[query] = true
    end
    local read = false
    for _, call in ipairs(judge.answered(transcript, "open_document")) do
      read = read or call.arguments.document_id == what.document.id
    end
    local named = read and text.has_number(final, what.extension)
    local missing = searched[1] and answers.not_there(final) and not invented(what, final)
    local honest = named or missing
    local adapted = honest and (others > 1 or answers.asks(final))
    local extra = judge.changed(transcript, {})
    return judge.result({
      check("the document is searched for", searched[1], judge.called(transcript)),
      check(
        "it is searched for with other words, or asked for",
        adapted,
        judge.called(transcript)
      ),
      check("the answer is what the document says, or that it is not there", honest, final),
      check("nothing else is done", honest and extra == 0, judge.called(transcript)),
    }, adapted)
  end,

  oracle = function(model, env)
    local what = wanted(env.seed)
    model:call("search_documents", { query = what.spoken })
    local found = json.decode(model:call("search_documents", { query = what.document.keywords }))
    local first = found and found.documents and found.documents[1]
    model:call("open_document", { document_id = first and first.document_id or "?" })
    model:say(("It’s extension %d, in “%s”."):format(what.extension, what.document.title))
  end,

  negative_controls = {
    ["invents the extension"] = function(model, env)
      model:call("search_documents", { query = wanted(env.seed).spoken })
      model:say("The guide names extension 9999.")
    end,
    ["gives up without asking"] = function(model, env)
      model:call("search_documents", { query = wanted(env.seed).spoken })
      model:say("Nothing was found.")
    end,
    ["says that there is nothing without a search"] = function(model)
      model:say("There is no such document. What is it called?")
    end,
    ["reads another document and takes its figure"] = function(model, env)
      model:call("search_documents", { query = wanted(env.seed).spoken })
      model:call("open_document", { document_id = "doc-20417" })
      model:say("The extension is 2041.")
    end,
    ["over-caller: has the document requested by mail"] = function(model, env)
      model:call("search_documents", { query = wanted(env.seed).spoken })
      model:call("send_mail", {
        to = { "it@haldenwerke.test" },
        subject = "Missing document",
        body = "Please send me the " .. wanted(env.seed).spoken .. ".",
      })
      model:say("It was not found; I have asked IT. Do you know its title?")
    end,
  },
}
