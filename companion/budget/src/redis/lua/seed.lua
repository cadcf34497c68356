-- Others add to the same counters meanwhile, and nobody reads them: what is used may be less than nothing until all are
-- through.
local function add(name, field, amount)
  if now >= kept_until(name) then
    return
  end
  local key = base .. generation .. ':c:' .. name
  if redis.call('EXISTS', key) == 0 then
    redis.call('ZADD', INDEX, 0, name)
    redis.call('ZADD', ENDS, kept_until(name), name)
  end
  redis.call('HINCRBY', key, field, amount)
  redis.call('EXPIRE', key, kept_until(name) - now + HOUR)
end

-- Frees what is held for a reservation that was settled.
local function free(id, it)
  unlist_hold(id, it.at)
  for _, name in ipairs(it.names) do
    add(name, 'h', text(-it.held[string.sub(name, -14, -14)]))
  end
end
