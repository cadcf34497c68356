//! Calls of large language models as they pass a proxy: which API a request speaks, what it asks for, and what the
//! provider says that it used.
//!
//! Pure and incremental: bytes come in as the proxy has them, nothing is kept longer than an event takes, nothing panics.

mod answer;
mod api;
mod call;
mod estimate;
mod json;
mod refusal;

pub use answer::{Answer, Ended, Ending, Head, Passed, Spent, Usage};
pub use api::{Api, Detected, with_model};
pub use call::{Call, InvalidCall, Rewrite};
pub use json::quoted;
pub use refusal::{Limit, Refusal, RefusalBody, Unit, rate_limit_headers, retry_headers};
