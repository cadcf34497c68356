use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in seconds since 1970 in UTC. Whoever sets the clock may make that any time.
    fn now(&self) -> u64;

    /// How much time has passed since some moment. Nobody sets that.
    fn passed(&self) -> Duration;
}

/// The machine's.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The moment from which time is counted that nobody sets.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn passed(&self) -> Duration {
        BEGAN.elapsed()
    }
}
