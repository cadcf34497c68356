-- ARGV from 5 on: id, lease, strict or advisory, how many ways; of each way its tokens, micro-dollars, least tokens, least
-- micro-dollars, and how many lines; of each line its name without the time, and what it may come to.
local id, lease, is_strict = ARGV[5], tonumber(ARGV[6]), ARGV[7] == 'strict'

-- Those that are kept no more say nothing.
local function counts(names)
  local numbers = {}
  counters(kept(names))
  for _, name in ipairs(names) do
    local it = read[name] or { used = 0, held = 0 }
    numbers[#numbers + 1], numbers[#numbers + 2] = it.used, it.held
  end
  return numbers
end

local before = known(id)
if before and before.state == 'H' then
  return { 'open', revision, now, 'held', before.text, counts(before.names) }
elseif before then
  return { 'open', revision, now, 'settled' }
end

local begins = {}
for _, window in ipairs({ '0', '1', '2' }) do
  begins[window] = string.format('%012.0f', (period(window, now)))
end

local place = 9
local function read_way(number)
  local way = { candidate = number, names = {}, fits = true, can_be_counted = true }
  way.held, way.least = amounts(ARGV[place], ARGV[place + 1]), amounts(ARGV[place + 2], ARGV[place + 3])
  local lines, most = tonumber(ARGV[place + 4]), {}
  place = place + 5
  for line = 1, lines do
    way.names[line] = ARGV[place] .. begins[string.sub(ARGV[place], -1)]
    most[line] = tonumber(ARGV[place + 1])
    place = place + 2
  end
  for line, it in ipairs(counters(way.names)) do
    local total = it.used + it.held + way.held[it.unit]
    way.fits = way.fits and total <= most[line]
    way.can_be_counted = way.can_be_counted and total <= MOST
  end
  return way
end

local chosen, first, last
for number = 0, tonumber(ARGV[8]) - 1 do
  last = read_way(number)
  first = first or last
  if last.fits then
    chosen = last
    break
  end
end
if not chosen and not is_strict and first.can_be_counted then
  chosen = first
end
if not chosen then
  return { 'open', revision, now, 'refused', counts((is_strict and last or first).names) }
end

for _, it in ipairs(counters(chosen.names)) do
  set(it, it.used, it.held + chosen.held[it.unit])
end
write()
chosen.at, chosen.so_far, chosen.lease_ends = now, NOTHING, now + lease
chosen.candidate = text(chosen.candidate)
local record = hold(id, chosen)
list_hold(id, now)
changed()
return { 'open', revision, now, 'held', record, counts(chosen.names) }
