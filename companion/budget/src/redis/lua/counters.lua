-- Counters. Those of a period are in one hash, each as what is used and what is held; their names are in a sorted set. The
-- name of a counter ends with its unit (0: tokens, 1: micro-dollars), its window, and twelve digits of the first second: the
-- last thirteen characters are the period. Sums of numbers that are counted may pass 2^53 and be rounded; they are then
-- above every number that they are compared with, as without rounding.
local MOST = 9007199254740991
local PERIODS = base .. generation .. ':periods'

-- While counters are given back, what is used may be less than nothing until all have given their part.
local may_be_less = false

local function text(number)
  return string.format('%.0f', number)
end

local function between(number)
  return math.max(0, math.min(number, MOST))
end

local function counters_of(period)
  return base .. generation .. ':c:' .. period
end

local function names_of(period)
  return base .. generation .. ':n:' .. period
end

local ends = {}

-- The first second in which the counters of a period are kept no more.
local function period_kept_until(of)
  if not ends[of] then
    local _, last = period(string.sub(of, 1, 1), tonumber(string.sub(of, 2)))
    ends[of] = last + KEPT
  end
  return ends[of]
end

local function kept_until(name)
  return period_kept_until(string.sub(name, -13))
end

-- The latest time at which one of the counters is still to be gone; none if there are none.
local function late_from(names)
  local late
  for _, name in ipairs(names) do
    late = math.max(late or 0, kept_until(name))
  end
  return late
end

local read, changed_ones = {}, {}

-- Reads those of a period.
local function read_some(of, some)
  local fields = {}
  for place = 1, #some do
    fields[place] = some[place].field
  end
  local values = redis.call('HMGET', counters_of(of), unpack(fields))
  for place = 1, #some do
    local it, value = some[place], values[place]
    if value then
      local used, held = string.match(value, '^(%S+) (%S+)$')
      it.used, it.held, it.is_new = tonumber(used), tonumber(held), false
      if not may_be_less then
        it.used = between(it.used)
      end
    end
  end
end

-- Reads counters, and gives them in their order.
local function counters(names)
  local all, missing = {}, nil
  for place = 1, #names do
    local name = names[place]
    local it = read[name]
    if not it then
      local field, of = string.sub(name, 1, -14), string.sub(name, -13)
      it = { field = field, period = of, unit = string.sub(field, -1), used = 0, held = 0, is_new = true }
      read[name] = it
      missing = missing or {}
      local some = missing[of]
      if some then
        some[#some + 1] = it
      else
        missing[of] = { it }
      end
    end
    all[place] = it
  end
  if missing then
    for of, some in pairs(missing) do
      read_some(of, some)
    end
  end
  return all
end

-- Sets what a counter says, to be written with all others.
local function set(it, used, held)
  if used ~= it.used or held ~= it.held then
    it.used, it.held = used, held
    changed_ones[it] = true
  end
end

-- Writes those of a period.
local function write_some(of, some)
  local values, gone, new = {}, nil, nil
  for place = 1, #some do
    local it = some[place]
    if it.used ~= 0 or it.held ~= 0 then
      values[#values + 1] = it.field
      values[#values + 1] = string.format('%.0f %.0f', it.used, it.held)
      if it.is_new then
        new = new or {}
        new[#new + 1] = 0
        new[#new + 1] = it.field
      end
      it.is_new = false
    elseif not it.is_new then
      gone = gone or {}
      gone[#gone + 1] = it.field
      it.is_new = true
    end
  end
  if #values > 0 then
    redis.call('HSET', counters_of(of), unpack(values))
  end
  if gone then
    redis.call('HDEL', counters_of(of), unpack(gone))
    redis.call('ZREM', names_of(of), unpack(gone))
  end
  if new then
    redis.call('ZADD', names_of(of), unpack(new))
    redis.call('ZADD', PERIODS, period_kept_until(of), of)
    -- Whoever looks for leases that have ended removes them before. What is kept is decided by the period.
    local rest = math.max(1, period_kept_until(of) - now) + HOUR
    redis.call('EXPIRE', counters_of(of), rest)
    redis.call('EXPIRE', names_of(of), rest)
  end
end

-- Writes what was set.
local function write()
  local periods = {}
  for it in pairs(changed_ones) do
    local some = periods[it.period]
    if some then
      some[#some + 1] = it
    else
      periods[it.period] = { it }
    end
  end
  changed_ones = {}
  for of, some in pairs(periods) do
    write_some(of, some)
  end
end

local function kept(names)
  local some = {}
  for _, name in ipairs(names) do
    if now < kept_until(name) then
      some[#some + 1] = name
    end
  end
  return some
end

-- Adds to what is used, or takes off it, and frees what is held, by the unit; counters that are gone are left out.
local function count(names, change, freed)
  for _, it in ipairs(counters(kept(names))) do
    set(it, between(it.used + change[it.unit]), math.max(0, it.held - freed[it.unit]))
  end
  write()
end

local function amounts(tokens, micro_dollars)
  return { ['0'] = tonumber(tokens), ['1'] = tonumber(micro_dollars) }
end

local function less(one, other)
  return { ['0'] = one['0'] - other['0'], ['1'] = one['1'] - other['1'] }
end

local NOTHING = amounts(0, 0)
