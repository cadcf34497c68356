-- ARGV from 5 on: id, used tokens, used micro-dollars, how many counters, and their names. Answers what came of it, whether
-- that is too late, and the estimate that was replaced, if there was one, and whether it was counted for this ledger.
local id, used = ARGV[5], amounts(ARGV[6], ARGV[7])
local names = names_from(9, tonumber(ARGV[8]))
local before = known(id)

local function answer(what, late, replaced, replaced_of)
  local is_late = late ~= nil and late > 0 and late <= now
  local whose = (replaced_of == '-' and 'none') or (replaced_of == ledger and 'here') or 'elsewhere'
  return { 'open', revision, now, what, is_late and 1 or 0, whose, replaced['0'], replaced['1'] }
end

if before and before.state == 'F' then
  if before.ledger ~= ledger then
    return answer('before', before.late_from, NOTHING, '-')
  end
  -- Only who got no answer asks again: its ledger does not have it, nor was it given back in a new generation.
  if before.generation ~= generation then
    count(names, less(before.used, before.replaced), NOTHING)
    before.generation = generation
    final(id, before)
    changed()
  end
  return answer('mine', before.late_from, before.replaced, before.replaced_of)
end

local now_final = { ledger = ledger, generation = generation, used = used }
now_final.replaced_of, now_final.replaced_in, now_final.replaced = '-', '-', NOTHING
local freed = NOTHING
if before then
  names = before.names
  if before.state == 'H' then
    freed = before.held
    unlist_hold(id, before.at)
  else
    now_final.replaced_of, now_final.replaced_in = before.ledger, before.generation
    now_final.replaced = before.used
  end
end
count(names, less(used, now_final.replaced), freed)
now_final.late_from = late_from(names)
final(id, now_final)
changed()
return answer('now', now_final.late_from, now_final.replaced, now_final.replaced_of)
