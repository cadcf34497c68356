use tollgate_llm::{Api, Call, InvalidCall};
use tollgate_policy::http::{BudgetMode, Charge, Headers, Org};

use crate::protobuf::{push_bytes, push_number};
use crate::vm::DecisionId;

use super::speaks::speaks;

#[cfg(test)]
mod tests;

/// Longest `x-request-id` that the companion is told, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// Headers that are about the bytes of a body: of another body they would be wrong.
const DIGESTS: [&str; 4] = ["content-md5", "digest", "content-digest", "repr-digest"];

/// An allowed request as a call of a model, for the companion to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    decision: DecisionId,
    call: Call,
    mode: Option<BudgetMode>,
    known_mode: Option<BudgetMode>,
    user: Box<str>,
    /// None if the call counts for none.
    org: Option<Box<str>>,
    is_org_unknown: bool,
    output_cap: Option<u64>,
    prompt_elsewhere: Option<u64>,
    includes_usage: bool,
    downgrade: Option<u8>,
    request_id: Box<str>,
    path: Box<str>,
    /// Of the headers that a change of the body concerns, those that are there.
    body_headers: Vec<&'static str>,
}

/// Why an allowed request is no call that could be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Neither the route nor the request's path says of which API it is.
    #[error("the request's path is of no API of models that is known")]
    UnknownApi,
    /// The route says one thing, the path another.
    #[error("the request's path is of another API than its route")]
    OtherApi {
        /// The route's.
        api: Api,
    },
    /// The path is not as the API has it, and might say which model serves.
    #[error("the request's path is not one of its API's")]
    OtherPath {
        /// The API.
        api: Api,
    },
    /// It is not what its API says.
    #[error("{cause}")]
    Body {
        /// The API.
        api: Api,
        /// What is wrong.
        cause: InvalidCall,
    },
    /// The route counts calls for organisations, and the principal's identity names none.
    #[error("the caller's identity does not say for which organisation the call counts")]
    NoOrg {
        /// The API.
        api: Api,
    },
}

impl Unfit {
    /// The API whose words the client understands.
    #[must_use]
    pub fn api(&self) -> Option<Api> {
        match self {
            Unfit::UnknownApi => None,
            Unfit::OtherApi { api } | Unfit::OtherPath { api } | Unfit::Body { api, .. } | Unfit::NoOrg { api } => {
                Some(*api)
            }
        }
    }
}

impl Intent {
    /// Reads an allowed request.
    ///
    /// # Errors
    /// If it cannot be counted.
    pub fn read(charge: &Charge<'_>, headers: Headers<'_>, body: &[u8], decision: DecisionId) -> Result<Self, Unfit> {
        let text = |name: &str| {
            let value = headers.0.iter().find(|(present, _)| *present == name.as_bytes());
            value.and_then(|(_, value)| str::from_utf8(value).ok())
        };
        let path = text(":path").unwrap_or_default();
        let api = speaks(charge.budget, path)?;
        let is_org_unknown = charge.org == Org::Unknown;
        if is_org_unknown && charge.mode == Some(BudgetMode::Strict) {
            return Err(Unfit::NoOrg { api });
        }
        let is_there = |name: &&str| headers.0.iter().any(|(present, _)| *present == name.as_bytes());
        if let Some(name) = api.hiding_header().filter(is_there) {
            return Err(Unfit::Body { api, cause: InvalidCall::Hides { name } });
        }
        let call = Call::read(api, path, body).map_err(|cause| Unfit::Body { api, cause })?;
        let request_id = text("x-request-id").unwrap_or_default();
        Ok(Intent {
            decision,
            output_cap: call.output_cap.or(charge.budget.default_output),
            prompt_elsewhere: charge.budget.prompt_elsewhere.filter(|_| call.is_partial),
            includes_usage: charge.budget.include_usage && call.needs_include_usage(),
            call,
            mode: charge.budget.mode,
            known_mode: charge.mode,
            user: (*charge.user).into(),
            org: match charge.org {
                Org::Of(org) => Some(org.into()),
                Org::None | Org::Unknown => None,
            },
            is_org_unknown,
            downgrade: charge.budget.downgrade.map(|downgrade| downgrade.below),
            request_id: request_id.get(..request_id.floor_char_boundary(MAX_REQUEST_ID)).unwrap_or_default().into(),
            path: path.into(),
            body_headers: ["content-length"].into_iter().chain(DIGESTS).filter(is_there).collect(),
        })
    }

    /// The decision that allowed it.
    #[must_use]
    pub fn decision(&self) -> DecisionId {
        self.decision
    }

    /// What it asks for.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// What becomes of it where it does not fit, as far as the route says.
    #[must_use]
    pub fn mode(&self) -> Option<BudgetMode> {
        self.mode
    }

    /// The same, as far as the route or its environment says.
    #[must_use]
    pub fn known_mode(&self) -> Option<BudgetMode> {
        self.known_mode
    }

    /// Whether another model may serve it than the one that it asks for.
    #[must_use]
    pub fn may_be_downgraded(&self) -> bool {
        self.downgrade.is_some()
    }

    /// Who asks.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// For which organisation, if for any.
    #[must_use]
    pub fn org(&self) -> Option<&str> {
        self.org.as_deref()
    }

    /// Whether the answer is to say what was used although the client does not ask for it.
    pub(super) fn includes_usage(&self) -> bool {
        self.includes_usage
    }

    /// The request's path, with its query.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The most tokens of an answer that the client or the route bounds it to.
    pub(super) fn output_cap(&self) -> Option<u64> {
        self.output_cap
    }

    /// Of the headers that a change of the body concerns, those that are there.
    pub(super) fn body_headers(&self) -> &[&'static str] {
        &self.body_headers
    }

    /// The encoded `ReserveRequest`.
    #[must_use]
    pub fn reserve(&self) -> Vec<u8> {
        let mut message = Vec::with_capacity(160);
        push_bytes(&mut message, 1, &self.decision.bytes());
        let mode = match self.mode {
            None => 0,
            Some(BudgetMode::Strict) => 1,
            Some(BudgetMode::Advisory) => 2,
            Some(BudgetMode::Disabled) => 3,
        };
        push_number(&mut message, 2, mode);
        let model = self.call.model.as_deref().unwrap_or_default();
        for (number, text) in [(3, &*self.user), (4, self.org().unwrap_or_default()), (5, model)] {
            push_text(&mut message, number, text);
        }
        let elsewhere = self.prompt_elsewhere.unwrap_or_default();
        push_number(&mut message, 6, self.call.prompt_tokens.saturating_add(elsewhere));
        // A bound of zero is said, too.
        match self.output_cap {
            None => {}
            Some(0) => message.extend([7 << 3, 0]),
            Some(cap) => push_number(&mut message, 7, cap),
        }
        push_number(&mut message, 8, self.call.answers.min(u32::MAX.into()));
        if let Some(below) = self.downgrade {
            let mut downgrade = Vec::new();
            push_number(&mut downgrade, 1, below.into());
            push_bytes(&mut message, 9, &downgrade);
        }
        push_text(&mut message, 10, &self.request_id);
        push_number(&mut message, 11, self.is_org_unknown.into());
        let is_partial = self.call.is_partial && self.prompt_elsewhere.is_none();
        push_number(&mut message, 12, is_partial.into());
        push_number(&mut message, 13, self.call.images.min(u32::MAX.into()));
        push_number(&mut message, 14, self.call.file_tokens);
        message
    }
}

fn push_text(message: &mut Vec<u8>, number: u8, text: &str) {
    if !text.is_empty() {
        push_bytes(message, number, text.as_bytes());
    }
}
