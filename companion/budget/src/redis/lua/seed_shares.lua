-- ARGV from 5 on: how many counters, and of each its name and what the ledger has added to it.
for place = 6, 4 + 2 * tonumber(ARGV[5]), 2 do
  if redis.call('HSETNX', SEEDED, ARGV[place], 1) == 1 then
    add(ARGV[place], tonumber(ARGV[place + 1]), 0)
  end
end
write()
return { 'open', revision, now }
