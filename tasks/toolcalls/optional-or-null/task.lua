local same = require "same"
local vary = require "vary"

local FIELDS = { "phone", "street", "newsletter", "discount", "note" }
local NAMES = { "Aylin Demir", "Jonas Vik", "Marta Riba", "Petr Holub" }

--- The contacts as they are stored when a trial begins.
local function stored(seed)
  local contacts = {}
  for i, name in ipairs(NAMES) do
    contacts[i] = {
      id = "ct-" .. (vary.number(seed, "first id", 100, 800) + 9 * i),
      name = name,
      phone = ("+43 660 %d"):format(vary.number(seed, "phone" .. i, 100000, 999999)),
      street = ("Ring %d"):format(vary.number(seed, "street" .. i, 1, 90)),
      newsletter = true,
      discount = vary.number(seed, "discount" .. i, 3, 12),
      note = "calls on Tuesdays",
    }
  end
  return contacts
end

local function new_phone(seed)
  return ("+43 1 %d"):format(vary.number(seed, "new phone", 200000, 899999))
end

--- The right changes, by contact: absent leaves as it is, null clears.
local function right_changes(seed)
  return {
    { phone = new_phone(seed), note = null },
    { discount = null },
    { newsletter = false, street = null },
    { discount = 0, note = "" },
  }
end

local contacts
local patches = {}

local function state(env)
  contacts = contacts or stored(env.seed)
  return contacts
end

local function nullable(kind, description)
  return { type = { kind, "null" }, description = description }
end

--- A policy that makes the right changes, with a mistake in those of one contact.
local function clerk(mistake)
  return function(model, env)
    model:call("list_contacts", {})
    local all = stored(env.seed)
    for i, changes in ipairs(right_changes(env.seed)) do
      if mistake then mistake(changes, i, all[i]) end
      changes.id = all[i].id
      model:call("update_contact", changes)
    end
    model:say("The contacts are up to date.")
  end
end

--- The patches that hit a contact, merged.
local function sent_to(id)
  local merged = {}
  for _, patch in ipairs(patches) do
    if patch.id == id then
      for key, value in pairs(patch) do
        merged[key] = value
      end
    end
  end
  merged.id = nil
  return merged
end

return task {
  name = "optional-or-null",
  category = "arguments",
  summary = "Change four contacts by calls where absent, null, empty, zero and false differ.",
  prompt = function(env)
    return ([[
Bring these contacts up to date with update_contact. What is not said here stays as it is.

- %s has the new telephone number %s, and her note is no longer true: there is to be none at all.
- %s no longer has a discount of his own.
- %s does not want the newsletter, and has no street on file any more.
- %s gets a discount of his own of zero percent, and his note is to be an empty text: the
  warehouse's import breaks on contacts of his customer group whose note is not set.]]):format(
      NAMES[1],
      new_phone(env.seed),
      NAMES[2],
      NAMES[3],
      NAMES[4]
    )
  end,
  tools = {
    {
      name = "list_contacts",
      description = "All contacts, with everything that is stored.",
      parameters = { type = "object", properties = {}, additionalProperties = false },
      run = function(env)
        return json.encode { count = #NAMES, contacts = state(env), next_page = null }
      end,
    },
    {
      name = "update_contact",
      description = "Change a contact. A field that is left out stays as it is; null clears it, so "
        .. "that it is not set; any other value is stored.",
      parameters = {
        type = "object",
        properties = {
          id = { type = "string" },
          phone = nullable("string", "With the country's code"),
          street = nullable("string", "Street and number"),
          newsletter = { type = "boolean" },
          discount = nullable("integer", "In percent; not set: that of the customer's group"),
          note = nullable("string", "Free text"),
        },
        required = { "id" },
        additionalProperties = false,
      },
      run = function(env, args)
        local contact = same.find(state(env), "id", args.id)
        if not contact then return nil, "no contact has this id" end
        patches[#patches + 1] = args
        for key, value in pairs(args) do
          contact[key] = value
        end
        return json.encode { id = args.id, revision = #patches, updated = true }
      end,
    },
  },
  expected_turns = 6,
  needs = { context = 8192 },

  grade = function(env)
    local wanted, checks = stored(env.seed), {}
    for i, changes in ipairs(right_changes(env.seed)) do
      for key, value in pairs(changes) do
        wanted[i][key] = value
      end
      local touched = next(sent_to(wanted[i].id)) ~= nil
      local found = touched and state(env)[i] or {}
      for _, field in ipairs(FIELDS) do
        if changes[field] ~= nil then
          local name = ("%s: %s"):format(NAMES[i], field)
          checks[#checks + 1] = same.check(name, changes[field], found[field])
        end
      end
      local difference = same.difference(wanted[i], found)
      checks[#checks + 1] = check(NAMES[i] .. ": all else is as it was", not difference, difference)
    end
    return checks
  end,

  oracle = clerk(),

  negative_controls = {
    ["sends null for all that stays"] = clerk(function(changes)
      for _, field in ipairs(FIELDS) do
        if changes[field] == nil and field ~= "newsletter" then changes[field] = null end
      end
    end),
    ["clears with an empty text"] = clerk(function(changes)
      for key, value in pairs(changes) do
        if value == null and key ~= "discount" then changes[key] = "" end
      end
    end),
    ["clears by leaving out"] = clerk(function(changes)
      for key, value in pairs(changes) do
        if value == null then changes[key] = nil end
      end
    end),
    ["takes no discount for zero"] = clerk(function(changes, i)
      if i == 2 then changes.discount = 0 end
    end),
    ["takes zero for no discount"] = clerk(function(changes, i)
      if i == 4 then changes.discount = null end
    end),
    ["clears the note that is to be empty"] = clerk(function(changes, i)
      if i == 4 then changes.note = null end
    end),
    ['clears with the text "null"'] = clerk(function(changes)
      for key, value in pairs(changes) do
        if value == null and key ~= "discount" then changes[key] = "null" end
      end
    end),
    ["leaves the newsletter on"] = clerk(function(changes, i)
      if i == 3 then changes.newsletter = nil end
    end),
    ["forgets the last contact"] = clerk(function(changes, i, contact)
      if i == 4 then
        changes.discount, changes.note = nil, contact.note
      end
    end),
  },
}
