-- Others give to the same counters meanwhile, and nobody reads them.
may_be_less = true

-- Adds to what is used and held, without bounds, to be written with all others.
local function add(name, used, held)
  if now < kept_until(name) then
    local it = counters({ name })[1]
    set(it, it.used + used, it.held + held)
  end
end

-- Frees what is held for a reservation that was settled.
local function free(id, it)
  unlist_hold(id, it.at)
  for _, name in ipairs(it.names) do
    add(name, 0, -it.held[string.sub(name, -14, -14)])
  end
end
