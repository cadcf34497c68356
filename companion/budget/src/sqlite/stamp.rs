use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Transaction, params};

use crate::clock::Clock;
use crate::file::int;

/// How far ahead a clock may be set at once and be believed.
const JUMP: Duration = Duration::from_secs(3600);

/// How long a clock has to stay farther ahead before it is believed.
const LASTING: Duration = Duration::from_secs(300);

/// How much slower time passes while the clock is behind what was given out, so that it catches up.
const SLOWER: u32 = 2;

/// The store's time: a clock that never goes back, not even from one process to the next, and that goes on while the
/// machine's is set right.
pub(super) struct Stamp {
    clock: Box<dyn Clock>,
    pace: Mutex<Pace>,
    /// The latest time that is in the file, in seconds since 1970.
    written: AtomicU64,
}

/// What the time was when somebody asked for it last.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Since 1970.
    at: Duration,
    /// How much had passed by then.
    passed: Duration,
    /// Since when the clock is farther ahead than is believed.
    ahead_since: Option<Duration>,
    /// Until when nothing is thrown away because of its age.
    careful_until: Duration,
}

impl Stamp {
    pub(super) fn new(clock: impl Clock + 'static, newest: u64) -> Self {
        let (now, passed) = (clock.now(), clock.passed());
        // How long it was before this process nobody knows: the clock is believed, but not with what cannot be made good.
        let is_far = Duration::from_secs(now.saturating_sub(newest)) > JUMP;
        let careful_until = if is_far { passed.saturating_add(LASTING) } else { passed };
        let at = Duration::from_secs(now.max(newest));
        let pace = Mutex::new(Pace { at, passed, ahead_since: None, careful_until });
        Stamp { clock: Box::new(clock), pace, written: AtomicU64::new(newest) }
    }

    /// Now, for something that is written: noted once a second.
    pub(super) fn now(&self, transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
        let now = self.look();
        if now > self.written.load(Ordering::Relaxed) {
            transaction.prepare_cached("UPDATE file SET newest = ?1")?.execute(params![int(now)])?;
        }
        Ok(now)
    }

    /// What was written at this time is kept.
    pub(super) fn is_kept(&self, now: u64) {
        self.written.fetch_max(now, Ordering::Relaxed);
    }

    /// Now, for somebody who only looks.
    pub(super) fn look(&self) -> u64 {
        self.pace().tell(self.clock.now(), self.clock.passed())
    }

    /// Whether the time is sure enough to throw away what is too old by it.
    pub(super) fn is_sure(&self) -> bool {
        let passed = self.clock.passed();
        self.pace().careful_until <= passed
    }

    /// No holder of the lock can fail between two changes.
    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    fn tell(&mut self, clock: u64, passed: Duration) -> u64 {
        let since = passed.saturating_sub(self.passed);
        let (steady, clock) = (self.at.saturating_add(since), Duration::from_secs(clock));
        let is_ahead = clock > steady.saturating_add(JUMP);
        let ahead_since = if is_ahead { Some(self.ahead_since.unwrap_or(passed)) } else { None };
        let has_lasted = ahead_since.is_some_and(|since| passed.saturating_sub(since) >= LASTING);
        self.at = match is_ahead && !has_lasted {
            true => steady,
            false => clock.max(self.at.saturating_add(since / SLOWER)),
        };
        self.ahead_since = ahead_since.filter(|_| !has_lasted);
        self.passed = passed.max(self.passed);
        self.at.as_secs()
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Stamp").field(&*self.pace()).finish()
    }
}
