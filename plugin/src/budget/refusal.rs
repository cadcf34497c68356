use std::borrow::Cow;

use tollgate_llm::{Api, Limit, Refusal, rate_limit_headers, retry_headers};

use crate::request::{Problem, Reply};
use crate::vm::DecisionId;

use super::course::unit;
use super::{Intent, Standing, Unfit};

/// Longest wait that a client is told, in seconds: a month. Whatever the companion says.
const MAX_WAIT: u64 = 31 * 24 * 3600;

/// The limit that a call does not fit.
pub(super) fn exceeded(intent: &Intent, standing: &Standing, asked: Option<u64>) -> Reply {
    let Standing { scope, name, unit, window, limit: most, used, held, resets_in } = standing;
    let wait = (*resets_in).clamp(1, MAX_WAIT);
    let whose = if name.is_empty() { scope.clone() } else { format!("{scope} `{name}`") };
    let asked = asked.map(|asked| format!(", {asked} asked for")).unwrap_or_default();
    let message = format!(
        "the budget of {most} {unit} a {window} of {whose} has no room for this call: {used} used, {held} held{asked}; it begins anew in {wait} s"
    );
    let refusal = Refusal { status: 429, code: "BUDGET_EXCEEDED", message: &message, retry_after: Some(wait) };
    let mut reply = reply(intent.call().api, intent.decision(), refusal);
    let fields = limit(standing, |limit| rate_limit_headers(&[limit]));
    reply.headers.extend(fields.into_iter().map(|(name, value)| (name, Cow::Owned(value))));
    reply
}

/// Nobody can tell whether a call fits.
pub(super) fn unavailable(intent: &Intent, retry_after: u64) -> Reply {
    let wait = retry_after.clamp(1, MAX_WAIT);
    let message = "the budgets that this call counts for cannot be asked now";
    let refusal = Refusal { status: 503, code: "BUDGET_UNAVAILABLE", message, retry_after: Some(wait) };
    reply(intent.call().api, intent.decision(), refusal)
}

/// The companion cannot hold a call as it is.
pub(super) fn invalid(intent: &Intent, why: &str) -> Reply {
    let refusal = Refusal { status: 400, code: "INVALID_REQUEST", message: why, retry_after: None };
    reply(intent.call().api, intent.decision(), refusal)
}

/// The answer to a request that is no call that could be counted.
#[must_use]
pub fn unfit(unfit: &Unfit, decision: DecisionId, explain: bool) -> Reply {
    let message = unfit.to_string();
    let (status, code) = match unfit {
        Unfit::NoOrg { .. } => (403, "FORBIDDEN"),
        Unfit::UnknownApi | Unfit::Body { .. } => (400, "INVALID_REQUEST"),
    };
    match unfit.api() {
        Some(api) => reply(api, decision, Refusal { status, code, message: &message, retry_after: None }),
        None => Problem::InvalidRequest.reply(decision, explain.then_some(&*message), None),
    }
}

/// A refusal as the API's provider would send it, with what keeps SDKs from trying again by themselves.
fn reply(api: Api, decision: DecisionId, refusal: Refusal<'_>) -> Reply {
    let body = refusal.of(api);
    let mut headers: Vec<(&'static str, Cow<'static, str>)> =
        vec![("content-type", body.content_type.into()), ("cache-control", "no-store".into())];
    headers.extend(body.header.map(|(name, value)| (name, value.into())));
    headers.extend(retry_headers(refusal.retry_after).into_iter().map(|(name, value)| (name, value.into())));
    Reply {
        status: refusal.status,
        headers,
        body: body.bytes,
        details: format!("tollgate_{}{{{decision}}}", refusal.code.to_ascii_lowercase()),
    }
}

/// Has something be done with a limit as clients are told of it.
pub(super) fn limit<R>(standing: &Standing, work: impl FnOnce(Limit<'_>) -> R) -> R {
    let window = match &*standing.window {
        "hour" => 3600,
        "month" => MAX_WAIT,
        _ => 24 * 3600,
    };
    let name = format!("{}-{}-{}", standing.scope, standing.unit, standing.window);
    work(Limit {
        name: &name,
        unit: unit(&standing.unit),
        limit: standing.limit,
        remaining: standing.left(),
        window,
        reset: standing.resets_in.min(MAX_WAIT),
    })
}
