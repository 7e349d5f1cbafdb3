--- Variation by seed, for tasks: a choice depends on the seed and its label alone, so that prompt,
--- setup, grader and policies, which run in different Lua states, all come to the same one.
local vary = {}

local MASK = 0x7fffffff

--- A number from 0 to 2^31 - 1 that depends on every bit of the seed and every byte of the label.
local function mix(seed, label)
  local state = 2166136261
  local function add(byte)
    state = ((state ~ byte) * 16777619) & 0xffffffff
  end
  for shift = 0, 56, 8 do
    add((seed >> shift) & 0xff)
  end
  for i = 1, #label do
    add(label:byte(i))
  end
  state = ((state ~ (state >> 15)) * 0x2c1b3c6d) & 0xffffffff
  return (state ~ (state >> 13)) & MASK
end

--- An integer from low to high, both included.
function vary.number(seed, label, low, high)
  return low + mix(seed, label) % (high - low + 1)
end

--- One element of a list.
function vary.choice(seed, label, list)
  return list[vary.number(seed, label, 1, #list)]
end

--- A word of hexadecimal digits, for tokens and nonces.
function vary.word(seed, label, length)
  local digits = {}
  for i = 1, length do
    digits[i] = ("%x"):format(mix(seed, label .. i) % 16)
  end
  return table.concat(digits)
end

return vary
