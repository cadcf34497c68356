-- What is known of a reservation: a text, whose first line is, by its first letter,
--   H generation at candidate held least so_far lease_ends: it is held;
--   E ledger generation used: its lease has ended, which was counted for a ledger;
--   F ledger generation used ledger generation replaced late_from: it is settled for good, and what replaced which estimate.
-- Amounts are two numbers. The lines after H and E are its counters.
local LEASES, HOLDS = base .. generation .. ':leases', base .. generation .. ':holds'

local function record_key(id)
  return base .. 'r:' .. id
end

local function parse(record)
  local head, rest = string.match(record, '^([^\n]*)\n?(.*)$')
  local words, names = {}, {}
  for word in string.gmatch(head, '%S+') do
    words[#words + 1] = word
  end
  for name in string.gmatch(rest, '[^\n]+') do
    names[#names + 1] = name
  end
  local it = { state = words[1], names = names }
  if it.state == 'H' then
    it.generation, it.at, it.candidate = words[2], tonumber(words[3]), words[4]
    it.held, it.least = amounts(words[5], words[6]), amounts(words[7], words[8])
    it.so_far, it.lease_ends = amounts(words[9], words[10]), tonumber(words[11])
  else
    it.ledger, it.generation, it.used = words[2], words[3], amounts(words[4], words[5])
    if it.state == 'F' then
      it.replaced_of, it.replaced_in, it.replaced = words[6], words[7], amounts(words[8], words[9])
      it.late_from = tonumber(words[10])
    end
  end
  return it
end

-- None where nothing is known, or what is held was held in another generation.
local function known(id)
  local record = redis.call('GET', record_key(id))
  if not record then
    return nil
  end
  local it = parse(record)
  it.text = record
  if it.state == 'H' and it.generation ~= generation then
    return nil
  end
  return it
end

local function with_names(head, names)
  return #names == 0 and head or head .. '\n' .. table.concat(names, '\n')
end

-- Writes what is held; returns it as it is written.
local function hold(id, it)
  local held, least, so_far = it.held, it.least, it.so_far
  local head = string.format('H %s %.0f %s %.0f %.0f %.0f %.0f %.0f %.0f %.0f', generation, it.at, it.candidate,
    held['0'], held['1'], least['0'], least['1'], so_far['0'], so_far['1'], it.lease_ends)
  local record = with_names(head, it.names)
  local last = math.max(it.lease_ends, late_from(it.names) or 0)
  -- Its lease ends it long before. Should nobody be there for that, it goes when no counter has it any more.
  redis.call('SET', record_key(id), record, 'EX', math.max(1, last - now) + KEPT)
  redis.call('ZADD', LEASES, it.lease_ends, id)
  return record
end

local function list_hold(id, at)
  redis.call('ZADD', HOLDS, 0, string.format('%012.0f', at) .. id)
end

local function unlist_hold(id, at)
  redis.call('ZREM', LEASES, id)
  redis.call('ZREM', HOLDS, string.format('%012.0f', at) .. id)
end

-- Keeps what is known of a reservation until its counters are gone.
local function mark(id, record, late)
  local rest = (late or now + KEPT) - now
  if rest > 0 then
    redis.call('SET', record_key(id), record, 'EX', rest)
  else
    redis.call('DEL', record_key(id))
  end
end

local function expired(id, used, names)
  local head = string.format('E %s %s %.0f %.0f', ledger, generation, used['0'], used['1'])
  mark(id, with_names(head, names), late_from(names))
end

local function final(id, it)
  local late = it.late_from or 0
  local record = string.format('F %s %s %.0f %.0f %s %s %.0f %.0f %.0f', it.ledger, it.generation, it.used['0'],
    it.used['1'], it.replaced_of, it.replaced_in, it.replaced['0'], it.replaced['1'], late)
  mark(id, record, late > 0 and late or nil)
end

-- So many names from a place of the arguments on.
local function names_from(place, most)
  local names = {}
  for number = 0, most - 1 do
    names[number + 1] = ARGV[place + number]
  end
  return names
end
