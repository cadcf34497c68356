-- ARGV from 5 on: id, tokens and micro-dollars so far, lease.
local it = known(ARGV[5])
if not it or it.state ~= 'H' then
  return { 'open', revision, now, 0 }
end
local said = amounts(ARGV[6], ARGV[7])
for unit, amount in pairs(said) do
  it.so_far[unit] = math.max(it.so_far[unit], amount)
end
it.lease_ends = math.max(it.lease_ends, now + tonumber(ARGV[8]))
hold(ARGV[5], it)
changed()
return { 'open', revision, now, 1, it.lease_ends }
