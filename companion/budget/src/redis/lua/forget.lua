-- ARGV[1]: the name of a ledger that is gone for good. Nobody waits for it any more.
return { redis.call('HDEL', string.sub(KEYS[1], 1, -6) .. 'members', ARGV[1]) }
