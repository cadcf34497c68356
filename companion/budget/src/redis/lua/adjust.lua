-- ARGV from 5 on: id, whether to make it or only to look, by how much or `reset`, and the counter's name. Answers whether the
-- counter is gone, or the adjustment is counted for this ledger or elsewhere, from what to what, and how the counter stands.
local id, change, name = ARGV[5], ARGV[7], ARGV[8]
if now >= kept_until(name) then
  return { 'open', revision, now, 'gone', 0, 0, 0, 0 }
end
local it = counters({ name })[1]
local key = base .. 'a:' .. id

local function answer(what, from, to)
  return { 'open', revision, now, what, from, to, it.used, it.held }
end

local function note(from, to)
  write()
  local record = string.format('%s %s %.0f %.0f', ledger, generation, from, to)
  redis.call('SET', key, record, 'EX', kept_until(name) - now)
  changed()
end

if ARGV[6] == 'look' then
  return answer('elsewhere', 0, 0)
end
local before = redis.call('GET', key)
if before then
  local whose, when, from, to = string.match(before, '^(%S+) (%S+) (%S+) (%S+)$')
  from, to = tonumber(from), tonumber(to)
  if whose ~= ledger then
    return answer('elsewhere', 0, 0)
  end
  -- Only who got no answer asks again: its ledger does not have it.
  if when ~= generation then
    set(it, between(it.used + to - from), it.held)
    note(from, to)
  end
  return answer('here', from, to)
end
local from = it.used
set(it, change == 'reset' and 0 or between(from + tonumber(change)), it.held)
note(from, it.used)
return answer('here', from, it.used)
