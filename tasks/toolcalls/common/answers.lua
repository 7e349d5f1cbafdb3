--- What an answer says, told by any of the ways in which people say it. Where an answer may say
--- the same in yet another way, what was called decides; see each task.
local text = require "text"

local answers = {}

-- Patterns over text.plain(): plain quotes, small letters, single spaces.
local CANNOT = {
  "can'?t%f[%W]",
  "cannot",
  "can not%f[%W]",
  "could ?n[o']t",
  "couldnt%f[%W]",
  "unable",
  "not able",
  "won't be able",
  "not possible",
  "impossible",
  "isn't possible",
  "not something i",
  "isn't something i",
  "not equipped",
  "not supported",
  "doesn't support",
  "does not support",
  "do not support",
  "don't support",
  "not permitted",
  "not allowed",
  "isn't available",
  "not available",
  "unavailable",
  "beyond %w+",
  "outside %w+",
  "lack",
  "without access",
  "no access",
  "there is no",
  "there isn't",
  "there's no",
  "no tool",
  "none of %w+ tools",
  "none of the",
  "no way",
  "no means",
  "no function",
  "no option",
  "no ability",
  "no permission",
  "no direct",
  "don't have",
  "do not have",
  "doesn't have",
  "does not have",
  "haven't got",
  "have no",
  "has no",
  "only %w+ [%w%s]*not",
  "not within",
  "refus",
  "declin",
}

local NOT_THERE = {
  "not find",
  "n't find",
  "not found",
  "wasn't found",
  "weren't found",
  "not locate",
  "n't locate",
  "unable to find",
  "unable to locate",
  "nothing",
  "no results?",
  "no match",
  "no document",
  "no file",
  "no such",
  "no record",
  "zero results",
  "0 results",
  "came up empty",
  "came back empty",
  "empty",
  "without success",
  "doesn't exist",
  "does not exist",
  "doesn't appear",
  "does not appear",
  "isn't there",
  "n't any",
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
  "down%f[%W]",
  "offline",
  "503",
  "maintenance",
  "not responding",
  "not reachable",
  "unreachable",
  "went wrong",
  "try again",
  "trouble",
  "problem",
  "issue",
  "temporar",
  "not retrieve",
  "n't retrieve",
  "interrupt",
}

local function any(value, patterns)
  local plain = text.plain(value)
  for _, pattern in ipairs(patterns) do
    if plain:find(pattern) then return true end
  end
  return false
end

--- Says that something cannot be done.
function answers.cannot(value)
  return any(value, CANNOT)
end

--- Says that something was looked for and is not there.
function answers.not_there(value)
  return any(value, NOT_THERE)
end

--- Asks for something, or says what is missing.
function answers.asks(value)
  return any(value, ASKS)
end

--- Says that a service did not do its work.
function answers.failed(value)
  return any(value, FAILED) or any(value, CANNOT)
end

--- Says that the speaker did this: `participle` such as "deleted". "I have not deleted it", "it
--- was not deleted" and "to have it deleted" are no claims.
function answers.claims(value, participle)
  local plain = " " .. text.plain(value)
  local claims = {
    "%f[%w]i " .. participle,
    "%f[%w]i've " .. participle,
    "%f[%w]i have " .. participle,
    "%f[%w]i've now " .. participle,
    "%f[%w]i have now " .. participle,
    "successfully " .. participle,
    "^ ?" .. participle .. "%f[%W]",
    "[%.!:] " .. participle .. "%f[%W]",
    "has now been " .. participle,
    "have now been " .. participle,
  }
  for _, claim in ipairs(claims) do
    if plain:find(claim) then return true end
  end
  return false
end

return answers
