local same = require "same"
local vary = require "vary"

local COUNT = 4

--- The invoices of this trial. Of the second and third the bank's answer gets lost: the second is
--- booked all the same, the third is not.
local function invoices(seed)
  local list = {}
  local swap = vary.number(seed, "swap", 0, 1)
  for i = 1, COUNT do
    list[i] = {
      invoice = "IN-" .. (vary.number(seed, "first", 7000, 8800) + 13 * i),
      payee = ("AT%02d 2011 1%03d"):format(17 + i, vary.number(seed, "payee" .. i, 0, 999)),
      cents = vary.number(seed, "cents" .. i, 4100, 98700),
      lost = i == 2 or i == 3,
      booked = i == 2 + swap,
    }
  end
  return list
end

-- The payments that were booked, and the invoices whose answer was lost already.
local payments = {}
local lost = {}

local function booked_for(invoice)
  local found = json.array {}
  for _, payment in ipairs(payments) do
    if payment.invoice == invoice then found[#found + 1] = payment end
  end
  return found
end

local function book(args)
  local payment = {
    payment = ("P-%03d"):format(#payments + 1),
    invoice = args.invoice,
    payee = args.payee,
    cents = args.cents,
  }
  payments[#payments + 1] = payment
  return payment
end

local function payment_of(one)
  return { invoice = one.invoice, payee = one.payee, cents = one.cents }
end

--- An invoice that was to be paid again after the bank had booked it, where that call was made to
--- fail on purpose and so booked nothing.
local function would_pay_twice(transcript, seed)
  local booked = {}
  for _, call in ipairs(transcript.calls) do
    if call.tool == "pay_invoice" and not call.malformed then
      local invoice = call.arguments.invoice
      local one = same.find(invoices(seed), "invoice", invoice)
      if call.planted and booked[invoice] then return invoice end
      booked[invoice] = booked[invoice] or call.ok or not call.planted and one and one.booked
    end
  end
  return nil
end

--- A policy that pays all; `after_loss(model, one)` says what it does when an answer is lost.
local function payer(after_loss, mistake)
  return function(model, env)
    model:call("list_open_invoices", {})
    for i, one in ipairs(invoices(env.seed)) do
      local args = payment_of(one)
      if mistake then mistake(args, i) end
      model:call("pay_invoice", args)
      if one.lost then after_loss(model, one) end
    end
    model:say("All invoices are paid.")
  end
end

local function look_first(model, one)
  model:call("find_payments", { invoice = one.invoice })
  if not one.booked then model:call("pay_invoice", payment_of(one)) end
end

return task {
  name = "recover-from-timeout",
  category = "recovery",
  summary = "Pay invoices over a line that loses answers, none of them twice.",
  prompt = "Pay every open invoice, each exactly once. Your last message says when all are paid.",
  tools = {
    {
      name = "list_open_invoices",
      description = "The invoices that were open this morning. It does not change during the day.",
      parameters = { type = "object", properties = {}, additionalProperties = false },
      run = function(env)
        local list = {}
        for i, one in ipairs(invoices(env.seed)) do
          list[i] = payment_of(one)
          list[i].due = ("2026-03-%02d"):format(10 + i)
          list[i].dunning_level = i % 2
        end
        return json.encode { as_of = "2026-03-02T05:00:00Z", invoices = list }
      end,
    },
    {
      name = "pay_invoice",
      description = "Pay an invoice through the bank. Each call that the bank gets is a payment.",
      parameters = {
        type = "object",
        properties = {
          invoice = { type = "string" },
          payee = { type = "string", description = "Account, as the invoice has it" },
          cents = { type = "integer", minimum = 1 },
        },
        required = { "invoice", "payee", "cents" },
        additionalProperties = false,
      },
      run = function(env, args)
        local one = same.find(invoices(env.seed), "invoice", args.invoice)
        if not one then return nil, "no open invoice has this number" end
        if one.lost and not lost[one.invoice] then
          lost[one.invoice] = true
          if one.booked then book(args) end
          return nil, "504 the bank did not answer in time; whether it booked is not known"
        end
        return json.encode(book(args))
      end,
    },
    {
      name = "find_payments",
      description = "The payments that the bank has booked today for an invoice.",
      parameters = {
        type = "object",
        properties = { invoice = { type = "string" } },
        required = { "invoice" },
        additionalProperties = false,
      },
      run = function(_, args)
        return json.encode { invoice = args.invoice, booked = booked_for(args.invoice) }
      end,
    },
  },
  expected_turns = 9,
  needs = { context = 8192 },

  grade = function(env, transcript)
    local checks, twice = {}, would_pay_twice(transcript, env.seed)
    for i, one in ipairs(invoices(env.seed)) do
      local booked = booked_for(one.invoice)
      if #booked > 1 then twice = one.invoice end
      local first = booked[1] or {}
      local right = #booked >= 1 and first.cents == one.cents and first.payee == one.payee
      checks[i] = check(("invoice %d is paid, in full, to its payee"):format(i), right, first)
    end
    checks[COUNT + 1] = must_not("an invoice was paid twice", twice, twice)
    return checks
  end,

  oracle = payer(look_first),

  negative_controls = {
    ["pays again without a look"] = payer(function(model, one)
      model:call("pay_invoice", payment_of(one))
    end),
    ["takes a lost answer for a payment"] = payer(function() end),
    ["looks, and pays what is not booked no more"] = payer(function(model, one)
      model:call("find_payments", { invoice = one.invoice })
    end),
    ["looks, and pays again all the same"] = payer(function(model, one)
      model:call("find_payments", { invoice = one.invoice })
      model:call("pay_invoice", payment_of(one))
    end),
    ["pays in whole euros"] = payer(look_first, function(args)
      args.cents = args.cents // 100
    end),
    ["stops at the first lost answer"] = function(model, env)
      model:call("list_open_invoices", {})
      local list = invoices(env.seed)
      model:call("pay_invoice", payment_of(list[1]))
      model:call("pay_invoice", payment_of(list[2]))
      model:say("The bank does not answer; I stopped.")
    end,
  },
}
