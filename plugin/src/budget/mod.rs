//! Token budgets: a call of a model is reserved before it goes upstream, read as its answer passes, and settled when it is
//! over, whichever way that is.
//!
//! - [`Intent`] is a request as the companion is asked for it, [`Verdict`] what the companion says.
//! - [`resolve`] makes of both what becomes of the request: a [`Departure`] upstream, or a refusal in the provider's words.
//! - [`Course`] follows a call upstream and back, and says what it came to.
//! - [`Books`] is what the VM keeps: [`Settlements`] until the companion has them, and [`Spent`] limits that refuse at once.

mod books;
mod course;
mod departure;
mod intent;
mod outcome;
mod refusal;
mod resolve;
mod settlements;
mod spent;
mod verdict;

pub use books::Books;
pub use course::{Course, Upstream};
pub use departure::Departure;
pub use intent::{Intent, Unfit};
pub use outcome::{Outcome, Used};
pub use refusal::unfit;
pub use resolve::{Failure, Resolved, refuse_spent, resolve};
pub use settlements::Settlements;
pub use spent::Spent;
pub use verdict::{Held, Standing, Verdict};

#[cfg(test)]
mod fixture;

/// The gRPC service that the companion serves.
pub const SERVICE: &str = "tollgate.v1.Budgets";
/// Its only method.
pub const METHOD: &str = "Reserve";
/// Envoy ends a reserve that takes longer than this, in milliseconds.
pub const PATIENCE_MILLIS: u32 = 1000;
/// Envoy ends a reserve whose reply is larger than this, in bytes.
pub const MAX_REPLY: u32 = 128 << 10;
