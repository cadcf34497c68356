-- Answers all ledgers that count here, with whether they are through.
local base = string.sub(KEYS[1], 1, -6)
local state = redis.call('HMGET', KEYS[1], 'generation', 'life')
local members = redis.call('HGETALL', base .. 'members')
for place = 2, #members, 2 do
  members[place] = state[1] and members[place] == state[1] .. ' ' .. state[2] and 1 or 0
end
return members
