-- ARGV from 5 on: how many limits, and of each the counter's name without the time, and what the ledger has of it. What was
-- done last counts.
for place = 6, 4 + 2 * tonumber(ARGV[5]), 2 do
  local before = redis.call('HGET', OVERRIDES, ARGV[place])
  local known, it = before and parse_override(before), parse_override(ARGV[place + 1])
  if not known or known.at < it.at or (known.at == it.at and known.id < it.id) then
    redis.call('HSET', OVERRIDES, ARGV[place], ARGV[place + 1])
  end
end
return { 'open', revision, now }
