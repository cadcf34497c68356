use redis::Script;

/// How scripts tell the time.
const CLOCK: &str = "tonumber(redis.call('TIME')[1])";

pub(super) const PERIODS: &str = include_str!("lua/periods.lua");
const COUNTERS: &str = include_str!("lua/counters.lua");
const RECORDS: &str = include_str!("lua/records.lua");
const ENTER: &str = include_str!("lua/enter.lua");
const ARRIVE: &str = include_str!("lua/arrive.lua");
const SEED: &str = include_str!("lua/seed.lua");

/// All that is ever asked of Redis, a script an operation.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) reserve: Script,
    pub(super) settle: Script,
    pub(super) renew: Script,
    pub(super) due: Script,
    pub(super) expire: Script,
    pub(super) periods: Script,
    pub(super) usage: Script,
    pub(super) holds: Script,
    pub(super) adjust: Script,
    pub(super) time: Script,
    pub(super) hello: Script,
    pub(super) seed_shares: Script,
    pub(super) seed_marks: Script,
    pub(super) seed_holds: Script,
    pub(super) seed_end: Script,
    pub(super) members: Script,
    pub(super) forget: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Scripts::telling_time_by(CLOCK)
    }
}

impl Scripts {
    /// With another expression for the seconds since 1970.
    pub(super) fn telling_time_by(clock: &str) -> Self {
        let enter = ENTER.replace("CLOCK", clock);
        let arrive = ARRIVE.replace("CLOCK", clock);
        let asking = |body: &str| Script::new(&[&enter, PERIODS, COUNTERS, RECORDS, body].join("\n"));
        let seeding = |body: &str| Script::new(&[&arrive, PERIODS, COUNTERS, RECORDS, SEED, body].join("\n"));
        Scripts {
            reserve: asking(include_str!("lua/reserve.lua")),
            settle: asking(include_str!("lua/settle.lua")),
            renew: asking(include_str!("lua/renew.lua")),
            due: asking(include_str!("lua/due.lua")),
            expire: asking(include_str!("lua/expire.lua")),
            periods: asking(include_str!("lua/list_periods.lua")),
            usage: asking(include_str!("lua/usage.lua")),
            holds: asking(include_str!("lua/holds.lua")),
            adjust: asking(include_str!("lua/adjust.lua")),
            time: asking(include_str!("lua/time.lua")),
            hello: Script::new(&include_str!("lua/hello.lua").replace("CLOCK", clock)),
            seed_shares: seeding(include_str!("lua/seed_shares.lua")),
            seed_marks: seeding(include_str!("lua/seed_marks.lua")),
            seed_holds: seeding(include_str!("lua/seed_holds.lua")),
            seed_end: seeding(include_str!("lua/seed_end.lua")),
            members: Script::new(include_str!("lua/members.lua")),
            forget: Script::new(include_str!("lua/forget.lua")),
        }
    }
}
