local judge = require "judge"
local office = require "office"
local shares = require "shares"
local text = require "text"
local vary = require "vary"
local weather = require "weather"

local function wanted(seed)
  local city = vary.choice(seed, "city", weather.CITIES)
  local company = vary.choice(seed, "company", shares.COMPANIES)
  return {
    city = city.name,
    measured = weather.at(seed, city.name),
    company = company,
    price = shares.price(seed, company),
  }
end

local function answer(what)
  return ("In %s it’s %.1f °C; %s is at %.2f."):format(
    what.city,
    what.measured.celsius,
    what.company.symbol,
    what.price
  )
end

return task {
  name = "rubric-09-two-questions",
  category = "toolcall-rubric",
  summary = "Two questions at once that have nothing to do with each other.",
  rubric = { name = "ToolCall-15", category = "multi-step chains", points = 2 },
  prompt = function(env)
    local what = wanted(env.seed)
    return office.prompt(
      ("Two things: how warm is it in %s now, and what is the share of %s (%s) at?"):format(
        what.city,
        what.company.name,
        what.company.symbol
      )
    )
  end,
  tools = office.tools {
    pages = function(seed)
      local what = wanted(seed)
      return {
        {
          title = ("Weather in %s now"):format(what.city),
          url = "https://sky-diary.test/" .. text.letters(what.city),
          published = "2026-03-20",
          snippet = ("%.1f °C, %s."):format(what.measured.celsius, what.measured.sky),
        },
        {
          title = ("%s (%s) share price"):format(what.company.name, what.company.symbol),
          url = "https://ticker-tape.test/" .. what.company.symbol,
          published = "2026-03-20",
          snippet = ("%s %.2f at 09:30. Analysts expect a quiet day."):format(
            what.company.currency,
            what.price
          ),
        },
      }
    end,
  },
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local what = wanted(env.seed)
    local report = judge.answered(transcript, "city_weather")[1]
    local quote = judge.answered(transcript, "share_price")[1]
    local looked = report and text.has(report.arguments.city, what.city)
    local quoted = quote and shares.company(quote.arguments.symbol) == what.company
    local final = transcript.final
    local warm = text.has_number(final, what.measured.celsius, 0.5)
      or text.has_number(final, what.measured.fahrenheit, 0.5)
    local dear = text.has_number(final, what.price, 0.051)
    local searched = judge.answered(transcript, "search_web")[1] and warm and dear
    local both = looked and quoted
    local extra = judge.changed(transcript, {})
    return judge.result({
      check("the weather of the right city is asked for", looked, judge.called(transcript)),
      check("the price of the right share is asked for", quoted, judge.called(transcript)),
      check("nothing else is done", both and extra == 0, judge.called(transcript)),
      check("the answer gives the temperature", looked and warm, final),
      check("the answer gives the price", quoted and dear, final),
    }, both or searched)
  end,

  oracle = function(model, env)
    local what = wanted(env.seed)
    local weather_call = { "city_weather", { city = what.city } }
    local share_call = { "share_price", { symbol = what.company.symbol } }
    if vary.choice(env.seed, "side by side", { true, false }) then
      model:calls { share_call, weather_call }
    else
      model:call(table.unpack(weather_call))
      model:call(table.unpack(share_call))
    end
    model:say(answer(what))
  end,

  negative_controls = {
    ["answers the first and forgets the second"] = function(model, env)
      local what = wanted(env.seed)
      model:call("city_weather", { city = what.city })
      model:say(("It is %.1f °C."):format(what.measured.celsius))
    end,
    ["makes the second up"] = function(model, env)
      local what = wanted(env.seed)
      model:call("city_weather", { city = what.city })
      model:say(answer(what))
    end,
    ["calls both and tells one"] = function(model, env)
      local what = wanted(env.seed)
      model:call("city_weather", { city = what.city })
      model:call("share_price", { symbol = what.company.symbol })
      model:say(("It is %.1f °C."):format(what.measured.celsius))
    end,
    ["searches the web for both"] = function(model, env)
      local what = wanted(env.seed)
      model:call("search_web", { query = what.city .. " weather " .. what.company.name })
      model:say(answer(what))
    end,
    ["mails somebody about it"] = function(model, env)
      local what = wanted(env.seed)
      model:calls {
        { "city_weather", { city = what.city } },
        { "share_price", { symbol = what.company.symbol } },
      }
      local said = answer(what)
      model:call("send_mail", { to = { "me@haldenwerke.test" }, subject = "Both", body = said })
      model:say(said)
    end,
    ["asks about the wrong city"] = function(model, env)
      local what = wanted(env.seed)
      model:call("city_weather", { city = "London" })
      model:call("share_price", { symbol = what.company.symbol })
      model:say(answer(what))
    end,
  },
}
