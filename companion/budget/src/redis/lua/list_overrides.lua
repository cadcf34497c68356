-- Answers all that is kept.
return { 'open', revision, now, redis.call('HGETALL', OVERRIDES) }
