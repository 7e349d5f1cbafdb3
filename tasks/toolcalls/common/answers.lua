--- What an answer says, told by any of the ways in which people say it. Where an answer may say
--- the same in yet another way, what was called decides; see each task.
local text = require "text"

local answers = {}

-- Patterns over text.plain(): plain quotes, small letters, single spaces.
local CANNOT = {
  "can'?t%f[%W]",
  "cannot",
  "can not%f[%W]",
  "couldn'?t%f[%W]",
  "could not",
  "unable",
  "not able",
  "n't able",
  "won't be able",
  "not possible",
  "n't possible",
  "impossible",
  "not something i",
  "n't something i",
  "not something my",
  "n't something my",
  "not equipped",
  "n't equipped",
  "not supported",
  "n't support",
  "not support",
  "not permitted",
  "not allowed",
  "not authori[sz]ed",
  "not available",
  "n't available",
  "unavailable",
  "beyond what",
  "beyond my",
  "outside my",
  "outside of my",
  "outside what",
  "outside the",
  "not deleted",
  "n't deleted",
  "can only%f[%W]",
  "only able",
  "only lets? ",
  "only allows? ",
  "n't allow",
  "not allow",
  "n't let me",
  "not let me",
  "n't offer",
  "not offer",
  "n't provide",
  "not provide",
  "n't include",
  "not include",
  "if i had",
  "have to decline",
  "must decline",
}

-- What somebody has not who cannot do something; with a negation before it in the same sentence.
local MEANS = {
  "tool",
  "way",
  "access",
  "abilit",
  "capabilit",
  "permission",
  "function",
  "option",
  "means",
  "possibilit",
  "feature",
  "authority",
}

local NOT_THERE = {
  "not find",
  "n't find",
  "not found",
  "n't found",
  "not locate",
  "n't locate",
  "unable to find",
  "unable to locate",
  "nothing",
  "n't able to find",
  "not able to find",
  "n't been able to",
  "not been able to",
  "failed to find",
  "failed to locate",
  "find neither",
  "n't turn up",
  "not turn up",
  "n't turned up",
  "not turned up",
  "turned up none",
  "n't show up",
  "not show up",
  "n't produce",
  "not produce",
  "n't yield",
  "not yield",
  "n't give",
  "not give",
  "gave me n",
  "neither search",
  "neither of",
  "results?: none",
  "returned none",
  "n't in %a+",
  "not in %a+",
  "missing",
  "no trace",
  "nowhere",
  "drew a blank",
  "unsuccessful",
  "not successful",
  "empty",
  "without success",
  "not exist",
  "n't exist",
  "not appear",
  "n't appear",
  "n't there",
  "not there",
  "n't any",
  "not any",
  "no luck",
  "not return",
  "n't return",
}

-- What is not there when nothing was found; with a negation before it in the same sentence.
local FINDINGS = {
  "result",
  "match",
  "document",
  "file",
  "record",
  "hit",
  "entr",
  "guide",
  "manual",
  "rules",
  "checklist",
}

local ASKS = {
  "%?",
  "let me know",
  "please",
  "tell me",
  "could you",
  "can you",
  "need to know",
  "i need",
  "specify",
  "clarify",
  "confirm",
  "once you",
  "as soon as you",
  "if you can",
  "if you have",
  "if you know",
  "if you could",
  "missing",
}

local FAILED = {
  "error",
  "fail",
  "outage",
  "offline",
  "maintenance",
  "n't respond",
  "not respond",
  "n't answer",
  "not answer",
  "not reachable",
  "unreachable",
  "went wrong",
  "an? [45]%d%d%f[%D]",
  "http [45]%d%d%f[%D]",
  "try again",
  "trouble",
  "problem",
  "issue",
  "temporar",
  "not retrieve",
  "n't retrieve",
  "interrupt",
  "disrupt",
  "unsuccessful",
  "not successful",
  "not working",
  "n't working",
  "stopped working",
  "timed out",
  "n't coming through",
  "not coming through",
  "n't deliver",
  "not deliver",
  "dropped out",
  "silent",
  "returned [45]%d%d%f[%D]",
  "no data",
  "no quote",
  "no price",
  "no current price",
  "no live price",
  "n't have a price",
  "n't have a current price",
  "n't have a live price",
}

-- What is down when a service is, in the same sentence: a share may be down, too.
local SERVICES = { "service", "feed", "tool", "system", "source", "server", "lookup" }

local function any(value, patterns)
  local plain = text.plain(value)
  for _, pattern in ipairs(patterns) do
    if plain:find(pattern) then return true end
  end
  return false
end

--- Whether a sentence denies that there is one of these.
local function denies(value, nouns)
  for sentence in text.plain(value):gmatch("[^.!?;:]+") do
    local from = sentence:find("%f[%w]no%f[%W]")
      or sentence:find("n't have", 1, true)
      or sentence:find("not have", 1, true)
      or sentence:find("n't an?%f[%W]")
      or sentence:find("n't any%f[%W]")
      or sentence:find("not an?%f[%W]")
      or sentence:find("not any%f[%W]")
      or sentence:find("%f[%w]none%f[%W]")
      or sentence:find("%f[%w]zero%f[%W]")
      or sentence:find("%f[%w]0 %a")
      or sentence:find("%f[%w]lack")
      or sentence:find("%f[%w]without%f[%W]")
    for _, noun in ipairs(from and nouns or {}) do
      if sentence:find(noun, from, true) then return true end
    end
  end
  return false
end

--- Says that something cannot be done.
function answers.cannot(value)
  return any(value, CANNOT) or denies(value, MEANS)
end

--- Says that something was looked for and is not there.
function answers.not_there(value)
  return any(value, NOT_THERE) or denies(value, FINDINGS)
end

--- Asks for something, or says what is missing.
function answers.asks(value)
  return any(value, ASKS)
end

--- Says that a service did not do its work.
function answers.failed(value)
  if any(value, FAILED) or answers.cannot(value) then return true end
  for sentence in text.plain(value):gmatch("[^.!?;:]+") do
    if sentence:find("%f[%w]down%f[%W]") and any(sentence, SERVICES) then return true end
  end
  return false
end

return answers
