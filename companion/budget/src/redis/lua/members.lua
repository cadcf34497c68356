-- Answers all ledgers that count here, with whether they are through.
local base = string.sub(KEYS[1], 1, -6)
local state = redis.call('HMGET', KEYS[1], 'generation', 'life')
local members, all = {}, redis.call('HGETALL', base .. 'members')
for place = 1, #all, 2 do
  if all[place + 1] ~= 'forgotten' then
    local it = state[1] and all[place + 1] == state[1] .. ' ' .. state[2]
    members[#members + 1], members[#members + 2] = all[place], it and 1 or 0
  end
end
return members
