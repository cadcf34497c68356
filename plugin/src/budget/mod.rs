//! Token budgets: a call of a model is reserved before it goes upstream, read as its answer passes, and settled when it is
//! over, whichever way that is.
//!
//! - [`Intent`] is a request as the companion is asked for it, [`Verdict`] what the companion says.
//! - [`resolve`] makes of both what becomes of the request: a [`Departure`] upstream, or a refusal in the provider's words.
//! - [`Course`] follows a call upstream and back, and says what it came to.
//! - [`Books`] is what the VM keeps: [`Settlements`] until the companion has them, [`Spent`] limits that refuse at once, and a
//!   [`Breaker`] for when the companion is away.

mod books;
mod breaker;
mod course;
mod departure;
mod intent;
mod notices;
mod outcome;
mod refusal;
mod resolve;
mod settlements;
mod shown;
mod speaks;
mod spent;
mod verdict;

use std::time::Duration;

pub use books::Books;
pub use breaker::Breaker;
pub use course::{Course, Upstream};
pub use departure::Departure;
pub use intent::{Intent, Unfit};
pub use notices::{Notices, Trouble};
pub use outcome::{Outcome, Used};
pub use refusal::{other_model, too_large, unfit};
pub use resolve::{Failure, Resolved, refuse_spent, resolve, trouble};
pub use settlements::Settlements;
pub(crate) use speaks::speaks;
pub use spent::Spent;
pub use verdict::{Held, Standing, Verdict};

#[cfg(test)]
mod fixture;

/// The gRPC service that the companion serves.
pub const SERVICE: &str = "tollgate.v1.Budgets";
/// Its only method.
pub const METHOD: &str = "Reserve";
/// How long a call waits for the companion, whose store answers within 250 ms or not at all.
pub const PATIENCE: Duration = Duration::from_millis(400);
/// Where less time is left than this, the companion is not asked again.
pub const MIN_PATIENCE: Duration = Duration::from_millis(50);
/// Envoy ends a reserve whose reply is larger than this, in bytes.
pub const MAX_REPLY: u32 = 128 << 10;
