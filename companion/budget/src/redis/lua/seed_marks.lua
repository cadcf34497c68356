-- ARGV from 5 on: how many reservations that are settled; of each its id, E or F, what it used, whether it replaced an
-- estimate of another ledger, which one, how many counters, and their names. What they used is in the shares.
local place = 6
for _ = 1, tonumber(ARGV[5]) do
  local id, state, used = ARGV[place], ARGV[place + 1], amounts(ARGV[place + 2], ARGV[place + 3])
  local has_replaced, replaced = ARGV[place + 4] == '1', amounts(ARGV[place + 5], ARGV[place + 6])
  local many = tonumber(ARGV[place + 7])
  local names = names_from(place + 8, many)
  place = place + 8 + many
  local it = known(id)
  if it and it.state == 'H' then
    free(id, it)
  end
  if state == 'E' and not (it and it.state ~= 'H') then
    expired(id, used, names)
  elseif state == 'F' and not (it and it.state == 'F') then
    local is_final = { ledger = ledger, generation = generation, used = used, late_from = late_from(names) }
    if it and it.state == 'E' then
      is_final.replaced_of, is_final.replaced_in, is_final.replaced = it.ledger, it.generation, it.used
    else
      is_final.replaced_of, is_final.replaced_in = has_replaced and '*' or '-', '-'
      is_final.replaced = replaced
    end
    final(id, is_final)
  end
end
write()
return { 'open', revision, now }
