//! Calls of models by many clients at once, and whether what the companions have counted is what the provider has.

mod accounts;
mod audit;
mod mix;
mod policies;
mod settled;
mod traffic;
mod watch;

pub use accounts::{Amounts, Budget, Ending, Entry, ledgers};
pub use audit::{Audit, reservation, vm};
pub use mix::Mix;
pub use policies::{plugin_configuration, policies};
pub use settled::{require_counted, settled, told};
pub use traffic::{Made, Plan, Seen, Traffic};
pub use watch::{Watch, Watched};
