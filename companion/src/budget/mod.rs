//! Token budgets at work: what plugins ask before a call of a model, and what they say of how it ended.
//!
//! The way of a call: at the `desk` its most is worked out (`call`), for whom it counts (`payer`), and which models may serve
//! it in which order (`ways`); the store holds it, and the VM has a `receipt`. How it ended comes to the `till`, and is
//! `settling` until the store has it. Of calls that nothing is heard of, the `sweep` ends the leases. What operators should
//! know is told as `events`; what they look at and change are `accounts`. The limits are in the `rulebook`. In which `condition`
//! the store is, the `lookout` tells, if it is one that companions share.

mod accounts;
mod attempt;
mod call;
mod condition;
mod config;
mod desk;
mod events;
#[cfg(test)]
mod fixture;
mod lookout;
mod open;
mod payer;
mod receipt;
mod reply;
mod rulebook;
mod settling;
mod sweep;
mod till;
mod ways;

pub(crate) use accounts::{Accounts, AccountsError, Fellows};
pub(crate) use condition::Condition;
pub use config::{BudgetConfig, BudgetPlace, BudgetStore, InvalidLedgerDays, InvalidStore, LedgerDays, RedisBudgets};
pub(crate) use desk::Desk;
pub(crate) use events::{Event, What};
pub(crate) use open::Opened;
pub(crate) use rulebook::Rulebook;
pub(crate) use till::{MOST_UNSETTLED, Till};
