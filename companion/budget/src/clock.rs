use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time, in seconds since 1970 in UTC.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> u64;
}

/// The machine's.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}
