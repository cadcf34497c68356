return { 'open', revision, now }
