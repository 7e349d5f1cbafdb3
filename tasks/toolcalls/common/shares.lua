--- The exchange of the mocked office: invented companies, so that no price can be known by heart.
local vary = require "vary"

local shares = {}

shares.COMPANIES = {
  { name = "Halvorsen Marine", symbol = "HLVM", exchange = "OSE", currency = "NOK" },
  { name = "Tessaly Robotics", symbol = "TSLY", exchange = "NYQ", currency = "USD" },
  { name = "Brückner Optik", symbol = "BKOP", exchange = "ETR", currency = "EUR" },
  { name = "Ōmi Ceramics", symbol = "OMIC", exchange = "TSE", currency = "USD" },
  { name = "Calder & Finch", symbol = "CFCH", exchange = "LSE", currency = "GBP" },
  { name = "Vireo Therapeutics", symbol = "VIRO", exchange = "NMS", currency = "USD" },
}

function shares.company(symbol)
  local wanted = symbol:upper():match("^%s*([%w]+)") or ""
  for _, company in ipairs(shares.COMPANIES) do
    if company.symbol == wanted then return company end
  end
end

--- The last price of a share, with two decimals.
function shares.price(seed, company)
  return vary.number(seed, "price of " .. company.symbol, 12011, 78987) / 100
end

--- A quote as the exchange gives it, with neighbours of the price that are not the price.
function shares.quote(seed, company)
  local price = shares.price(seed, company)
  local function near(difference)
    return math.floor((price + difference) * 100 + 0.5) / 100
  end
  return {
    symbol = company.symbol,
    name = company.name,
    exchange = company.exchange,
    currency = company.currency,
    last = price,
    last_traded_at = "2026-03-20T09:41:07Z",
    previous_close = near(-3.34),
    open = near(-2.18),
    day_low = near(-4.05),
    day_high = near(5.62),
    year_low = near(-31.4),
    year_high = near(44.87),
    bid = null,
    ask = null,
    volume = vary.number(seed, "volume of " .. company.symbol, 120400, 4810900),
    delayed_by_seconds = 0,
    instrument = { isin = null, lot = 1, tick = 0.01, status = "TRADING" },
  }
end

return shares
