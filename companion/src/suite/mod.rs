//! Test suites: questions to a policy set, and the answers that are expected.
//!
//! `decode` reads a file into fixtures and tests: `question` reads a test's lists, `table` what is expected of their
//! combinations. A suite is a list of cases then, which [`Policies`] answers; [`Coverage`] adds up which policies the
//! answers touched.

mod case;
mod coverage;
mod decode;
mod expectation;
mod fixture;
mod loaded;
mod question;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use case::{Case, Question, Suite, Test};
pub(crate) use coverage::{Branch, Coverage, PolicyCoverage};
pub(crate) use decode::{Expectations, load};
pub(crate) use expectation::Expectation;
pub(crate) use loaded::Policies;

/// The JSON Schema of test suites, for editors.
pub(crate) const JSON_SCHEMA: &str = include_str!("suite.schema.json");
