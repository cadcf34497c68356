//! Policies that say the same, or nearly: by what they mean where that can be told, by their vectors otherwise.

mod differences;
mod find;
mod meaning;
mod question;
mod report;
#[cfg(test)]
mod tests;

pub(crate) use find::{FindError, find};
pub(crate) use question::Question;
pub(crate) use report::{Difference, Group, Member, Report};
