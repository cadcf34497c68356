//! HTTP: one reading of a request, and how it becomes a question.

mod check;
mod headers;
mod invalid;
mod path;
mod request;
mod route;
#[cfg(test)]
mod tests;

pub use check::{HttpOutcome, HttpVerdict, Refusal};
pub use headers::Headers;
pub use invalid::InvalidRequest;
pub use path::CanonicalPath;
pub use route::RouteTarget;
pub(crate) use route::{MAX_CAPTURES, RoutePattern, RouteTable, Segment, ValueSource};
