//! HTTP: one reading of a request, and how it becomes a question.

mod admit;
mod body;
mod budget;
mod check;
mod headers;
mod invalid;
mod path;
mod query;
mod request;
mod route;
mod source;
mod surroundings;
#[cfg(test)]
mod tests;

pub(crate) use body::MAX_BODY;
pub use budget::{BudgetMode, BudgetTerms, Charge, Downgrade, ModelApi, Org, OrgAttribute, RouteBudget};
pub use check::{HttpOutcome, HttpProgress, HttpVerdict, Refusal};
pub use headers::Headers;
pub use invalid::InvalidRequest;
pub use path::CanonicalPath;
pub use query::QueryParameters;
pub use route::RouteTarget;
pub(crate) use route::{MAX_CAPTURES, RoutePattern, RouteTable, Segment, ValueSource};
pub use source::Source;
pub use surroundings::Surroundings;
