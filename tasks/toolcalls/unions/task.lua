local kept = require "kept"
local same = require "same"
local vary = require "vary"

local function variant(kind, properties)
  local required = { "kind" }
  for name in pairs(properties) do
    required[#required + 1] = name
  end
  table.sort(required)
  properties.kind = { const = kind }
  return {
    type = "object",
    properties = properties,
    required = required,
    additionalProperties = false,
  }
end

local TEXT = { type = "string", minLength = 1 }
local CURRENCIES = { "CHF", "CZK", "DKK", "PLN", "SEK" }
local PAYEE = {
  description = "Where the money goes: one of four kinds.",
  oneOf = {
    variant("bank", { iban = { type = "string", pattern = "^[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}$" } }),
    variant("wallet", { provider = { enum = { "Swish", "TWINT", "BLIK" } }, handle = TEXT }),
    variant("cheque", {
      address = {
        type = "object",
        properties = { street = TEXT, postcode = TEXT, city = TEXT },
        required = { "street", "postcode", "city" },
        additionalProperties = false,
      },
    }),
    variant("credit", { account = { type = "integer", minimum = 1 } }),
  },
}
local AMOUNT = {
  description = "Euros are a plain integer of cents; any other money is an object.",
  anyOf = {
    { type = "integer", minimum = 1 },
    {
      type = "object",
      properties = {
        minor = { type = "integer", minimum = 1, description = "In hundredths" },
        currency = { enum = CURRENCIES },
      },
      required = { "minor", "currency" },
      additionalProperties = false,
    },
  },
}
local WHEN = {
  description = 'The text "now", or the day.',
  anyOf = {
    { const = "now" },
    {
      type = "object",
      properties = {
        year = { type = "integer" },
        month = { type = "integer", minimum = 1, maximum = 12 },
        day = { type = "integer", minimum = 1, maximum = 31 },
      },
      required = { "year", "month", "day" },
      additionalProperties = false,
    },
  },
}

--- What varies in this trial.
local function claim_data(seed)
  return {
    first = vary.number(seed, "first", 600, 900),
    iban = ("AT%d3200000%08d"):format(
      vary.number(seed, "check digits", 10, 97),
      vary.number(seed, "iban", 1000000, 99999999)
    ),
    cents = vary.number(seed, "cents", 10100, 98999),
    krona = vary.number(seed, "krona", 210, 980),
    handle = ("070-%d"):format(vary.number(seed, "handle", 1000000, 9999999)),
    day = vary.number(seed, "day", 13, 20),
    house = vary.number(seed, "house", 2, 60),
    account = vary.number(seed, "account", 300000, 900000),
    francs = vary.number(seed, "francs", 30, 70),
  }
end

--- The right payouts; a control changes what it gets wrong.
local function right_payouts(seed)
  local it = claim_data(seed)
  local function payout(i, payee, amount, when)
    return { claim = it.first + i, payee = payee, amount = amount, when = when }
  end
  local address = {
    street = "Obergasse " .. it.house,
    postcode = "8400",
    city = "Winterthur",
  }
  return {
    payouts = {
      payout(1, { kind = "bank", iban = it.iban }, it.cents, "now"),
      payout(
        2,
        { kind = "wallet", provider = "Swish", handle = it.handle },
        { minor = it.krona * 100, currency = "SEK" },
        { year = 2026, month = 5, day = it.day }
      ),
      payout(
        3,
        { kind = "cheque", address = address },
        { minor = it.francs * 100 + 50, currency = "CHF" },
        "now"
      ),
      payout(
        4,
        { kind = "credit", account = it.account },
        it.cents // 2,
        { year = 2026, month = 6, day = 1 }
      ),
    },
  }
end

local function money(cents)
  return ("%d.%02d"):format(cents // 100, cents % 100)
end

local function claims(seed)
  local it = claim_data(seed)
  local function claim(i, text)
    return {
      claim = it.first + i,
      state = "approved",
      handler = "desk " .. i,
      payout = text,
      flags = json.array {},
      score = 0.5 + i / 10,
    }
  end
  return json.encode {
    claims = {
      claim(1, ("bank transfer to %s, EUR %s, at once"):format(it.iban, money(it.cents))),
      claim(
        2,
        ("Swish wallet %s, SEK %d.00, on the %dth of May 2026"):format(
          it.handle,
          it.krona,
          it.day
        )
      ),
      claim(
        3,
        ("cheque to Obergasse %d, 8400 Winterthur, CHF %d.50, at once"):format(it.house, it.francs)
      ),
      claim(
        4,
        ("credit on customer account %d, EUR %s, on the 1st of June 2026"):format(
          it.account,
          money(it.cents // 2)
        )
      ),
    },
    total = 4,
    page = { number = 1, of = 1 },
    currency_note = "amounts are in the currency named, as a decimal number",
  }
end

local sender, twice = kept.policies("pay_out", function(model)
  model:call("approved_claims", {})
end, right_payouts)

return task {
  name = "unions",
  category = "arguments",
  summary = "Pay four claims, each of another kind of payee, amount and day.",
  prompt = "Pay all approved claims, in the order in which approved_claims lists them, with one "
    .. "call to pay_out. What is to be paid at once is paid now.",
  tools = {
    {
      name = "approved_claims",
      description = "The claims that were approved and wait for their payout.",
      parameters = { type = "object", properties = {}, additionalProperties = false },
      run = function(env)
        return claims(env.seed)
      end,
    },
    kept.tool({
      name = "pay_out",
      description = "Pay claims.",
      parameters = {
        type = "object",
        properties = {
          payouts = {
            type = "array",
            minItems = 1,
            items = {
              type = "object",
              properties = {
                claim = { type = "integer" },
                payee = PAYEE,
                amount = AMOUNT,
                when = WHEN,
              },
              required = { "claim", "payee", "amount", "when" },
              additionalProperties = false,
            },
          },
        },
        required = { "payouts" },
        additionalProperties = false,
      },
    }, function(args)
      return json.encode { accepted = #args.payouts, batch = "pb-1180", state = "queued" }
    end),
  },
  expected_turns = 3,
  needs = { context = 8192 },

  grade = function(env)
    local found = kept.last("pay_out").payouts or {}
    local checks = { kept.once("pay_out") }
    checks[2] = check("four claims are paid", #found == 4, ("%d"):format(#found))
    for i, wanted in ipairs(right_payouts(env.seed).payouts) do
      local got = found[i] or {}
      local name = ("claim %d: "):format(i)
      checks[#checks + 1] = same.check(name .. "number", wanted.claim, got.claim)
      checks[#checks + 1] = same.check(name .. "payee", wanted.payee, got.payee)
      checks[#checks + 1] = same.check(name .. "amount", wanted.amount, got.amount)
      checks[#checks + 1] = same.check(name .. "when", wanted.when, got.when)
    end
    return checks
  end,

  oracle = sender(),

  negative_controls = {
    ["calls twice to be safe"] = twice,
    ["pays the krona as euros"] = sender(function(args)
      args.payouts[2].amount = args.payouts[2].amount.minor
    end),
    ["takes the euros for whole ones"] = sender(function(args)
      args.payouts[1].amount = args.payouts[1].amount // 100
    end),
    ["drops the half franc"] = sender(function(args)
      local amount = args.payouts[3].amount
      amount.minor = amount.minor // 100 * 100
    end),
    ["pays everything now"] = sender(function(args)
      for _, payout in ipairs(args.payouts) do
        payout.when = "now"
      end
    end),
    ["reads the 1st of June as the 6th of January"] = sender(function(args)
      args.payouts[4].when = { year = 2026, month = 1, day = 6 }
    end),
    ["writes the credit's account as a bank account"] = sender(function(args)
      args.payouts[4].payee = { kind = "bank", iban = ("AT00%012d"):format(1) }
    end),
    ["mixes two kinds of payee"] = sender(function(args)
      args.payouts[1].payee.handle = "070-1"
    end),
    ["leaves out the kind"] = sender(function(args)
      for _, payout in ipairs(args.payouts) do
        payout.payee.kind = nil
      end
    end),
    ["pays the claims of the bank only"] = sender(function(args)
      args.payouts = { args.payouts[1] }
    end),
  },
}
