-- Counters: a hash for each, of what is used (u) and held (h). Their names end with a tab, the unit (0: tokens, 1:
-- micro-dollars), the window, and twelve digits of the first second. Sums of numbers that are counted may pass 2^53 and be
-- rounded; they are then above every number that they are compared with, as without rounding.
local MOST = 9007199254740991
local INDEX, ENDS = base .. generation .. ':counters', base .. generation .. ':ends'

local function text(number)
  return string.format('%.0f', number)
end

local function between(number)
  return math.max(0, math.min(number, MOST))
end

local read = {}

local function counter(name)
  local it = read[name]
  if not it then
    local key = base .. generation .. ':c:' .. name
    local values = redis.call('HMGET', key, 'u', 'h')
    it = { name = name, key = key, is_new = not (values[1] or values[2]), unit = string.sub(name, -14, -14) }
    it.used, it.held = between(tonumber(values[1] or 0)), tonumber(values[2] or 0)
    read[name] = it
  end
  return it
end

-- The first second in which a counter is kept no more.
local function kept_until(name)
  local _, ends = period(string.sub(name, -13, -13), tonumber(string.sub(name, -12)))
  return ends + KEPT
end

local function put(it)
  if it.used == 0 and it.held == 0 then
    if not it.is_new then
      redis.call('DEL', it.key)
      redis.call('ZREM', INDEX, it.name)
      redis.call('ZREM', ENDS, it.name)
      it.is_new = true
    end
    return
  end
  redis.call('HSET', it.key, 'u', text(it.used), 'h', text(it.held))
  if it.is_new then
    local gone = kept_until(it.name)
    -- By then nobody asks for it any more: what is kept is decided by its name.
    redis.call('EXPIRE', it.key, math.max(1, gone - now) + HOUR)
    redis.call('ZADD', INDEX, 0, it.name)
    redis.call('ZADD', ENDS, gone, it.name)
    it.is_new = false
  end
end

-- The latest time at which one of the counters is still to be gone; none if there are none.
local function late_from(names)
  local late
  for _, name in ipairs(names) do
    late = math.max(late or 0, kept_until(name))
  end
  return late
end

-- Adds to what is used, or takes off it, and frees what is held, by the unit; counters that are gone are left out.
local function count(names, change, freed)
  for _, name in ipairs(names) do
    if now < kept_until(name) then
      local it = counter(name)
      it.used = between(it.used + change[it.unit])
      it.held = math.max(0, it.held - freed[it.unit])
      put(it)
    end
  end
end

local function amounts(tokens, micro_dollars)
  return { ['0'] = tonumber(tokens), ['1'] = tonumber(micro_dollars) }
end

local function less(one, other)
  return { ['0'] = one['0'] - other['0'], ['1'] = one['1'] - other['1'] }
end

local NOTHING = amounts(0, 0)
