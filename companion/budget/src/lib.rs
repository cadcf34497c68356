//! Token budgets: what calls may still use, what is held for those on their way, and what was used.
//!
//! A call is *reserved* before it is made, which holds the most that it may use against every scope that it counts for, in
//! one step or not at all. It is then *settled*: committed with what it used, or released. Whatever is not settled in time
//! is settled by its lease.

mod counter;
mod reservation;
mod reserve;
mod settle;
mod store;

pub use counter::{Counter, Period, Scope, Unit, Window};
pub use reservation::{Amounts, Reservation, ReservationId};
pub use reserve::{Candidate, Held, Line, Refused, Reserve, Reserved, Standing};
pub use settle::{Outcome, Settled, Settlement};
pub use store::{Store, StoreError};
