-- The ledger has given everything back. Its next hello lets counters be used, if it was the last one.
redis.call('HSET', MEMBERS, ledger, generation .. ' ' .. ARGV[3])
redis.call('UNLINK', SEEDED)
revision = revision + 1
redis.call('HSET', KEYS[1], 'revision', text(revision))
return { 'open', revision, now }
