--- A conversation of many structured calls in a row, one per slip of a fruit cooperative. What a
--- call has to say, and the cursor that it needs, stand in the answer to the call before, so that
--- calls can be neither guessed nor sent together.
local same = require "same"
local vary = require "vary"

local chain = {}

local KINDS = { "delivery", "return", "sample" }
local STORAGE = { "dry", "cool", "frozen" }
local TAGS = { "organic", "export", "windfall" }
local GROWERS = {
  { code = "KO-31", name = "Özlem Kaya" },
  { code = "LB-07", name = "Hof Lindenbühl" },
  { code = "MS-12", name = "Søren Madsen & Søn" },
  { code = "PT-44", name = "Quinta d'Água" },
  { code = "VR-20", name = "Vrba, spol. s r.o." },
}
local REMARKS = {
  "lid of bin %d is cracked",
  'marked "second choice" by hand, %d kg apart',
  "driver says: back before %d o'clock",
  "weighed twice; scale %d shows C:\\err",
  "süß, überreif (%d Kisten)",
  "keep at gate %d / not on the ramp",
}

--- What the slip of this step says; by seed and step.
local function record(seed, step)
  local function pick(what, list)
    return vary.choice(seed, what .. step, list)
  end
  local bins, tags = json.array {}, json.array {}
  for i = 1, vary.number(seed, "bins" .. step, 0, 3) do
    local quarters = vary.number(seed, "kg" .. step .. "." .. i, 20, 160)
    local name = ("ACE"):sub(i, i) .. vary.number(seed, "bin" .. step .. i, 1, 9)
    local kg = quarters % 4 == 0 and quarters // 4 or quarters / 4
    bins[i] = { bin = name, kg = kg }
  end
  local first_tag = vary.number(seed, "tags" .. step, 1, 5)
  for i = first_tag, math.min(first_tag + 1, #TAGS) do
    tags[#tags + 1] = TAGS[i]
  end
  local remark = null
  if step % 5 == 0 or vary.number(seed, "has remark" .. step, 1, 3) > 1 then
    remark = pick("remark", REMARKS):format(vary.number(seed, "remark number" .. step, 2, 19))
  end
  return {
    slip = vary.number(seed, "first slip", 2000, 7000) + step,
    kind = pick("kind", KINDS),
    grower = pick("grower", GROWERS),
    bins = bins,
    storage = pick("storage", STORAGE),
    tags = tags,
    remark = remark,
  }
end

local function cursor(seed, step)
  return "c-" .. vary.word(seed, "cursor" .. step, 8)
end

--- The slip of this step as it was scanned.
local function slip_text(seed, step)
  local said = record(seed, step)
  local bins = {}
  for i, bin in ipairs(said.bins) do
    bins[i] = ("%s: %s kg"):format(bin.bin, bin.kg)
  end
  return ("slip %d | %s | grower %s %s | %s | %s | %s | %s"):format(
    said.slip,
    said.kind,
    said.grower.code,
    said.grower.name,
    #bins > 0 and table.concat(bins, "; ") or "no bins",
    said.storage,
    #said.tags > 0 and table.concat(said.tags, ", ") or "no tags",
    said.remark == null and "no remark" or "remark: " .. said.remark
  )
end

-- The records that were filed, by step; the step after the last one is open.
local filed = {}

local PARAMETERS = {
  type = "object",
  properties = {
    cursor = {
      type = "string",
      description = "The cursor of the last answer; it is good for one call.",
    },
    record = {
      type = "object",
      properties = {
        slip = { type = "integer", minimum = 1 },
        kind = { type = "string", enum = KINDS },
        grower = {
          type = "object",
          properties = {
            code = { type = "string", description = "Such as KO-31" },
            name = { type = "string", description = "As printed, without the code" },
          },
          required = { "code", "name" },
          additionalProperties = false,
        },
        bins = {
          type = "array",
          description = "In the slip's order; empty when it has none.",
          items = {
            type = "object",
            properties = { bin = { type = "string" }, kg = { type = "number", minimum = 0 } },
            required = { "bin", "kg" },
            additionalProperties = false,
          },
        },
        storage = { type = "string", enum = STORAGE },
        tags = {
          type = "array",
          description = "In the slip's order; empty when it has none.",
          items = { type = "string", enum = TAGS },
        },
        remark = {
          type = { "string", "null" },
          description = "What stands behind 'remark: ', as printed; null when it has none.",
        },
      },
      required = { "slip", "kind", "grower", "bins", "storage", "tags", "remark" },
      additionalProperties = false,
    },
  },
  required = { "cursor", "record" },
  additionalProperties = false,
}

local function file_slip(steps)
  return {
    name = "file_slip",
    description = "File one slip as a record. The answer holds the next slip and the cursor that "
      .. "it is to be filed with. A record is kept as it was sent; there is no second try for it.",
    parameters = PARAMETERS,
    run = function(env, args)
      local step = #filed + 1
      if step > steps then return nil, "the batch is closed; nothing is left to file" end
      if args.cursor ~= cursor(env.seed, step) then
        return nil, "this cursor is not the open one; use that of the last answer to file_slip"
      end
      filed[step] = args.record
      if step == steps then
        return json.encode { filed = step, left = 0, batch = "closed" }
      end
      return json.encode {
        filed = step,
        left = steps - step,
        scanner = "north-" .. vary.number(env.seed, "scanner" .. step, 1, 4),
        cursor = cursor(env.seed, step + 1),
        slip = slip_text(env.seed, step + 1),
      }
    end,
  }
end

--- "3 of 160 calls invalid, the first is call 37", from the transcript.
local function invalid_calls(transcript)
  local invalid, first = 0, nil
  for i, call in ipairs(transcript.calls) do
    if call.malformed then
      invalid = invalid + 1
      first = first or i
    end
  end
  local begin = ("%d of %d calls invalid"):format(invalid, #transcript.calls)
  return first and ("%s, the first is call %d"):format(begin, first) or begin
end

--- A check for the slips from one step to another.
local function stretch(env, transcript, first, last)
  local right, wrong = 0, nil
  for step = first, last do
    local difference = same.difference(record(env.seed, step), filed[step])
    if not difference then
      right = right + 1
    else
      wrong = wrong or ("; the first wrong one is slip %d (%s)"):format(step, difference)
    end
  end
  local count = last - first + 1
  return check(
    ("slips %d to %d are filed as they were scanned"):format(first, last),
    right == count,
    ("%d of %d right%s; %s"):format(right, count, wrong or "", invalid_calls(transcript))
  )
end

local function grade(steps)
  return function(env, transcript)
    local checks = {}
    for quarter = 1, 4 do
      local first = (quarter - 1) * steps // 4 + 1
      checks[quarter] = stretch(env, transcript, first, quarter * steps // 4)
    end
    local count = ("%d of %d"):format(#filed, steps)
    checks[5] = check("the whole batch was filed", #filed == steps, count)
    return checks
  end
end

--- A policy that files the slips; `mistake` may change a call, or end the work by returning true.
local function clerk(steps, mistake)
  return function(model, env)
    for step = 1, steps do
      local args = { cursor = cursor(env.seed, step), record = record(env.seed, step) }
      if mistake and mistake(args, step, env.seed) then break end
      model:call("file_slip", args)
    end
    model:say("The batch is filed.")
  end
end

-- Beyond it a batch has only the controls whose mistake needs the length.
local MANY = 100

local function controls(steps)
  local late = steps - steps // 4 + 1
  local list = {
    ["stops halfway and says that the batch is filed"] = clerk(steps, function(_, step)
      return step > steps // 2
    end),
    ["goes on with an old cursor"] = clerk(steps, function(args, step, seed)
      if step > late then args.cursor = cursor(seed, late) end
      return step > late + 1
    end),
    ["files a slip that it made up, at the end"] = clerk(steps, function(args, step, seed)
      if step == steps then
        args.record = record(seed, step - 1)
        args.record.slip = args.record.slip + 1
      end
    end),
    ["drops the remarks when it gets long"] = clerk(steps, function(args, step)
      if step >= late then args.record.remark = null end
    end),
    ["writes the weights as text"] = clerk(steps, function(args)
      for _, bin in ipairs(args.record.bins) do
        bin.kg = ("%s kg"):format(bin.kg)
      end
    end),
  }
  if steps > MANY then return list end
  list["rounds the weights"] = clerk(steps, function(args)
    for _, bin in ipairs(args.record.bins) do
      bin.kg = bin.kg // 1
    end
  end)
  list["files the first slip as often as there are slips"] = clerk(steps, function(args, _, seed)
    args.record = record(seed, 1)
  end)
  return list
end

--- The definition of a task of so many calls.
function chain.definition(steps, context)
  return {
    name = "consecutive-" .. steps,
    category = "consecutive",
    summary = ("File %d slips, each by a call made of the answer to the last."):format(steps),
    prompt = function(env)
      return ([[
File a batch of %d scanned slips with file_slip, one call for each. Every answer holds the next slip
and its cursor; go on until the answer says that the batch is closed, and then say that it is done.
Nobody looks at your text between the calls, so leave it out. A slip reads

slip NUMBER | KIND | grower CODE NAME | BINS | STORAGE | TAGS | REMARK

The first cursor is %s, and the first slip is

%s]]):format(steps, cursor(env.seed, 1), slip_text(env.seed, 1))
    end,
    tools = { file_slip(steps) },
    expected_turns = steps + 1,
    needs = { context = context },
    grade = grade(steps),
    oracle = clerk(steps),
    negative_controls = controls(steps),
  }
end

return chain
