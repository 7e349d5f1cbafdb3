local arithmetic = require "arithmetic"
local judge = require "judge"
local office = require "office"
local text = require "text"
local vary = require "vary"

local PLACES = { "Iceland", "Malta", "Luxembourg", "Montenegro" }

local function wanted(seed)
  local percent = vary.choice(seed, "percent", { 2, 3, 4, 6 })
  -- A multiple of ten that is none of fifty: its percentage has one decimal.
  local fifties = vary.number(seed, "people", 6100, 7900)
  local people = 50 * fifties + 10 * vary.number(seed, "rest", 1, 4)
  return {
    place = vary.choice(seed, "place", PLACES),
    percent = percent,
    people = people,
    answer = people * percent / 100,
  }
end

local function grouped(number)
  return ("%d,%03d"):format(number // 1000, number % 1000)
end

local function pages(seed)
  local what = wanted(seed)
  local name = what.place:lower()
  return {
    {
      title = ("%s: a traveller's guide"):format(what.place),
      url = ("https://roam-wide.test/%s"):format(name),
      published = "2019-05-02",
      snippet = ("Some %s inhabitants (2018) share the country with far more sheep."):format(
        grouped(what.people - 31870)
      ),
      keywords = "population",
    },
    {
      title = ("Population on 1 January 2026 - Statistics %s"):format(what.place),
      url = ("https://statistics-%s.test/releases/2026/population"):format(name),
      published = "2026-02-18",
      snippet = (
        "On 1 January 2026 the population of %s was %s, an increase of 1.3%% on the year before "
        .. "(men 50.9%%, women 49.1%%; median age 37.4)."
      ):format(what.place, grouped(what.people)),
      keywords = "inhabitants people residents current",
    },
    {
      title = ("Demographics of %s, projections"):format(what.place),
      url = ("https://figures.lantern.test/demo/%s"):format(name),
      published = "2025-07-07",
      snippet = ("Medium variant for 2040: population %s; high variant %s."):format(
        grouped(what.people + 44110),
        grouped(what.people + 71930)
      ),
    },
  }
end

local function search(model, what)
  model:call("search_web", { query = ("population of %s 1 January 2026"):format(what.place) })
end

--- Searches, calculates with this number of people, and answers.
local function answer(choose)
  return function(model, env)
    local what = wanted(env.seed)
    local people, said = choose(what)
    search(model, what)
    model:call("calculate", { expression = ("%d * %d / 100"):format(people, what.percent) })
    model:say(said or ("It’s %.1f."):format(people * what.percent / 100))
  end
end

return task {
  name = "rubric-15-search-and-calculate",
  category = "toolcall-rubric",
  summary = "Search a figure, and calculate with what was found.",
  rubric = { name = "ToolCall-15", category = "error recovery", points = 2 },
  prompt = function(env)
    local what = wanted(env.seed)
    return office.prompt(
      (
        "Look up the population of %s on 1 January 2026, and have the calculator work out exactly "
        .. "how much %d %% of it is."
      ):format(what.place, what.percent)
    )
  end,
  tools = office.tools { pages = pages },
  expected_turns = 4,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local what = wanted(env.seed)
    local found, calculated
    for _, call in ipairs(judge.answered(transcript, "search_web")) do
      if text.has_number(call.result, what.people) then found = found or call end
    end
    for _, call in ipairs(judge.answered(transcript, "calculate")) do
      local value = arithmetic.evaluate(call.arguments.expression)
      if value and math.abs(value - what.answer) < 0.001 then calculated = call end
    end
    local order = found and calculated and found.turn < calculated.turn
    local right = found and text.has_number(transcript.final, what.answer, 0.5)
    local extra = judge.changed(transcript, {})
    return judge.result({
      check("the population is searched for", found, judge.called(transcript)),
      check("the calculator gets what was found", order, judge.called(transcript)),
      check("the answer is right", right, transcript.final),
      check("nothing else is done", order and extra == 0, judge.called(transcript)),
    }, right or order)
  end,

  oracle = answer(function(what)
    return what.people
  end),

  negative_controls = {
    ["takes the figure of the travel guide"] = answer(function(what)
      return what.people - 31870
    end),
    ["takes the projection"] = answer(function(what)
      return what.people + 44110
    end),
    ["is out by a factor of ten"] = answer(function(what)
      return what.people, ("It is %.1f."):format(what.answer * 10)
    end),
    ["calculates by head"] = function(model, env)
      local what = wanted(env.seed)
      search(model, what)
      model:say(("It is %.1f."):format(what.answer))
    end,
    ["calculates with a figure from memory"] = function(model, env)
      local what = wanted(env.seed)
      model:call("calculate", { expression = ("0.01 * %d * 370000"):format(what.percent) })
      model:say("It is about 7,400.")
    end,
    ["sets a reminder to look again"] = function(model, env)
      local what = wanted(env.seed)
      model:call("add_reminder", { text = "Look again", at = "2027-01-04T09:00:00" })
      answer(function()
        return what.people
      end)(model, env)
    end,
    ["searches and asks whether to go on"] = function(model, env)
      search(model, wanted(env.seed))
      model:say("I have found the population. Shall I calculate the percentage?")
    end,
  },
}
