-- ARGV from 5 on: id, a counter's name without the time, `set` or `unset`, the limit or `-`, until when or 0 for the end of the
-- period, how many may be set, who, and why. Answers whether it was `made` now or before, there is `nothing` to take away, it
-- is `over`, or there are too many; and all that is kept.
local id, name, what, ends = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[9])
local all, many, known = redis.call('HGETALL', OVERRIDES), 0, nil
for place = 1, #all, 2 do
  local it = parse_override(all[place + 1])
  if now >= it.ends then
    redis.call('HDEL', OVERRIDES, all[place])
  else
    if it.is_set then
      many = many + 1
    end
    if all[place] == name then
      known = it
    end
  end
end

local function answer(said)
  return { 'open', revision, now, said, redis.call('HGETALL', OVERRIDES) }
end

if known and known.id == id then
  return answer('made')
end
local is_known = known and known.is_set
if what == 'unset' then
  if not is_known then
    return answer('nothing')
  end
  ends = known.ends
elseif ends == 0 then
  local _, last = period(string.sub(name, -1), now)
  ends = last
end
if now >= ends then
  return answer('over')
elseif what == 'set' and not is_known and many >= tonumber(ARGV[10]) then
  return answer('full')
end
local head = string.format('%s %.0f %.0f %s %s', id, now, ends, what, ARGV[8])
redis.call('HSET', OVERRIDES, name, head .. '\n' .. ARGV[11] .. '\n' .. ARGV[12])
changed()
return answer('made')
