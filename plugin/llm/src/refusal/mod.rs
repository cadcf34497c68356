//! Refusals in the words of the API that was called, so that its SDKs raise what they raise for the provider's own.

mod limits;

pub use limits::{Limit, Unit, rate_limit_headers, retry_headers};

use crate::Api;
use crate::json::quoted;

#[cfg(test)]
mod tests;

/// Why a call is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// The status: 429 where a budget is spent, 503 where none can be asked, 4xx where the request is at fault.
    pub status: u16,
    /// Our own name for it, such as `BUDGET_EXCEEDED`.
    pub code: &'a str,
    /// What is wrong, for people.
    pub message: &'a str,
    /// After how many seconds the same call may be made, if that is known.
    pub retry_after: Option<u64>,
}

/// A refusal as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalBody {
    /// The value of `content-type`.
    pub content_type: &'static str,
    /// A header that the API's SDKs look at beside the body.
    pub header: Option<(&'static str, &'static str)>,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Refusal<'_> {
    /// The refusal as the API's provider would send it.
    ///
    /// OpenAI's and Anthropic's SDKs go by the status, Google's by the status and `error.status`, Amazon's by the header.
    #[must_use]
    pub fn of(&self, api: Api) -> RefusalBody {
        let (message, code) = (quoted(self.message), quoted(self.code));
        let status = self.status;
        let kind = self.kind(api);
        let (body, header) = match api {
            Api::OpenAiChat | Api::OpenAiResponses | Api::OpenAiEmbeddings => {
                (format!(r#"{{"error":{{"message":{message},"type":"{kind}","param":null,"code":{code}}}}}"#), None)
            }
            Api::AnthropicMessages => {
                (format!(r#"{{"type":"error","error":{{"type":"{kind}","message":{message}}}}}"#), None)
            }
            Api::Gemini => {
                let retry = self.retry_after.map_or_else(String::new, |seconds| {
                    format!(r#",{{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{seconds}s"}}"#)
                });
                let details = format!(
                    r#"{{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":{code},"domain":"tollgate"}}{retry}"#
                );
                let body = format!(
                    r#"{{"error":{{"code":{status},"message":{message},"status":"{kind}","details":[{details}]}}}}"#
                );
                (body, None)
            }
            Api::BedrockConverse => (format!(r#"{{"message":{message}}}"#), Some(("x-amzn-errortype", kind))),
        };
        RefusalBody { content_type: "application/json", header, bytes: body.into_bytes() }
    }

    /// What the provider calls an error of this status.
    fn kind(&self, api: Api) -> &'static str {
        let [too_many, unavailable, too_large, denied, invalid] = match api {
            // A quota that is spent is nothing that waiting a little helps against.
            Api::OpenAiChat | Api::OpenAiResponses | Api::OpenAiEmbeddings => [
                "insufficient_quota",
                "server_error",
                "invalid_request_error",
                "invalid_request_error",
                "invalid_request_error",
            ],
            Api::AnthropicMessages => {
                ["rate_limit_error", "api_error", "request_too_large", "permission_error", "invalid_request_error"]
            }
            Api::Gemini => {
                ["RESOURCE_EXHAUSTED", "UNAVAILABLE", "INVALID_ARGUMENT", "PERMISSION_DENIED", "INVALID_ARGUMENT"]
            }
            Api::BedrockConverse => [
                "ThrottlingException",
                "ServiceUnavailableException",
                "ValidationException",
                "AccessDeniedException",
                "ValidationException",
            ],
        };
        match self.status {
            429 => too_many,
            500.. => unavailable,
            413 => too_large,
            403 => denied,
            _ => invalid,
        }
    }
}
