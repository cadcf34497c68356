-- Answers the periods that have counters.
return { 'open', revision, now, redis.call('ZRANGEBYSCORE', PERIODS, '(' .. text(now), '+inf') }
