-- ARGV from 5 on: after which to look, how many, and how the name of one of its counters begins. Answers how many there are
-- at all, where to go on, or nothing, and ids with records.
local listed = redis.call('ZRANGEBYLEX', HOLDS, ARGV[5], '+', 'LIMIT', 0, tonumber(ARGV[6]))
local prefix = ARGV[7]
local answers = {}

local function is_wanted(names)
  if prefix == '' then
    return true
  end
  for _, name in ipairs(names) do
    if string.sub(name, 1, #prefix) == prefix then
      return true
    end
  end
  return false
end

for _, member in ipairs(listed) do
  local id = string.sub(member, 13)
  local it = known(id)
  if it and it.state == 'H' and is_wanted(it.names) then
    answers[#answers + 1], answers[#answers + 2] = id, it.text
  end
end
local is_last = #listed < tonumber(ARGV[6])
return { 'open', revision, now, redis.call('ZCARD', HOLDS), is_last and '' or listed[#listed], answers }
