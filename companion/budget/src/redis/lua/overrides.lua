-- Limits that count instead of those of policies. All are in one hash, whatever the generation: by a counter's name without
-- the time, `id at until set|unset limit`, or `-` where there is none, and in two more lines who and why.
local OVERRIDES = base .. 'overrides'

local function parse_override(record)
  local id, at, ends, what = string.match(record, '^(%S+) (%S+) (%S+) (%S+)')
  return { id = id, at = tonumber(at), ends = tonumber(ends), is_set = what == 'set' }
end
