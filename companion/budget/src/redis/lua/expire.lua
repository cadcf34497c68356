-- ARGV from 5 on: how many reservations; of each its id, least tokens, least micro-dollars, how many counters, and their
-- names. Answers of each whether it is settled by its lease for this ledger, and at what.
local answers, is_changed, place = {}, false, 6

local function answer(used)
  answers[#answers + 1] = used and 1 or 0
  answers[#answers + 1] = used and used['0'] or 0
  answers[#answers + 1] = used and used['1'] or 0
end

local function end_lease(id, least, names)
  local it = known(id)
  if it and it.state == 'H' then
    if it.lease_ends > now then
      return nil
    end
    local used = { ['0'] = math.max(it.so_far['0'], it.least['0']), ['1'] = math.max(it.so_far['1'], it.least['1']) }
    unlist_hold(id, it.at)
    count(it.names, used, it.held)
    expired(id, used, it.names)
    is_changed = true
    return used
  elseif it and it.state == 'E' then
    if it.ledger ~= ledger then
      return nil
    end
    if it.generation ~= generation then
      count(it.names, it.used, NOTHING)
      expired(id, it.used, it.names)
      is_changed = true
    end
    return it.used
  elseif it then
    -- It has been replaced before this ledger heard of it.
    if it.replaced_of ~= ledger and it.replaced_of ~= '*' then
      return nil
    end
    if it.replaced_in ~= generation then
      count(names, it.replaced, NOTHING)
      it.replaced_of, it.replaced_in = ledger, generation
      final(id, it)
      is_changed = true
    end
    return it.replaced
  end
  -- It was lost after it had been due.
  count(names, least, NOTHING)
  expired(id, least, names)
  is_changed = true
  return least
end

for _ = 1, tonumber(ARGV[5]) do
  local id, least, many = ARGV[place], amounts(ARGV[place + 1], ARGV[place + 2]), tonumber(ARGV[place + 3])
  answer(end_lease(id, least, names_from(place + 4, many)))
  place = place + 4 + many
end
if is_changed then
  changed()
end
return { 'open', revision, now, answers }
