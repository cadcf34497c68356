use std::borrow::Cow;

use tollgate_llm::{Api, Refusal, rate_limit_headers, retry_headers};

use crate::request::{Problem, Reply};
use crate::vm::DecisionId;

use super::shown::{MAX_WAIT, limit, visible};
use super::{Intent, Standing, Unfit};

#[cfg(test)]
mod tests;

/// When to come again where a call would fit, but for what others hold and will give back, in seconds.
const HELD_WAIT: u64 = 5;

/// Longest code of the companion's that a client is shown, in bytes.
const MAX_CODE: usize = 64;

/// The limit that a call does not fit.
pub(super) fn exceeded(intent: &Intent, standing: &Standing, asked: Option<u64>) -> Reply {
    let Standing { scope, name, unit, window, limit: most, used, held, resets_in } = standing;
    let reset = (*resets_in).clamp(1, MAX_WAIT);
    let whose = if name.is_empty() { scope.clone() } else { format!("{scope} `{name}`") };
    // What is only held is given back, in part, as soon as the calls end that it is held for.
    let is_held = asked.is_some_and(|asked| used.saturating_add(asked) <= *most);
    let wait = if is_held { reset.min(HELD_WAIT) } else { reset };
    let asked = asked.map(|asked| format!(", {asked} asked for")).unwrap_or_default();
    let message = format!(
        "the budget of {most} {unit} a {window} of {whose} has no room for this call: {used} used, {held} held{asked}; it begins anew in {reset} s"
    );
    let refusal = Refusal { status: 429, code: "BUDGET_EXCEEDED", message: &message, retry_after: Some(wait) };
    let mut reply = reply(intent.call().api, intent.decision(), refusal, !is_held);
    let fields = limit(standing, |limit| rate_limit_headers(&[limit]));
    reply.headers.extend(fields.into_iter().map(|(name, value)| (name, Cow::Owned(value))));
    reply
}

/// Nobody can tell whether a call fits.
pub(super) fn unavailable(intent: &Intent, retry_after: u64) -> Reply {
    let wait = retry_after.clamp(1, MAX_WAIT);
    let message = "the budgets that this call counts for cannot be asked now";
    let refusal = Refusal { status: 503, code: "BUDGET_UNAVAILABLE", message, retry_after: Some(wait) };
    reply(intent.call().api, intent.decision(), refusal, false)
}

/// The companion cannot hold a call as it is.
pub(super) fn invalid(intent: &Intent, code: &str, why: &str) -> Reply {
    let is_code = |code: &str| {
        (1..=MAX_CODE).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let code = if is_code(code) { code } else { "INVALID_REQUEST" };
    let refusal = Refusal { status: 400, code, message: why, retry_after: None };
    reply(intent.call().api, intent.decision(), refusal, true)
}

/// The model that could serve a call instead of the one that it asks for must not.
#[must_use]
pub fn other_model(intent: &Intent, model: &str) -> Reply {
    let model = visible(model);
    let message = format!(
        "the budget has no room for the model that is asked for, and the policies do not allow `{model}` instead"
    );
    let refusal = Refusal { status: 403, code: "FORBIDDEN", message: &message, retry_after: None };
    reply(intent.call().api, intent.decision(), refusal, true)
}

/// The body of a call is longer than its route takes.
#[must_use]
pub fn too_large(api: Api, decision: DecisionId) -> Reply {
    let message = "the body is longer than this route takes";
    let refusal = Refusal { status: 413, code: "BODY_TOO_LARGE", message, retry_after: None };
    reply(api, decision, refusal, true)
}

/// The answer to a request that is no call that could be counted.
#[must_use]
pub fn unfit(unfit: &Unfit, decision: DecisionId, explain: bool) -> Reply {
    let message = unfit.to_string();
    let (status, code) = match unfit {
        Unfit::NoOrg { .. } => (403, "FORBIDDEN"),
        Unfit::UnknownApi | Unfit::OtherApi { .. } | Unfit::OtherPath { .. } | Unfit::Body { .. } => {
            (400, "INVALID_REQUEST")
        }
    };
    match unfit.api() {
        Some(api) => reply(api, decision, Refusal { status, code, message: &message, retry_after: None }, true),
        None => Problem::InvalidRequest.reply(decision, explain.then_some(&*message), None),
    }
}

/// A refusal as the API's provider would send it. If it `is_final`, SDKs are kept from trying again by themselves.
fn reply(api: Api, decision: DecisionId, refusal: Refusal<'_>, is_final: bool) -> Reply {
    let body = refusal.of(api);
    let mut headers: Vec<(&'static str, Cow<'static, str>)> =
        vec![("content-type", body.content_type.into()), ("cache-control", "no-store".into())];
    headers.extend(body.header.map(|(name, value)| (name, value.into())));
    let retry = retry_headers(refusal.retry_after, is_final);
    headers.extend(retry.into_iter().map(|(name, value)| (name, value.into())));
    Reply {
        status: refusal.status,
        headers,
        body: body.bytes,
        details: format!("tollgate_{}{{{decision}}}", refusal.code.to_ascii_lowercase()),
    }
}
