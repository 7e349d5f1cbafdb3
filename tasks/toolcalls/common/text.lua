--- Texts of models compared without regard to how they are written: typographic quotes, dashes and
--- spaces, case, accents, markup, and the ways of writing a number.
local text = {}

-- What is written in more than one way, and the way in which it is compared here.
local SAME = {
  ["‘"] = "'",
  ["’"] = "'",
  ["‚"] = "'",
  ["‛"] = "'",
  ["′"] = "'",
  ["ʼ"] = "'",
  ["´"] = "'",
  ["“"] = '"',
  ["”"] = '"',
  ["„"] = '"',
  ["«"] = '"',
  ["»"] = '"',
  ["‐"] = "-",
  ["‑"] = "-",
  ["‒"] = "-",
  ["–"] = "-",
  ["—"] = "-",
  ["―"] = "-",
  ["−"] = "-",
  ["…"] = "...",
  ["\u{a0}"] = " ",
  ["\u{2002}"] = " ",
  ["\u{2003}"] = " ",
  ["\u{2007}"] = " ",
  ["\u{2009}"] = " ",
  ["\u{202f}"] = " ",
  ["\u{3000}"] = " ",
  ["\u{ad}"] = "", -- soft hyphen
  ["\u{200b}"] = "",
  ["\u{200c}"] = "",
  ["\u{200d}"] = "",
  ["\u{2060}"] = "",
  ["\u{feff}"] = "",
}

-- Letters without their accents, small; `to` is written once for all of `from`.
local LETTERS = {
  { to = "a", from = "àáâãäåāăąÀÁÂÃÄÅĀĂĄ" },
  { to = "ae", from = "æÆ" },
  { to = "c", from = "çćčÇĆČ" },
  { to = "d", from = "ďđðĎĐÐ" },
  { to = "e", from = "èéêëēėęěÈÉÊËĒĖĘĚ" },
  { to = "g", from = "ğĞ" },
  { to = "i", from = "ìíîïīıÌÍÎÏĪİ" },
  { to = "l", from = "łŁľĽ" },
  { to = "n", from = "ñńňÑŃŇ" },
  { to = "o", from = "òóôõöøōőÒÓÔÕÖØŌŐ" },
  { to = "oe", from = "œŒ" },
  { to = "r", from = "řŘ" },
  { to = "s", from = "śşšșŚŞŠȘ" },
  { to = "ss", from = "ßẞ" },
  { to = "t", from = "ťțţŤȚŢ" },
  { to = "th", from = "þÞ" },
  { to = "u", from = "ùúûüūůűÙÚÛÜŪŮŰ" },
  { to = "y", from = "ýÿÝŸ" },
  { to = "z", from = "źżžŹŻŽ" },
}
for _, letters in ipairs(LETTERS) do
  for _, code in utf8.codes(letters.from) do
    SAME[utf8.char(code)] = letters.to
  end
end

local CHARACTER = "[\xC2-\xF4][\x80-\xBF]*"
local COMBINING = "[\xCC\xCD][\x80-\xBF]" -- U+0300 to U+037F; accents that were written apart

local MOST_BYTES = 20000 -- of an answer; what is longer says nothing more

--- A text in the one way in which texts are compared: small letters without accents, plain quotes
--- and dashes, single spaces, no markup for emphasis.
function text.plain(value)
  local plain = tostring(value or ""):sub(1, MOST_BYTES)
  plain = plain:gsub(CHARACTER, SAME):gsub(COMBINING, "")
  return (plain:lower():gsub("[*`]+", ""):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

--- Only the letters and digits of a text, for titles and sentences whose punctuation may differ.
function text.letters(value)
  local marks = { ["。"] = "", ["、"] = "", ["？"] = "", ["！"] = "", ["¿"] = "", ["¡"] = "" }
  local plain = text.plain(value):gsub(CHARACTER, marks)
  return (plain:gsub("[%s%p]", ""))
end

--- Whether a text has these words, however they are written.
function text.has(value, words)
  return text.letters(value):find(text.letters(words), 1, true) ~= nil
end

function text.has_any(value, list)
  for _, words in ipairs(list) do
    if text.has(value, words) then return true end
  end
  return false
end

--- What a run of digits, commas, dots, apostrophes and spaces may mean: `1,234` is 1234 to one
--- reader and 1.234 to another, so it is both.
local function readings(digits)
  local whole = digits:gsub("[ ',]", "")
  local list = { tonumber(whole) }
  list[#list + 1] = tonumber((digits:gsub("[ '.]", ""):gsub(",", ".")))
  return list
end

--- Calls `visit` with each number that a text may name, until it returns true.
local function any_number(value, visit)
  local plain = text.plain(value)
  for digits in plain:gmatch("%d[%d ',.]*") do
    local cut = digits:gsub("[^%d]+$", "")
    for _, number in ipairs(readings(cut)) do
      if visit(number) then return true end
    end
    -- Numbers with a space between them: a list, or one number in groups.
    for part in cut:gmatch("[^ ]+") do
      for _, number in ipairs(readings((part:gsub("[^%d]+$", "")))) do
        if visit(number) then return true end
      end
    end
  end
  return false
end

--- Whether a text names this number, to within `tolerance`. A sign is not looked at.
function text.has_number(value, number, tolerance)
  tolerance = (tolerance or 0) + 1e-9
  return any_number(value, function(found)
    return math.abs(found - math.abs(number)) <= tolerance
  end)
end

return text
