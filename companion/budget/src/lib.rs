//! Token budgets: what calls may still use, what is held for those on their way, and what was used.
//!
//! A call is *reserved* before it is made, which holds the most that it may use against every scope that it counts for, in
//! one step or not at all. It is then *settled*: committed with what it used, or released. Whatever is not settled in time
//! is settled by its lease.

mod adjust;
mod amounts;
mod candidate;
mod clock;
mod counter;
mod file;
mod label;
pub mod ledger;
mod look;
mod period;
pub mod redis;
mod reservation;
mod reserve;
mod scope;
mod settle;
mod sqlite;
mod standing;
mod store;
#[cfg(test)]
mod testing;

pub use adjust::{Adjustment, AdjustmentId, Change};
pub use amounts::{Amounts, MOST_COUNTED, MOST_OF_A_CALL, Unit};
pub use candidate::{Candidate, Candidates, InvalidCandidates, Line, Lines, MOST_CANDIDATES};
pub use clock::{Clock, SystemClock};
pub use counter::{Counter, Counters, InvalidCounter, InvalidCounters, MOST_COUNTERS};
pub use file::{Durability, FileError, OpenError};
pub use label::{InvalidLabel, Label};
pub use look::{Hold, Holds, Scopes, UsageFilter};
pub use period::{InvalidPeriod, KEPT_SECONDS, Period, Window};
pub use reservation::{InvalidId, Reservation, ReservationId};
pub use reserve::{Held, Lease, Refused, Reserve, Reserved};
pub use scope::{Scope, ScopeKind};
pub use settle::{Expired, Outcome, Settled, Settlement};
pub use sqlite::SqliteStore;
pub use standing::Standing;
pub use store::{Store, StoreError};
