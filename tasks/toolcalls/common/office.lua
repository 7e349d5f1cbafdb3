--- The twelve mocked tools that every scenario of the rubric and of restraint is offered. They
--- answer from the seed alone; what was called is in the transcript.
local arithmetic = require "arithmetic"
local library = require "library"
local people = require "people"
local shares = require "shares"
local text = require "text"
local units = require "units"
local vary = require "vary"
local weather = require "weather"

local office = {}

local RULES = [[
Today is Friday, 20 March 2026 (2026-03-20).
Take a tool only where the request needs one; what you know or can work out in your head, you just
answer. Make nothing up that a tool would have to tell you, and say so when a tool fails.

]]

--- The prompt of a scenario: the day and the rules that hold in all of them, and the request.
function office.prompt(request)
  return RULES .. request
end

local numbered = 0 -- what the tools have made in this trial

local function new_id(env, kind)
  numbered = numbered + 1
  return ("%s-%s-%03d"):format(kind, vary.word(env.seed, kind, 6), numbered)
end

local function strings(description)
  return { type = "array", description = description, items = { type = "string" }, minItems = 1 }
end

local function parameters(properties, required)
  return {
    type = "object",
    properties = properties,
    required = required,
    additionalProperties = false,
  }
end

local function city_weather(own)
  return {
    name = "city_weather",
    description = "Current weather in one city.",
    parameters = parameters({
      city = { type = "string", minLength = 1, description = "Name of the city." },
      temperature_unit = {
        type = "string",
        enum = { "celsius", "fahrenheit" },
        description = "Unit of all temperatures in the report; celsius if left out.",
      },
    }, { "city" }),
    run = function(env, args)
      local measured = weather.at(env.seed, args.city)
      if own.sky then measured.sky = own.sky(env.seed) end
      local unit = args.temperature_unit or "celsius"
      return json.encode(weather.report(env.seed, args.city, unit, measured))
    end,
  }
end

local function share_price()
  return {
    name = "share_price",
    description = "Latest price of a listed share, by its ticker symbol.",
    parameters = parameters({
      symbol = { type = "string", minLength = 1, description = "Ticker symbol, such as ABCD." },
    }, { "symbol" }),
    run = function(env, args)
      local company = shares.company(args.symbol)
      if not company then
        return nil, "404: no instrument with the symbol " .. args.symbol:sub(1, 20)
      end
      return json.encode(shares.quote(env.seed, company))
    end,
  }
end

local function find_person()
  return {
    name = "find_person",
    description = "Search the address book of the company for e-mail address, unit and telephone.",
    parameters = parameters({
      query = { type = "string", minLength = 1, description = "A name or a part of it." },
    }, { "query" }),
    run = function(env, args)
      return json.encode(people.search(env.seed, args.query))
    end,
  }
end

local function send_mail()
  return {
    name = "send_mail",
    description = "Send an e-mail from the user's own address. It leaves at once.",
    parameters = parameters({
      to = strings "E-mail addresses.",
      subject = { type = "string" },
      body = { type = "string", minLength = 1, description = "Plain text." },
      cc = { type = "array", items = { type = "string" }, description = "E-mail addresses." },
    }, { "to", "subject", "body" }),
    run = function(env, args)
      for _, address in ipairs(args.to) do
        if not address:find("^%S+@%S+%.%S+$") then
          return nil, ("501: %q is not an e-mail address"):format(address:sub(1, 60))
        end
      end
      return json.encode {
        message_id = new_id(env, "msg"),
        state = "sent",
        accepted = args.to,
        rejected = json.array {},
        size_bytes = #args.body + 1874,
      }
    end,
  }
end

local function search_documents(own)
  return {
    name = "search_documents",
    description = "Search the company's documents by title and keywords. Returns ids, no contents.",
    parameters = parameters({
      query = { type = "string", minLength = 1, description = "Words to look for." },
    }, { "query" }),
    run = function(env, args)
      return json.encode(
        library.search_documents(own.documents and own.documents(env.seed), args.query)
      )
    end,
  }
end

local function open_document(own)
  return {
    name = "open_document",
    description = "Return the text of a document.",
    parameters = parameters({
      document_id = { type = "string", description = "As found by search_documents." },
    }, { "document_id" }),
    run = function(env, args)
      local found, message =
        library.open_document(own.documents and own.documents(env.seed), args.document_id)
      if not found then return nil, message end
      return json.encode(found)
    end,
  }
end

local function search_web(own)
  return {
    name = "search_web",
    description = "Search the web. Returns titles, addresses and snippets.",
    parameters = parameters({
      query = { type = "string", minLength = 1 },
    }, { "query" }),
    run = function(env, args)
      return json.encode(library.search_web(own.pages and own.pages(env.seed), args.query))
    end,
  }
end

local function add_appointment()
  return {
    name = "add_appointment",
    description = "Put a new appointment into the user's own calendar and invite the attendees.",
    parameters = parameters({
      title = { type = "string", minLength = 1 },
      date = { type = "string", description = "YYYY-MM-DD." },
      start = { type = "string", description = "Local time, HH:MM in 24 hours." },
      duration_minutes = {
        type = "integer",
        minimum = 1,
        maximum = 1440,
        description = "60 if left out.",
      },
      attendees = strings "Names or e-mail addresses of everyone invited but the user.",
      place = { type = "string" },
    }, { "title", "date", "start" }),
    run = function(env, args)
      if not args.date:find("^%d%d%d%d%-%d%d%-%d%d$") then
        return nil, "400: date must be written YYYY-MM-DD"
      end
      if not args.start:find("^%d?%d:%d%d") then
        return nil, "400: start must be written HH:MM, in 24 hours"
      end
      return json.encode {
        appointment_id = new_id(env, "apt"),
        calendar = "own",
        title = args.title,
        starts_at = ("%sT%s"):format(args.date, args.start),
        duration_minutes = args.duration_minutes or 60,
        attendees = json.array(args.attendees or {}),
        conflicts = json.array {},
        recurrence = null,
        etag = 'W/"1"',
      }
    end,
  }
end

local function add_reminder()
  return {
    name = "add_reminder",
    description = "Remind the user of something at a point in time.",
    parameters = parameters({
      text = { type = "string", minLength = 1, description = "What to remind of." },
      at = { type = "string", description = "Local time, YYYY-MM-DDTHH:MM:SS." },
    }, { "text", "at" }),
    run = function(env, args)
      if not args.at:find("^%d%d%d%d%-%d%d%-%d%d[T ]%d%d:%d%d") then
        return nil, "400: at must be written YYYY-MM-DDTHH:MM:SS"
      end
      return json.encode {
        reminder_id = new_id(env, "rem"),
        at = args.at,
        text = args.text,
        channels = { "desktop" },
        snoozed = 0,
        completed_at = null,
      }
    end,
  }
end

local function translate(own)
  return {
    name = "translate",
    description = "Translate a text into one language.",
    parameters = parameters({
      text = { type = "string", minLength = 1 },
      target_language = { type = "string", description = "ISO 639-1 code, such as de." },
      source_language = { type = "string", description = "Detected if left out." },
    }, { "text", "target_language" }),
    run = function(env, args)
      local translated = own.translate and own.translate(env.seed, args)
      return json.encode {
        job = new_id(env, "tr"),
        target_language = args.target_language,
        detected_language = args.source_language or "en",
        translation = translated or ("%s (%s)"):format(args.text, args.target_language),
        characters_billed = #args.text,
        glossary = null,
        confidence = 0.97,
      }
    end,
  }
end

local function calculate()
  return {
    name = "calculate",
    description = "Evaluate an arithmetic expression with + - * / % ^ and brackets.",
    parameters = parameters({
      expression = { type = "string", minLength = 1, description = "Such as 3 * (4 + 5)." },
    }, { "expression" }),
    run = function(_, args)
      local value, why = arithmetic.evaluate(args.expression)
      if not value then return nil, "cannot evaluate: " .. why end
      return json.encode { expression = args.expression, result = value, precision = "double" }
    end,
  }
end

local function convert_units()
  return {
    name = "convert_units",
    description = "Convert a quantity from one unit into another.",
    parameters = parameters({
      value = { type = "number" },
      from = { type = "string", description = "Such as km, kg, celsius." },
      to = { type = "string", description = "Such as mile, lb, fahrenheit." },
    }, { "value", "from", "to" }),
    run = function(_, args)
      local value, why = units.convert(args.value, text.plain(args.from), text.plain(args.to))
      if not value then return nil, why end
      return json.encode { value = value, unit = args.to, exact = false }
    end,
  }
end

--- The tools of a scenario. `own` is what is special in it, all of it optional:
---   sky(seed)             the sky everywhere
---   documents(seed)       documents beside those that are always there
---   pages(seed)           pages of the web
---   translate(seed, args) a translation, or nil
---   instead               { tool = function(env, args, usual) }; `usual(env, args)` is the tool
function office.tools(own)
  own = own or {}
  local tools = {
    city_weather(own),
    share_price(),
    find_person(),
    send_mail(),
    search_documents(own),
    open_document(own),
    search_web(own),
    add_appointment(),
    add_reminder(),
    translate(own),
    calculate(),
    convert_units(),
  }
  for _, tool in ipairs(tools) do
    local usual, instead = tool.run, own.instead and own.instead[tool.name]
    if instead then
      tool.run = function(env, args)
        return instead(env, args, usual)
      end
    end
  end
  return tools
end

return office
