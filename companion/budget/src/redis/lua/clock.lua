-- KEYS[1] is the state. The time, given the newest that is in it: never before that. Where the clock was set back behind it,
-- time goes on half as fast, so that the clock catches up: from when on, by the clock, and from which time, is in the state.
local function time_after(newest, since, from)
  local base = string.sub(KEYS[1], 1, -6)
  local clock = CLOCK
  local now = tonumber(newest or 0)
  if not since and clock >= now then
    return clock
  end
  since, from = tonumber(since or clock + 1), tonumber(from or now)
  if clock < since then
    since, from = clock, now
    redis.call('HSET', KEYS[1], 'behind_since', string.format('%.0f', since), 'behind_from', string.format('%.0f', from))
  end
  now = math.max(now, from + math.floor((clock - since) / 2))
  if clock >= now then
    redis.call('HDEL', KEYS[1], 'behind_since', 'behind_from')
    return clock
  end
  redis.call('HSET', KEYS[1], 'newest', string.format('%.0f', now))
  return now
end
