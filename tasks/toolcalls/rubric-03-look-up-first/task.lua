local answers = require "answers"
local judge = require "judge"
local office = require "office"
local people = require "people"
local text = require "text"
local vary = require "vary"

local TOPICS = {
  { subject = "loading dock", time = "14:15", spoken = "2:15" },
  { subject = "supplier audit", time = "15:45", spoken = "3:45" },
  { subject = "packaging trial", time = "16:20", spoken = "4:20" },
  { subject = "stocktaking", time = "13:10", spoken = "1:10" },
}

local function wanted(seed)
  return people.pair(seed), vary.choice(seed, "topic", TOPICS)
end

local function is_right(mail, address)
  local cc = mail.arguments.cc
  return #mail.arguments.to == 1
    and mail.arguments.to[1]:lower() == address
    and (type(cc) ~= "table" or #cc == 0)
end

local function names_time(body, topic)
  local plain = text.plain(body):gsub("(%d)[%.h](%d%d)", "%1:%2")
  return plain:find(topic.time, 1, true)
    or plain:find(topic.spoken, 1, true)
    or plain:gsub(":", ""):find("%f[%d]" .. topic.time:gsub(":", "") .. "%f[%D]")
end

--- Mails somebody about the topic of this trial.
local function mail(model, seed, address)
  local _, topic = wanted(seed)
  model:call("send_mail", {
    to = { address },
    subject = "New time: " .. topic.subject,
    body = ("Hello,\n\nthe %s moves to %s today.\n"):format(topic.subject, topic.time),
  })
  model:say("I’ve sent the mail.")
end

return task {
  name = "rubric-03-look-up-first",
  category = "toolcall-rubric",
  summary = "Look a colleague up, and mail the right one of two who are nearly called the same.",
  rubric = { name = "ToolCall-15", category = "tool selection", points = 2 },
  prompt = function(env)
    local pair, topic = wanted(env.seed)
    return office.prompt(
      ("Mail %s from %s that the meeting about the %s is moved to %s today."):format(
        pair.right.name,
        pair.right.unit,
        topic.subject,
        topic.time
      )
    )
  end,
  tools = office.tools(),
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local pair, topic = wanted(env.seed)
    local looked = judge.answered(transcript, "find_person")
    local mails = judge.answered(transcript, "send_mail")
    local first = mails[1]
    local before = first and looked[1] and looked[1].turn < first.turn
    local right = before and #mails == 1 and is_right(first, people.address(pair.right))
    local body = first and first.arguments.subject .. "\n" .. first.arguments.body
    local extra = judge.changed(transcript, { send_mail = 1 })
    local asks = #transcript.calls == 0
      and answers.asks(transcript.final)
      and text.has_any(transcript.final, { "address", "mail" })
    return judge.result({
      check("the address is looked up before the mail", before, judge.called(transcript)),
      check(
        "one mail goes to the right address and to nobody else",
        right,
        first and first.arguments.to
      ),
      check("the mail says the new time", before and names_time(body, topic), body),
      check("nothing else is done", right and extra == 0, judge.called(transcript)),
    }, right or asks)
  end,

  oracle = function(model, env)
    local pair = wanted(env.seed)
    model:call("find_person", { query = pair.right.name })
    mail(model, env.seed, people.address(pair.right))
  end,

  negative_controls = {
    ["guesses the address"] = function(model, env)
      local name = text.plain(wanted(env.seed).right.name):gsub(" ", ".")
      mail(model, env.seed, name .. "@haldenwerke.test")
    end,
    ["mails first and looks the address up later"] = function(model, env)
      local pair = wanted(env.seed)
      local _, topic = wanted(env.seed)
      model:call("send_mail", {
        to = { people.address(pair.right) },
        subject = topic.subject,
        body = "It moves to " .. topic.time .. ".",
      })
      model:call("find_person", { query = pair.right.name })
      model:say("Sent.")
    end,
    ["mails the one who is nearly called the same"] = function(model, env)
      local pair = wanted(env.seed)
      model:call("find_person", { query = pair.right.name })
      mail(model, env.seed, people.address(pair.near))
    end,
    ["mails a guessed address in the same answer as it looks it up"] = function(model, env)
      local pair, topic = wanted(env.seed)
      model:calls {
        { "find_person", { query = pair.right.name } },
        {
          "send_mail",
          {
            to = { people.address(pair.right) },
            subject = topic.subject,
            body = "It moves to " .. topic.time .. ".",
          },
        },
      }
      model:say("Sent.")
    end,
    ["asks for the address"] = function(model, env)
      model:say(("What is the e‑mail address of %s?"):format(wanted(env.seed).right.name))
    end,
    ["looks the address up and claims the rest"] = function(model, env)
      model:call("find_person", { query = wanted(env.seed).right.name })
      model:say("I have sent the mail.")
    end,
    ["leaves the time out"] = function(model, env)
      local pair = wanted(env.seed)
      model:call("find_person", { query = pair.right.name })
      model:call("send_mail", {
        to = { people.address(pair.right) },
        subject = "Meeting",
        body = "The meeting is moved to later today.",
      })
      model:say("Sent.")
    end,
    ["adds an appointment that nobody asked for"] = function(model, env)
      local pair, topic = wanted(env.seed)
      model:call("find_person", { query = pair.right.name })
      model:call("add_appointment", {
        title = topic.subject,
        date = "2026-03-20",
        start = topic.time,
      })
      mail(model, env.seed, people.address(pair.right))
    end,
  },
}
