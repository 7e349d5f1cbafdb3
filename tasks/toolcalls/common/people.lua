--- The address book of the mocked office.
local text = require "text"
local vary = require "vary"

local people = {}

--- Whom a scenario is about, each with somebody who is nearly called the same.
people.PAIRS = {
  {
    right = { name = "Jonas Lindqvist", unit = "Logistics", email = "jonas.lindqvist" },
    near = { name = "Jonas Lindquist", unit = "Legal", email = "j.lindquist" },
  },
  {
    right = { name = "Zoë Brandstätter", unit = "Procurement", email = "zoe.brandstaetter" },
    near = { name = "Zoe Brandstetter", unit = "Facilities", email = "z.brandstetter" },
  },
  {
    right = { name = "Mateusz Wójcik", unit = "Customer Care", email = "m.wojcik2" },
    near = { name = "Mateusz Wójcicki", unit = "Treasury", email = "m.wojcik" },
  },
  {
    right = { name = "Siân Llewellyn", unit = "Field Service", email = "sian.llewellyn" },
    near = { name = "Sian Llewelyn-Hughes", unit = "Marketing", email = "sian.llewelyn" },
  },
}

local OTHERS = {
  { name = "Alma Reyes", unit = "Quality", email = "alma.reyes" },
  { name = "Tobias Kern", unit = "Quality", email = "tobias.kern" },
  { name = "Nguyễn Thị Hạnh", unit = "Production", email = "hanh.nguyen" },
  { name = "Ifeoma Okonkwo", unit = "Production", email = "ifeoma.okonkwo" },
  { name = "Ragnheiður Ólafsdóttir", unit = "Board", email = "r.olafsdottir" },
  { name = "Dmitri Sokolov", unit = "IT", email = "dmitri.sokolov" },
  { name = "Léa Fontaine", unit = "Finance", email = "lea.fontaine" },
  { name = "Kenji Aoyama", unit = "Finance", email = "kenji.aoyama" },
}

local DOMAIN = "@haldenwerke.test"

function people.address(person)
  return person.email .. DOMAIN
end

--- Everybody, in no helpful order.
function people.all()
  local list = {}
  for i, pair in ipairs(people.PAIRS) do
    list[#list + 1] = pair.near
    list[#list + 1] = OTHERS[i]
    list[#list + 1] = pair.right
  end
  for i = #people.PAIRS + 1, #OTHERS do
    list[#list + 1] = OTHERS[i]
  end
  return list
end

function people.pair(seed)
  return vary.choice(seed, "person", people.PAIRS)
end

--- Two people of the address book who are in no pair.
function people.colleagues(seed)
  local at = vary.number(seed, "colleague", 1, #OTHERS)
  return OTHERS[at], OTHERS[at % #OTHERS + 1]
end

--- The telephone extension of somebody.
function people.extension(seed, person)
  return vary.number(seed, "extension of " .. person.email, 3100, 8999)
end

local function shown(seed, person, score)
  local number = vary.number(seed, "staff " .. person.email, 100200, 998700)
  return {
    staff_id = ("P%d"):format(number),
    name = person.name,
    unit = person.unit,
    email = people.address(person),
    telephone = { extension = tostring(people.extension(seed, person)), mobile = null },
    site = "Halden, house " .. (1 + number % 4),
    manager = null,
    active = true,
    updated_at = ("2026-0%d-1%dT07:1%d:00Z"):format(1 + number % 3, number % 10, number % 7),
    match = score,
  }
end

--- How well somebody fits: the share of the query's words that name or unit begin with.
local function score(person, words)
  local hits = 0
  local own = " " .. text.plain(person.name):gsub("%p", " ") .. " " .. text.plain(person.unit)
  for _, word in ipairs(words) do
    if own:find(" " .. word:sub(1, 5), 1, true) then hits = hits + 1 end
  end
  return hits / #words
end

--- What the address book answers.
function people.search(seed, query)
  local words, found = {}, {}
  for word in text.plain(query):gsub("@.*", ""):gsub("%p", " "):gmatch("%S+") do
    words[#words + 1] = word
  end
  for _, person in ipairs(people.all()) do
    local fit = #words > 0 and score(person, words) or 0
    if fit > 0 then found[#found + 1] = shown(seed, person, math.floor(fit * 100) / 100) end
  end
  table.sort(found, function(a, b)
    if a.match ~= b.match then return a.match > b.match end
    return a.staff_id < b.staff_id
  end)
  return {
    query = query,
    total = #found,
    page = 1,
    next_page = null,
    people = json.array(found),
  }
end

return people
