local kept = require "kept"
local same = require "same"
local vary = require "vary"

local QUEUES = {
  "billing",
  "billing_api",
  "billing_disputes",
  "shipping",
  "shipping_customs",
  "web",
}
local PRIORITIES = { "P1", "P2", "P3", "P4" }
local LANGUAGES = { "de", "de-AT", "de-CH", "en-GB", "en-US", "pt", "pt-BR" }
local CHANNELS = { "E_MAIL", "PHONE", "WEB_FORM", "CHAT" }
local LABELS = { "refund", "refund-partial", "vip", "legal", "customs-form", "double-charge" }

-- Kinds of messages: how each is to be filed.
local MESSAGES = {
  {
    text = "Charged twice for one order; wants one of the two back. A wholesale customer (VIP).",
    queue = "billing_disputes",
    priority = "P2",
    labels = { "double-charge", "vip" },
  },
  {
    text = "Complains that a parcel is held at the border for want of form CN23.",
    queue = "shipping_customs",
    priority = "P3",
    labels = { "customs-form" },
  },
  {
    text = "Every POST to /v2/invoices answers 500 since 06:10; their shop is down.",
    queue = "billing_api",
    priority = "P1",
    labels = {},
  },
  {
    text = "One of three mugs came broken, wants the price of that one back; lawyer is in copy.",
    queue = "billing_disputes",
    priority = "P3",
    labels = { "refund-partial", "legal" },
  },
}
local VOICES = {
  { language = "de-AT", text = "German, Austria" },
  { language = "pt-BR", text = "Portuguese, Brazil" },
  { language = "en-GB", text = "English, United Kingdom" },
  { language = "de-CH", text = "German, Switzerland" },
}
local CHANNEL_TEXTS = {
  E_MAIL = "by mail",
  PHONE = "by telephone",
  WEB_FORM = "through the form of the site",
  CHAT = "in the chat",
}

local function ticket(seed, i)
  local first = vary.number(seed, "first message", 0, #MESSAGES - 1)
  local message = MESSAGES[(first + i - 1) % #MESSAGES + 1]
  local voice = vary.choice(seed, "voice" .. i, VOICES)
  return {
    number = vary.number(seed, "number", 40100, 48000) + i * 7,
    message = message,
    voice = voice,
    channel = vary.choice(seed, "channel" .. i, CHANNELS),
  }
end

local COUNT = 3

local function right_call(seed)
  local tickets = {}
  for i = 1, COUNT do
    local it = ticket(seed, i)
    tickets[i] = {
      number = it.number,
      queue = it.message.queue,
      priority = it.message.priority,
      language = it.voice.language,
      channel = it.channel,
      labels = json.array(same.copy(it.message.labels)),
    }
  end
  return { tickets = tickets }
end

local RULES = [[
queue: billing_disputes = a customer contests a charge or wants money back; billing_api = the
  programming interface for invoices; billing = all other questions of money; shipping_customs =
  held at a border; shipping = all other questions of delivery; web = the site itself.
priority: P1 = a customer cannot work at all; P2 = a VIP is affected, and it is no P1; P3 = all
  other complaints; P4 = questions without a complaint.
language: with its country where the country is known.
labels: each that fits, none that does not: refund = wants all of an order's price back;
  refund-partial = wants the price of a part of it back; double-charge = was charged twice (then
  neither refund nor refund-partial); legal = a lawyer is involved; customs-form = a form is
  missing; vip = a VIP.
]]

local function one_of(values)
  return { type = "string", enum = values }
end

local sender, twice = kept.policies("file_tickets", function(model)
  model:call("read_rules", {})
end, right_call)

local function sorted(labels)
  local copy = same.copy(labels)
  table.sort(copy)
  return copy
end

--- A mistake in the ticket whose member has this value, or in the first one where none has.
local function change(key, from, to)
  return sender(function(args)
    local it = same.find(args.tickets, key, from) or args.tickets[1]
    it[key] = to
  end)
end

return task {
  name = "enums",
  category = "arguments",
  summary = "File three tickets by codes that have near neighbours.",
  prompt = function(env)
    local lines = {}
    for i = 1, COUNT do
      local it = ticket(env.seed, i)
      lines[i] = ("%d (%s, came %s): %s"):format(
        it.number,
        it.voice.text,
        CHANNEL_TEXTS[it.channel],
        it.message.text
      )
    end
    return ([[
File these three tickets with one call to file_tickets, in this order, by the rules that read_rules
tells.

%s]]):format(table.concat(lines, "\n"))
  end,
  tools = {
    {
      name = "read_rules",
      description = "By which rules tickets are filed.",
      parameters = { type = "object", properties = {}, additionalProperties = false },
      run = function()
        return RULES
      end,
    },
    kept.tool({
      name = "file_tickets",
      description = "File tickets under their codes.",
      parameters = {
        type = "object",
        properties = {
          tickets = {
            type = "array",
            minItems = 1,
            items = {
              type = "object",
              properties = {
                number = { type = "integer" },
                queue = one_of(QUEUES),
                priority = one_of(PRIORITIES),
                language = one_of(LANGUAGES),
                channel = one_of(CHANNELS),
                labels = { type = "array", items = one_of(LABELS) },
              },
              required = { "number", "queue", "priority", "language", "channel", "labels" },
              additionalProperties = false,
            },
          },
        },
        required = { "tickets" },
        additionalProperties = false,
      },
    }, function(args)
      return json.encode { filed = #args.tickets, trace = "q7-0001", at = "2026-03-02T09:14:07Z" }
    end),
  },
  expected_turns = 3,
  needs = { context = 8192 },

  grade = function(env)
    local found = kept.last("file_tickets").tickets or {}
    local checks = { kept.once("file_tickets") }
    checks[2] = check("three tickets were filed", #found == COUNT, ("%d"):format(#found))
    for i, wanted in ipairs(right_call(env.seed).tickets) do
      local got = same.find(found, "number", wanted.number) or {}
      local name = "ticket " .. i .. ": "
      checks[#checks + 1] = same.check(name .. "queue", wanted.queue, got.queue)
      checks[#checks + 1] = same.check(name .. "priority", wanted.priority, got.priority)
      checks[#checks + 1] = same.check(name .. "language", wanted.language, got.language)
      checks[#checks + 1] = same.check(name .. "channel", wanted.channel, got.channel)
      local labels = got.labels and sorted(got.labels)
      checks[#checks + 1] = same.check(name .. "labels", sorted(wanted.labels), labels)
    end
    return checks
  end,

  oracle = sender(),

  negative_controls = {
    ["calls twice to be safe"] = twice,
    ["takes the neighbour of a queue"] = change("queue", "billing_disputes", "billing"),
    ["files what is held at the border as any delivery"] = change(
      "queue",
      "shipping_customs",
      "shipping"
    ),
    ["makes everything urgent"] = sender(function(args)
      for _, it in ipairs(args.tickets) do
        it.priority = "P1"
      end
    end),
    ["leaves out the country of a language"] = sender(function(args)
      for _, it in ipairs(args.tickets) do
        it.language = it.language == "pt-BR" and "pt" or it.language == "en-GB" and "en-US" or "de"
      end
    end),
    ["writes the codes in lower case"] = sender(function(args)
      for _, it in ipairs(args.tickets) do
        it.priority = it.priority:lower()
        it.channel = it.channel:lower()
      end
    end),
    ["mixes up mail and form"] = sender(function(args)
      for _, it in ipairs(args.tickets) do
        it.channel = it.channel == "E_MAIL" and "WEB_FORM" or "E_MAIL"
      end
    end),
    ["gives every ticket the same labels"] = sender(function(args)
      for _, it in ipairs(args.tickets) do
        it.labels = { "refund", "vip" }
      end
    end),
    ["files the first ticket only"] = sender(function(args)
      args.tickets = { args.tickets[1] }
    end),
  },
}
