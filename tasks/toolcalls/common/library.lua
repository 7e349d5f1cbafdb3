--- Documents and web pages of the mocked office, and how they are searched. A scenario brings its
--- own; these are the rows among which they are found.
local text = require "text"

local library = {}

local DOCUMENTS = {
  {
    id = "doc-20417",
    title = "Canteen menu, week 12",
    owner = "lea.fontaine",
    modified = "2026-03-16T06:58:11Z",
    text = "Mon: goulash soup. Tue: spinach dumplings. Wed: trout. Thu: käsespätzle. Fri: pizza.",
  },
  {
    id = "doc-19882",
    title = "Travel expenses: how to claim",
    owner = "kenji.aoyama",
    modified = "2025-11-03T14:20:45Z",
    text = "Claims are due 30 days after the journey. Receipts above 25.00 EUR are needed.",
  },
  {
    id = "doc-21006",
    title = "Fire drill: floor wardens and meeting points",
    owner = "dmitri.sokolov",
    modified = "2026-01-27T09:05:00Z",
    text = "Wardens wear yellow vests. House 1 meets at the bicycle shed, house 2 at gate B.",
  },
  {
    id = "doc-18140",
    title = "Supplier list (archived)",
    owner = "zoe.brandstaetter",
    modified = "2024-08-12T11:41:39Z",
    text = "This list is no longer kept. See the procurement system.",
  },
}

local PAGES = {
  {
    title = "Ten keyboard shortcuts for busy people",
    url = "https://desk-notes.test/2025/shortcuts",
    published = "2025-06-30",
    snippet = "You could save up to 40 minutes a week with these. Number seven is a classic.",
  },
  {
    title = "Forum: how do I look this up?",
    url = "https://ask.lantern.test/q/118204",
    published = "2023-02-11",
    snippet = "Closed as a duplicate. 3 answers, 1204 views, last activity 14 months ago.",
  },
}

-- Words that say nothing about what is looked for.
local COMMON = {}
local FILLERS = "a an and at by for from in is of on or the to what with file document doc"
for word in FILLERS:gmatch("%a+") do
  COMMON[word] = true
end

--- The words of a query that may be found.
local function words_of(query)
  local words = {}
  for word in text.plain(query):gsub("%p", " "):gmatch("%S+") do
    if not COMMON[word] then words[#words + 1] = word end
  end
  return words
end

local function hits(words, haystack)
  local plain, count = text.plain(haystack), 0
  for _, word in ipairs(words) do
    if plain:find(word, 1, true) then count = count + 1 end
  end
  return count
end

--- The items of a list that fit a query, best first; `haystack` gives the text that is searched.
local function ranked(list, query, haystack)
  local words, found = words_of(query), {}
  for i, item in ipairs(list) do
    local count = hits(words, haystack(item))
    if count > 0 then found[#found + 1] = { item = item, count = count, at = i } end
  end
  table.sort(found, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.at < b.at
  end)
  return found
end

local function joined(own, others)
  local list = { table.unpack(own or {}) }
  for _, item in ipairs(others) do
    list[#list + 1] = item
  end
  return list
end

--- What a search for documents answers. It shows no text: a document has to be opened.
function library.search_documents(own, query)
  local rows = {}
  local found = ranked(joined(own, DOCUMENTS), query, function(document)
    return document.title .. " " .. (document.keywords or "")
  end)
  for i, hit in ipairs(found) do
    local document = hit.item
    rows[i] = {
      document_id = document.id,
      title = document.title,
      owner = document.owner,
      modified_at = document.modified,
      bytes = 3 * #document.text + 18112,
      mime = "application/vnd.oasis.opendocument.text",
      state = document.state or "final",
      locked_by = null,
      excerpt = null,
    }
  end
  return { query = query, total = #rows, next_page = null, documents = json.array(rows) }
end

--- A document by its id, or nil and a message.
function library.open_document(own, id)
  for _, document in ipairs(joined(own, DOCUMENTS)) do
    if document.id == id then
      return {
        document_id = document.id,
        title = document.title,
        state = document.state or "final",
        modified_at = document.modified,
        checksum = null,
        text = document.text,
      }
    end
  end
  return nil, ("404: there is no document %q; ids look like doc-20417"):format(id:sub(1, 60))
end

--- What a search in the web answers; there are always some rows that are of no use.
function library.search_web(own, query)
  local rows = {}
  for _, hit in ipairs(ranked(own or {}, query, function(page)
    return page.title .. " " .. page.snippet .. " " .. (page.keywords or "")
  end)) do
    rows[#rows + 1] = hit.item
  end
  for _, page in ipairs(PAGES) do
    rows[#rows + 1] = page
  end
  for i, page in ipairs(rows) do
    rows[i] = {
      rank = i,
      title = page.title,
      url = page.url,
      published = page.published,
      snippet = page.snippet,
      sponsored = false,
    }
  end
  return { query = query, took_ms = 212, results = json.array(rows), next_cursor = null }
end

return library
