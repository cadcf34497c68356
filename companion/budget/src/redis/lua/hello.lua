-- A ledger says that it is there. ARGV: its name; the generation to which it has given its counters back, or `-`; the life
-- that Redis says it has; the last revision that it saw of that generation; a name for a new generation; for how long that
-- is closed if nobody remembers another one; how many other ledgers it knows, and their names.
--
-- Answers what it is to do (`seed`: give back what it has), or whether counters are open or closed; the generation, revision
-- and time; from when on marks are missing; and all ledgers, with whether they are through.
local base = string.sub(KEYS[1], 1, -6)
local ledger, known, life, seen = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local MEMBERS = base .. 'members'
local state = redis.call('HMGET', KEYS[1], 'generation', 'life', 'gate', 'revision', 'newest', 'since', 'opens')
local generation, gate, revision = state[1], state[3], tonumber(state[4] or 0)
local now = math.max(CLOCK, tonumber(state[5] or 0))
local since, opens = tonumber(state[6] or 0), tonumber(state[7] or 0)

local function text(number)
  return string.format('%.0f', number)
end

local function begin()
  if generation then
    local old = base .. generation
    for _, of in ipairs(redis.call('ZRANGE', old .. ':periods', 0, -1)) do
      redis.call('UNLINK', old .. ':c:' .. of, old .. ':n:' .. of)
    end
    redis.call('UNLINK', old .. ':periods', old .. ':leases', old .. ':holds')
  end
  generation, gate, revision = ARGV[5], 'closed', 1
  since, opens = tonumber(state[5] or 0), known == '-' and now + tonumber(ARGV[6]) or 0
end

if not generation then
  begin()
elseif known == generation and seen > revision then
  -- What is there now is older than what this ledger saw.
  begin()
elseif state[2] ~= life then
  -- It was started again, or is another copy: nothing is sure until all have looked whether it has what they saw.
  gate = 'closed'
end

if known ~= generation then
  -- It comes from before this generation, and knows whom that is to wait for, but for those that were forgotten.
  for place = 8, 7 + tonumber(ARGV[7]) do
    redis.call('HSETNX', MEMBERS, ARGV[place], '-')
  end
end
local through = generation .. ' ' .. life
local own = redis.call('HGET', MEMBERS, ledger)
local is_through = known == '-' or known == generation or (own and string.sub(own, 1, #generation) == generation)
redis.call('HSET', MEMBERS, ledger, is_through and through or '-')

local members, are_through = {}, true
local all = redis.call('HGETALL', MEMBERS)
for place = 1, #all, 2 do
  if all[place + 1] ~= 'forgotten' then
    local it = all[place + 1] == through
    members[#members + 1], members[#members + 2] = all[place], it and 1 or 0
    are_through = are_through and it
  end
end
if not are_through or now < opens then
  gate = 'closed'
else
  gate = 'open'
end
redis.call('HSET', KEYS[1], 'generation', generation, 'life', life, 'gate', gate, 'revision', text(revision), 'newest',
  text(now), 'since', text(since), 'opens', text(opens))
return { is_through and gate or 'seed', generation, revision, now, since, members }
