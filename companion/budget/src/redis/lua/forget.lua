-- ARGV[1]: the name of a ledger that is gone for good. Nobody waits for it any more, until it says itself that it is there.
local MEMBERS = string.sub(KEYS[1], 1, -6) .. 'members'
local known = redis.call('HGET', MEMBERS, ARGV[1])
if not known or known == 'forgotten' then
  return { 0 }
end
redis.call('HSET', MEMBERS, ARGV[1], 'forgotten')
return { 1 }
