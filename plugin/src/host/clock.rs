use crate::evidence::Clock;

use super::abi;

/// The time, as the proxy tells it.
pub(super) struct HostClock;

impl Clock for HostClock {
    fn nanoseconds(&self) -> Option<u64> {
        abi::current_time().ok()
    }
}
