-- KEYS[1] is the state; all other keys are in its slot. ARGV[1] to ARGV[4] say which ledger asks, and which generation, life
-- and revision it knows: who knows others is not answered.
local base = string.sub(KEYS[1], 1, -6)
local ledger, generation = ARGV[1], ARGV[2]
local state = redis.call('HMGET', KEYS[1], 'generation', 'life', 'gate', 'revision', 'newest')
if state[1] ~= generation or state[2] ~= ARGV[3] or state[3] ~= 'open' or tonumber(state[4]) < tonumber(ARGV[4]) then
  return { 'closed' }
end
local revision = tonumber(state[4])
local now = math.max(CLOCK, tonumber(state[5]))

-- Says that something was changed.
local function changed()
  revision = revision + 1
  redis.call('HSET', KEYS[1], 'revision', string.format('%.0f', revision), 'newest', string.format('%.0f', now))
end
