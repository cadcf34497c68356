-- ARGV from 5 on: the names from which and to which to look, how many, the unit and the window or nothing, and the first
-- seconds of the hour, day and month or nothing. Answers where to go on, or nothing, and names with what is used and held.
local names = redis.call('ZRANGEBYLEX', INDEX, ARGV[5], ARGV[6], 'LIMIT', 0, tonumber(ARGV[7]))
local unit, window = ARGV[8], ARGV[9]
local at = { ['0'] = ARGV[10], ['1'] = ARGV[11], ['2'] = ARGV[12] }
local answers = {}
for _, name in ipairs(names) do
  local of = string.sub(name, -13, -13)
  local is_wanted = (unit == '' or unit == string.sub(name, -14, -14)) and (window == '' or window == of)
  is_wanted = is_wanted and (at[of] == '' or at[of] == string.sub(name, -12))
  if is_wanted and now < kept_until(name) then
    local it = counter(name)
    if it.used + it.held > 0 then
      answers[#answers + 1], answers[#answers + 2], answers[#answers + 3] = name, it.used, it.held
    end
  end
end
local is_last = #names < tonumber(ARGV[7])
return { 'open', revision, now, is_last and '' or names[#names], answers }
