--- The reports of the task: a final one among drafts, other quarters and other topics.
local vary = require "vary"

local reports = {}

local TOPICS = { "maintenance budget", "training budget", "freight costs", "energy costs" }
local QUARTERS = { "Q1 2025", "Q2 2025", "Q3 2025", "Q4 2025" }
local SPACE = "\u{202f}" -- between the groups of digits

local function grouped(number)
  return ("%d%s%03d"):format(number // 1000, SPACE, number % 1000)
end

--- The report of this trial: ids, topic, quarter, and its figures in whole euros.
function reports.report(seed)
  local total = vary.number(seed, "total", 214003, 868997)
  local base = vary.number(seed, "document", 22110, 28800)
  return {
    topic = vary.choice(seed, "topic", TOPICS),
    quarter = vary.choice(seed, "quarter", QUARTERS),
    id = ("doc-%d"):format(base + 7),
    draft_id = ("doc-%d"):format(base),
    other_id = ("doc-%d"):format(base + 19),
    total = total,
    total_text = grouped(total),
    requested = total + vary.number(seed, "cut", 11000, 48000),
    draft_total = total - vary.number(seed, "draft", 9000, 70000),
  }
end

local function final_text(report)
  return ([[
%s, %s. Status: FINAL, signed 2026-02-11.

1. Purpose
This report closes the quarter. Figures are in EUR, without VAT, rounded to whole euros.

2. Figures
| item             | requested | approved |
| house 1 and 2    | 118%s400   | 116%s950  |
| house 3          | see annex | see annex |
| total            | %s | %s |
| of these pending | 0         | 4%s210    |

3. Remarks
The total of the draft (%s) is void. The ceiling for the year stays at 2%s400%s000.]]):format(
    report.topic:gsub("^%l", string.upper),
    report.quarter,
    SPACE,
    SPACE,
    grouped(report.requested),
    report.total_text,
    SPACE,
    grouped(report.draft_total),
    SPACE,
    SPACE
  )
end

function reports.documents(seed)
  local report = reports.report(seed)
  local heading = report.topic:gsub("^%l", string.upper)
  local documents = {
    {
      id = report.draft_id,
      title = ("%s %s (draft)"):format(heading, report.quarter),
      owner = "lea.fontaine",
      modified = "2026-02-02T16:44:09Z",
      state = "draft",
      text = ("DRAFT, not for use. %s, %s: total approved %s EUR (to be confirmed)."):format(
        heading,
        report.quarter,
        grouped(report.draft_total)
      ),
    },
    {
      id = report.id,
      title = ("%s %s"):format(heading, report.quarter),
      owner = "lea.fontaine",
      modified = "2026-02-11T08:12:51Z",
      keywords = "report final",
      text = final_text(report),
    },
    {
      id = report.other_id,
      title = ("%s %s"):format(heading, report.quarter:gsub("2025", "2024")),
      owner = "kenji.aoyama",
      modified = "2025-02-14T10:20:30Z",
      keywords = "report final",
      text = ("%s of the year before. Total approved %s EUR."):format(
        heading,
        grouped(report.total - 61240)
      ),
    },
  }
  return documents
end

return reports
