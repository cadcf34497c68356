//! Token budgets at work: what plugins ask before a call of a model, and what they say of how it ended.

mod call;
#[cfg(test)]
mod fixture;
mod payer;
mod receipt;
mod ways;
