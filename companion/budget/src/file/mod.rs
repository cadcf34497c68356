//! The budget file: an SQLite database for this process alone. Here it is opened, and its tables and threads are kept; what
//! is in the tables is the business of `ledger` and `sqlite`.

mod columns;
mod error;
mod open;
mod schema;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use columns::{CounterKey, int, oldest_kept, scope, unknown, wanted, whole};
pub use error::{FileError, OpenError};
pub use open::Durability;
pub(crate) use open::{BudgetFile, Counting};
