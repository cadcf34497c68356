-- ARGV from 5 on: the period, the names from which and to which to look, how many, and the unit or nothing. Answers where to
-- go on, or nothing, and names without the period, with what is used and held.
local of, unit = ARGV[5], ARGV[9]
local fields = redis.call('ZRANGEBYLEX', names_of(of), ARGV[6], ARGV[7], 'LIMIT', 0, tonumber(ARGV[8]))
local names = {}
for _, field in ipairs(fields) do
  if unit == '' or unit == string.sub(field, -1) then
    names[#names + 1] = field .. of
  end
end
local answers = {}
for place, it in ipairs(counters(kept(names))) do
  if it.used + it.held > 0 then
    answers[#answers + 1], answers[#answers + 2], answers[#answers + 3] = names[place], it.used, it.held
  end
end
local is_last = #fields < tonumber(ARGV[8])
return { 'open', revision, now, is_last and '' or fields[#fields], answers }
