--- The web site of the task: a tool's documentation with a changelog in pages.
local vary = require "vary"

local pages = {}

local PER_PAGE = 4
-- Newest first: four pages.
local VERSIONS = {
  "5.4.0", "5.3.2", "5.3.1", "5.3.0",
  "5.2.1", "5.2.0", "5.1.1", "5.1.0",
  "5.0.2", "5.0.1", "5.0.0", "4.9.3",
  "4.9.2", "4.9.1", "4.9.0", "4.8.5",
}
local DATES = {
  "2026-04-21", "2026-03-30", "2026-03-12", "2026-02-24",
  "2026-01-29", "2026-01-08", "2025-12-11", "2025-11-20",
  "2025-10-27", "2025-10-09", "2025-09-16", "2025-08-28",
  "2025-08-05", "2025-07-17", "2025-06-26", "2025-06-03",
}
local FILLER = {
  "Fixed a crash when the target folder is removed during a run.",
  "<code>parcel status</code> shows the size of what is left to send.",
  "The progress line no longer flickers in narrow terminals.",
  "Updated the bundled certificates.",
  "File names with line breaks are quoted in listings.",
  "Lower memory use for folders with more than a million files.",
  "<code>--exclude-from</code> accepts comments.",
  "Fixed a wrong exit code after a cancelled upload.",
  "The manual describes how to resume after a power cut.",
  "Symbolic links to folders are followed only once.",
}

--- What the changelog says and the task asks for. Places count from the newest release.
function pages.facts(seed)
  local added = vary.number(seed, "added", 2 * PER_PAGE + 1, 3 * PER_PAGE)
  local changed = vary.number(seed, "changed", PER_PAGE + 1, 2 * PER_PAGE)
  return {
    added = VERSIONS[added],
    added_place = added,
    changed = VERSIONS[changed],
    changed_place = changed,
    retries = vary.choice(seed, "retries", { 6, 7, 8, 9, 12 }),
    old_retries = vary.choice(seed, "old retries", { 4, 5 }),
    planned = "4.9.0",
  }
end

local function entries_of(seed, facts, place)
  local entries = {}
  local start = vary.number(seed, "filler" .. place, 0, #FILLER - 1)
  for i = 1, 3 do
    entries[i] = FILLER[(start + 3 * i) % #FILLER + 1]
  end
  local told = {
    [2] = "<code>--delta</code> is twice as fast on slow disks.",
    [facts.changed_place] = ("<code>--retries</code>: the default is now %d (was %d)."):format(
      facts.retries,
      facts.old_retries
    ),
    [facts.added_place] = "New option <code>--delta</code>: sends only what changed in a file.",
    [#VERSIONS - 2] = "Groundwork for sending differences; it cannot be used yet.",
    [#VERSIONS - 1] = ("<code>--retries</code>: the default is now %d (was 3)."):format(
      facts.old_retries
    ),
  }
  if told[place] then table.insert(entries, 1 + place % 3, told[place]) end
  return entries
end

local function document(title, body)
  return {
    headers = { ["Content-Type"] = "text/html; charset=utf-8" },
    body = ([[
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>%s · parcel</title></head>
<body>
<nav><a href="/">Start</a> <a href="/releases">Changelog</a> <a href="/faq">Questions</a>
<a href="/roadmap">Roadmap</a></nav>
<h1>%s</h1>
%s
<footer>parcel, a tool that sends folders. These pages are written by volunteers.</footer>
</body>
</html>
]]):format(title, title, body),
  }
end

local function releases(seed, page)
  local facts, parts = pages.facts(seed), {}
  for place = (page - 1) * PER_PAGE + 1, page * PER_PAGE do
    parts[#parts + 1] = ("<h2>%s</h2>\n<p>Released on %s.</p>\n<ul>\n<li>%s</li>\n</ul>"):format(
      VERSIONS[place],
      DATES[place],
      table.concat(entries_of(seed, facts, place), "</li>\n<li>")
    )
  end
  local last = #VERSIONS // PER_PAGE
  parts[#parts + 1] = ("<p>Page %d of %d. %s%s</p>"):format(
    page,
    last,
    page > 1 and ('<a href="/releases?page=%d">Newer releases</a> '):format(page - 1) or "",
    page < last and ('<a href="/releases?page=%d">Older releases</a>'):format(page + 1) or ""
  )
  return document("Changelog", table.concat(parts, "\n"))
end

function pages.routes(seed)
  local facts = pages.facts(seed)
  return {
    ["GET /"] = document(
      "parcel",
      '<p>What changed in each release is in the <a href="/releases">changelog</a>, newest first.'
        .. ' Answers to common questions are <a href="/faq">here</a>; they are not always up to'
        .. ' date.</p>'
    ),
    ["GET /faq"] = document(
      "Questions",
      ("<p><b>How often does parcel try again?</b> %d times, unless <code>--retries</code> says"
        .. " otherwise. (Written for release 4.9.1.)</p>"):format(facts.old_retries)
    ),
    ["GET /roadmap"] = document(
      "Roadmap",
      ("<p>Last edited in May 2025.</p><ul><li><code>--delta</code> comes with %s.</li>"
        .. "<li>A graphical front end: undecided.</li></ul>"):format(facts.planned)
    ),
    ["GET /releases"] = function(request)
      local page = request.query == "" and 1 or math.tointeger(request.query:match("^page=(%d+)$"))
      if not page or page < 1 or page > #VERSIONS // PER_PAGE then
        return { status = 404, body = "There is no such page of the changelog.\n" }
      end
      return releases(seed, page)
    end,
  }
end

return pages
