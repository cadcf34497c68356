//! Calls of models as tests send them.

use tollgate_policy::http::{BudgetMode, Charge, Headers, ModelApi, Org, RouteBudget};

use super::{Intent, Unfit};
use crate::vm::DecisionIds;

/// A stream of OpenAI's that does not ask what it uses.
pub(crate) const STREAM: &[u8] = br#"{"model":"large","stream":true,"messages":[{"role":"user","content":"hello"}]}"#;

/// A request with this body, of Ann's, who is of `acme`.
pub(crate) fn read(budget: &RouteBudget, org: Org<'_>, path: &str, body: &[u8]) -> Result<Intent, Unfit> {
    let length = body.len().to_string();
    let headers: [(&[u8], &[u8]); 4] = [
        (b":path", path.as_bytes()),
        (b"content-length", length.as_bytes()),
        (b"x-request-id", b"abc"),
        (b"digest", b"d"),
    ];
    let charge = Charge { budget, mode: budget.mode, user: "ann".into(), org };
    Intent::read(&charge, Headers(&headers), body, DecisionIds::new(7).next())
}

/// A chat with this body.
pub(crate) fn chat(mode: Option<BudgetMode>, body: &[u8]) -> Intent {
    let budget = RouteBudget { api: Some(ModelApi::OpenAiChat), mode, ..RouteBudget::default() };
    read(&budget, Org::Of("acme"), "/v1/chat/completions", body).unwrap()
}
