use std::io;
use std::net::SocketAddr;

use hyper::StatusCode;
use serde::Deserialize;
use tollgate_policy::source::Diagnostic;

/// Why there is no answer to go on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("cannot start the runtime: {0}")]
    Start(io::Error),
    #[error("the token holds characters that no header can: it should be one line of letters and digits")]
    Token,
    #[error("this cannot be asked: {0}")]
    Question(hyper::http::Error),
    #[error("this cannot be written as JSON: {0}")]
    Unwritable(serde_json::Error),
    #[error("cannot reach a companion at {address}: {source}; is `tollgate serve` running, and is this its --http?")]
    Unreachable { address: SocketAddr, source: io::Error },
    #[error("the companion at {address} did not answer to the end: {source}")]
    Cut { address: SocketAddr, source: hyper::Error },
    #[error("the companion at {0} does not answer in time")]
    Silent(SocketAddr),
    #[error("the companion at {0} answers more than can be read")]
    TooLong(SocketAddr),
    #[error("what listens at {0} does not answer as a companion would")]
    Strange(SocketAddr),
    #[error("the companion's answer cannot be read: {0}; is it of another version?")]
    Unreadable(serde_json::Error),
    #[error("refused with {status}: {problem}")]
    Refused { status: StatusCode, problem: Box<Problem> },
}

/// What a refusal says (RFC 9457).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    pub(crate) code: String,
    pub(crate) title: String,
    pub(crate) detail: String,
    /// What is wrong with policies that were sent.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How many problems there are beyond those.
    pub(crate) omitted: usize,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.detail.as_str(), self.title.as_str()) {
            ("", "") => f.write_str("no reason is given"),
            ("", text) | (text, _) => f.write_str(text),
        }
    }
}
