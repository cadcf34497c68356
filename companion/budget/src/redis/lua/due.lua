-- ARGV from 5 on: how many reservations at most, of those whose leases have ended; how many others are asked after, and their
-- ids. Answers ids and records of the first, and the records of the others, or nothing where they are not held any more.
-- Periods whose counters are kept no more go meanwhile.
local answers = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', text(now), 'LIMIT', 0, tonumber(ARGV[5]))) do
  local it = known(id)
  if it and it.state == 'H' then
    answers[#answers + 1], answers[#answers + 2] = id, it.text
  else
    redis.call('ZREM', LEASES, id)
  end
end
for _, of in ipairs(redis.call('ZRANGEBYSCORE', PERIODS, '-inf', text(now), 'LIMIT', 0, 10)) do
  redis.call('UNLINK', counters_of(of), names_of(of))
  redis.call('ZREM', PERIODS, of)
end
local fates = {}
for place = 7, 6 + tonumber(ARGV[6]) do
  local it = known(ARGV[place])
  fates[#fates + 1] = it and it.state == 'H' and it.text or ''
end
return { 'open', revision, now, answers, fates }
