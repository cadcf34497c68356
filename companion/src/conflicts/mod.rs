//! Policies that contradict each other, or make each other needless: a question that shows it, or why there is none.
//!
//! An index of kinds, actions and roles proposes every pair that has one of each in common; vectors propose those that are
//! about the same and have no role in common. [`prover`] then says of each pair what is so. What was not looked at is told.

mod find;
mod pairs;
mod prover;
mod question;
mod report;
mod study;
#[cfg(test)]
mod tests;

pub(crate) use find::{FindError, find};
pub(crate) use prover::{Conflict, Effort, Prover, Statement};
pub(crate) use question::Question;
pub(crate) use report::{Found, LeftOut, Pair, Report};
pub(crate) use study::{Cancelled, Study};
