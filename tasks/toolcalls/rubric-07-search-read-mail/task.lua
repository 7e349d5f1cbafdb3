local judge = require "judge"
local library = require "reports"
local office = require "office"
local people = require "people"
local text = require "text"

--- The steps of the chain that were done, as { searched, opened, looked, mailed }.
local function steps(seed, transcript)
  local report, pair = library.report(seed), people.pair(seed)
  local done = { searched = judge.answered(transcript, "search_documents")[1] }
  for _, call in ipairs(judge.answered(transcript, "open_document")) do
    if call.arguments.document_id == report.id then done.opened = done.opened or call end
  end
  for _, call in ipairs(judge.answered(transcript, "find_person")) do
    if text.has(call.result, people.address(pair.right)) then done.looked = done.looked or call end
  end
  done.mails = judge.answered(transcript, "send_mail")
  local mail = #done.mails == 1 and done.mails[1]
  done.mailed = mail
    and #mail.arguments.to == 1
    and mail.arguments.to[1]:lower() == people.address(pair.right)
    and mail
  return done
end

--- Goes the whole way, and mails a figure to somebody.
local function chain(choose)
  return function(model, env)
    local report, pair = library.report(env.seed), people.pair(env.seed)
    local document, figure, receiver = choose(report, pair, env.seed)
    model:call("search_documents", { query = report.topic .. " " .. report.quarter })
    model:call("open_document", { document_id = document })
    model:call("find_person", { query = pair.right.name })
    model:call("send_mail", {
      to = { people.address(receiver) },
      subject = "Total of the " .. report.topic,
      body = ("Hello,\n\nthe total is %s EUR.\n"):format(figure),
    })
    model:say("I’ve mailed the figure.")
  end
end

return task {
  name = "rubric-07-search-read-mail",
  category = "toolcall-rubric",
  summary = "Find a report, read a figure in it, look up a colleague, and mail it.",
  rubric = { name = "ToolCall-15", category = "multi-step chains", points = 2 },
  prompt = function(env)
    local report, pair = library.report(env.seed), people.pair(env.seed)
    return office.prompt(
      ("Find the final %s report for %s and mail its approved total to %s from %s."):format(
        report.topic,
        report.quarter,
        pair.right.name,
        pair.right.unit
      )
    )
  end,
  tools = office.tools { documents = library.documents },
  expected_turns = 5,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local report, done = library.report(env.seed), steps(env.seed, transcript)
    local mail = done.mails[1]
    local body = mail and mail.arguments.subject .. "\n" .. mail.arguments.body
    local figure = mail and text.has_number(body, report.total, 0.5)
    local order = done.opened
      and done.looked
      and mail
      and done.opened.turn < mail.turn
      and done.looked.turn < mail.turn
    local extra = judge.changed(transcript, { send_mail = 1 })
    local count = (done.searched and 1 or 0)
      + (done.opened and 1 or 0)
      + (done.looked and 1 or 0)
      + (done.mailed and figure and 1 or 0)
    return judge.result({
      check("the report is searched for", done.searched, judge.called(transcript)),
      check("the final report of the right quarter is read", done.opened),
      check("the address is looked up", done.looked),
      check("the mail is the last of these", order, judge.called(transcript)),
      check("one mail goes to the right person only", done.mailed, mail and mail.arguments.to),
      check("the mail has the approved total", figure, body),
      check("nothing else is done", mail and extra == 0, judge.called(transcript)),
    }, count >= 3)
  end,

  oracle = chain(function(report, pair)
    return report.id, report.total_text, pair.right
  end),

  negative_controls = {
    ["reads the draft"] = chain(function(report, pair)
      return report.draft_id, tostring(report.draft_total), pair.right
    end),
    ["mails the sum that was requested, not approved"] = chain(function(report, pair)
      return report.id, tostring(report.requested), pair.right
    end),
    ["mails the one who is nearly called the same"] = chain(function(report, pair)
      return report.id, report.total_text, pair.near
    end),
    ["moves the decimal point"] = chain(function(report, pair)
      return report.id, tostring(report.total // 10), pair.right
    end),
    ["mails a figure without reading"] = function(model, env)
      local report, pair = library.report(env.seed), people.pair(env.seed)
      model:call("search_documents", { query = report.topic })
      model:call("find_person", { query = pair.right.name })
      model:call("send_mail", {
        to = { people.address(pair.right) },
        subject = report.topic,
        body = "Please find the total in the report.",
      })
      model:say("Sent.")
    end,
    ["reports the figure to the user instead of mailing it"] = function(model, env)
      local report, pair = library.report(env.seed), people.pair(env.seed)
      model:call("search_documents", { query = report.topic })
      model:call("open_document", { document_id = report.id })
      model:call("find_person", { query = pair.right.name })
      model:say(("The total is %s EUR."):format(report.total_text))
    end,
  },
}
