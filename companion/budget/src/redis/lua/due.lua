-- ARGV from 5 on: how many reservations at most, of those whose leases have ended; how many others are asked after, and their
-- ids. Answers ids and records of the first, and the records of the others, or nothing where they are not held any more.
-- Counters that are kept no more go meanwhile, some at a time.
local answers = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', text(now), 'LIMIT', 0, tonumber(ARGV[5]))) do
  local it = known(id)
  if it and it.state == 'H' then
    answers[#answers + 1], answers[#answers + 2] = id, it.text
  else
    redis.call('ZREM', LEASES, id)
  end
end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', ENDS, '-inf', text(now), 'LIMIT', 0, 200)) do
  redis.call('DEL', base .. generation .. ':c:' .. name)
  redis.call('ZREM', INDEX, name)
  redis.call('ZREM', ENDS, name)
end
local fates = {}
for place = 7, 6 + tonumber(ARGV[6]) do
  local it = known(ARGV[place])
  fates[#fates + 1] = it and it.state == 'H' and it.text or ''
end
return { 'open', revision, now, answers, fates }
