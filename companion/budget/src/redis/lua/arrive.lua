-- KEYS[1] is the state; all other keys are in its slot. ARGV[1] to ARGV[3] say which ledger gives back what it has, to which
-- generation, in which life.
local base = string.sub(KEYS[1], 1, -6)
local ledger, generation = ARGV[1], ARGV[2]
local state = redis.call('HMGET', KEYS[1], 'generation', 'life', 'gate', 'revision', 'newest')
if state[1] ~= generation or state[2] ~= ARGV[3] then
  return { 'closed' }
end
local revision, now = tonumber(state[4]), math.max(CLOCK, tonumber(state[5]))
local MEMBERS, SEEDED = base .. 'members', base .. generation .. ':seeded:' .. ledger
local own = redis.call('HGET', MEMBERS, ledger)
if own and string.sub(own, 1, #generation) == generation then
  return { 'open', revision, now }
end
