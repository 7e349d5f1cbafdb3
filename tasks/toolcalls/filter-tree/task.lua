local kept = require "kept"
local vary = require "vary"

local FIELDS = { "age_days", "sender_domain", "size_kb", "flagged", "label", "unread" }
local DOMAINS = { "lists.test", "digest.test", "forum.test" }

local function limits(seed)
  return {
    age = vary.number(seed, "age", 20, 90),
    size = vary.number(seed, "size", 300, 900),
    domain = vary.choice(seed, "domain", DOMAINS),
  }
end

local function leaf(field, is, value)
  return { field = field, is = is, value = value }
end

--- The right filter; a control changes what it gets wrong.
local function right_filter(seed)
  local it = limits(seed)
  return {
    name = "archive",
    where = {
      all = {
        leaf("age_days", "above", it.age),
        {
          any = {
            leaf("sender_domain", "equal", it.domain),
            leaf("size_kb", "above", it.size),
          },
        },
        { none = leaf("flagged", "equal", true) },
        { none = { all = { leaf("label", "equal", "tax"), leaf("unread", "equal", false) } } },
      },
    },
  }
end

local holds

local function count(conditions, mail)
  local number = 0
  for _, condition in ipairs(conditions) do
    if holds(condition, mail) then number = number + 1 end
  end
  return number
end

--- Whether a condition holds for a mail.
function holds(condition, mail)
  if condition.all then return count(condition.all, mail) == #condition.all end
  if condition.any then return count(condition.any, mail) > 0 end
  if condition.none then return not holds(condition.none, mail) end
  local value = mail[condition.field]
  if condition.is == "equal" then return value == condition.value end
  local numbers = math.type(value) and math.type(condition.value)
  if condition.is == "above" then return numbers and value > condition.value or false end
  return numbers and value < condition.value or false
end

--- A mail that the filter takes, but for these members.
local function mail(seed, members)
  local it = limits(seed)
  local one = {
    age_days = it.age + 1,
    sender_domain = "home.test",
    size_kb = 12,
    flagged = false,
    label = "none",
    unread = false,
  }
  for key, value in pairs(members) do
    one[key] = value
  end
  return one
end

--- What the filter is tried on: a name, mails, and whether they are to be taken.
local function trials(seed)
  local it = limits(seed)
  local function of_list(members)
    members.sender_domain = it.domain
    return mail(seed, members)
  end
  local function big(members)
    members.size_kb = it.size + 1
    return mail(seed, members)
  end
  return {
    { "takes old mail of the list", true, { of_list {}, of_list { age_days = it.age * 9 } } },
    { "takes old mail that is big", true, { big {}, big { label = "work", unread = true } } },
    { "leaves young mail", false, { of_list { age_days = 1 }, big { age_days = 1 } } },
    { "leaves old mail that is neither", false, { mail(seed, {}), mail(seed, { unread = true }) } },
    {
      "leaves what is exactly at a limit",
      false,
      { of_list { age_days = it.age }, mail(seed, { size_kb = it.size }) },
    },
    {
      "leaves what is flagged",
      false,
      { of_list { flagged = true }, big { flagged = true, label = "tax", unread = true } },
    },
    { "leaves read mail on tax", false, { of_list { label = "tax" }, big { label = "tax" } } },
    {
      "takes unread mail on tax",
      true,
      { of_list { label = "tax", unread = true }, big { label = "tax", unread = true } },
    },
  }
end

local function object(properties)
  local required = {}
  for name in pairs(properties) do
    required[#required + 1] = name
  end
  table.sort(required)
  return {
    type = "object",
    properties = properties,
    required = required,
    additionalProperties = false,
  }
end

local CONDITION = { ["$ref"] = "#/$defs/condition" }
local CONDITIONS = { type = "array", items = CONDITION, minItems = 1 }

local function schema()
  local parameters = object { name = { type = "string" }, where = CONDITION }
  parameters["$defs"] = {
    condition = {
      description = "all: every one holds. any: at least one holds. none: it does not hold. Else a "
        .. "comparison of a field of the mail.",
      oneOf = {
        object { all = CONDITIONS },
        object { any = CONDITIONS },
        object { none = CONDITION },
        object {
          field = { type = "string", enum = FIELDS },
          is = { type = "string", enum = { "equal", "above", "below" } },
          value = { type = { "string", "integer", "boolean" } },
        },
      },
    },
  }
  return parameters
end

local sender, twice = kept.policies("save_filter", nil, right_filter)

return task {
  name = "filter-tree",
  category = "arguments",
  summary = "Write a filter as a tree of conditions, whose schema refers to itself.",
  prompt = function(env)
    local it = limits(env.seed)
    return ([[
Save a mail filter with the name "archive", with one call to save_filter. It takes a mail when all
of this is so:

- it is older than %d days;
- its sender's domain is %s, or it is bigger than %d kB (or both);
- it is not flagged;
- it is not a mail with the label "tax" that was read already.

Label, age_days, size_kb, sender_domain, flagged and unread are fields of every mail; flagged and
unread are true or false.]]):format(it.age, it.domain, it.size)
  end,
  tools = {
    kept.tool({
      name = "save_filter",
      description = "Save a mail filter.",
      parameters = schema(),
    }, function(args)
      return json.encode { saved = args.name, active = true, matched_now = 0 }
    end),
  },
  expected_turns = 2,
  needs = { context = 8192 },

  grade = function(env)
    local found = kept.last("save_filter")
    local checks = {
      kept.once("save_filter"),
      check("its name is archive", found.name == "archive", found.name),
    }
    for _, trial in ipairs(trials(env.seed)) do
      local name, taken, mails = table.unpack(trial)
      local wrong
      for _, one in ipairs(mails) do
        if found.where and holds(found.where, one) ~= taken then wrong = wrong or one end
      end
      checks[#checks + 1] = check(name, found.where and not wrong, wrong)
    end
    return checks
  end,

  oracle = sender(),

  negative_controls = {
    ["calls twice to be safe"] = twice,
    ["takes or for and"] = sender(function(args)
      args.where = { any = args.where.all }
    end),
    ["takes and for or"] = sender(function(args)
      args.where.all[2] = { all = args.where.all[2].any }
    end),
    ["puts age and domain before the or"] = sender(function(args)
      local all = args.where.all
      local list = { all = { all[1], all[2].any[1], all[3], all[4] } }
      args.where = { any = { list, all[2].any[2] } }
    end),
    ["forgets what is flagged"] = sender(function(args)
      table.remove(args.where.all, 3)
    end),
    ["leaves all mail on tax"] = sender(function(args)
      args.where.all[4] = { none = args.where.all[4].none.all[1] }
    end),
    ["leaves unread mail on tax"] = sender(function(args)
      args.where.all[4].none.all[2].value = true
    end),
    ["takes what is at the limit"] = sender(function(args)
      local all = args.where.all
      all[1].value = all[1].value - 1
      all[2].any[2].value = all[2].any[2].value - 1
    end),
    ["turns the age around"] = sender(function(args)
      args.where.all[1].is = "below"
    end),
    ["flattens the tree"] = sender(function(args)
      local all = args.where.all
      args.where = { all = { all[1], all[2].any[1], all[2].any[2], all[3], all[4] } }
    end),
    ["writes the filter as text"] = sender(function(args)
      args.where = "age_days > 30 and not flagged"
    end),
  },
}
