-- ARGV from 5 on: how many reservations that are held; of each its id, when it was made, its way, what is held, its least,
-- what it used so far, when its lease ends, how many counters, and their names.
local place = 6
for _ = 1, tonumber(ARGV[5]) do
  local id, at, candidate = ARGV[place], tonumber(ARGV[place + 1]), ARGV[place + 2]
  local it = { at = at, candidate = candidate, held = amounts(ARGV[place + 3], ARGV[place + 4]) }
  it.least, it.so_far = amounts(ARGV[place + 5], ARGV[place + 6]), amounts(ARGV[place + 7], ARGV[place + 8])
  it.lease_ends = tonumber(ARGV[place + 9])
  local many = tonumber(ARGV[place + 10])
  it.names = names_from(place + 11, many)
  place = place + 11 + many
  if not known(id) then
    for _, name in ipairs(it.names) do
      add(name, 0, it.held[string.sub(name, -14, -14)])
    end
    hold(id, it)
    list_hold(id, at)
  end
end
write()
return { 'open', revision, now }
