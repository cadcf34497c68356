use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use http::StatusCode;
use tollgate_policy::source::tree::printable;
use tollgate_search::{EmbedError, VectorError};

use super::endpoint::Endpoint;
use super::key::KeyError;

/// Most characters of what a service says that are repeated.
const MAX_SAID: usize = 200;

/// Why a request brought no vectors.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("cannot be asked: {0}")]
    Question(#[from] http::Error),
    #[error("{}", with_causes(.0))]
    Unreachable(hyper_util::client::legacy::Error),
    #[error("the answer breaks off: {}", with_causes(.0.as_ref()))]
    Cut(Box<dyn Error + Send + Sync>),
    #[error("no whole answer within {0:?}")]
    Slow(Duration),
    #[error("the answer is longer than {0} bytes")]
    Long(usize),
    #[error("answers {status}: {}", excerpt(.said))]
    Refused { status: StatusCode, said: String, after: Option<Duration> },
    #[error("answers {0} to the API key; it is asked again with the key as it is then, so replacing the key is enough")]
    Unauthorised(StatusCode),
    #[error("answers {status} and points to {}; redirects are not followed, since the key would go along: set `url`", excerpt(.to))]
    Redirect { status: StatusCode, to: String },
    #[error("the answer cannot be read: {0}")]
    Unreadable(serde_json::Error),
    #[error("answers with {given} vectors for {wanted} texts")]
    Count { given: usize, wanted: usize },
    #[error("answers with index {0} twice, or for no text")]
    Index(usize),
    #[error("answers with vectors of {given} dimensions where {wanted} are configured (`dimensions`)")]
    Dimensions { given: usize, wanted: usize },
    #[error("the vector of text {index} is none: {source}")]
    Vector { index: usize, source: VectorError },
}

/// What helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Asking again soon, after this long at least.
    Again { after: Option<Duration> },
    /// Waiting until somebody has mended something outside.
    Later,
    /// Nothing, with these texts and this configuration.
    Nothing,
}

impl Fault {
    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Fault::Unreachable(_)
            | Fault::Cut(_)
            | Fault::Slow(_)
            | Fault::Unreadable(_)
            | Fault::Count { .. }
            | Fault::Index(_)
            | Fault::Vector { .. } => Remedy::Again { after: None },
            Fault::Refused { status, after, .. } => match *status {
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
                    Remedy::Again { after: *after }
                }
                status if status.is_client_error() => Remedy::Nothing,
                _ => Remedy::Again { after: *after },
            },
            Fault::Redirect { status, .. } => match *status {
                StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT => Remedy::Nothing,
                _ => Remedy::Later,
            },
            Fault::Key(_) | Fault::Unauthorised(_) => Remedy::Later,
            Fault::Question(_) | Fault::Long(_) | Fault::Dimensions { .. } => Remedy::Nothing,
        }
    }

    /// For whoever wanted the vectors.
    pub(super) fn from(self, endpoint: &Endpoint) -> EmbedError {
        let reason = format!("{endpoint}: {self}");
        match self.remedy() {
            Remedy::Again { after } => EmbedError::Later { reason, after },
            Remedy::Later => EmbedError::Later { reason, after: None },
            Remedy::Nothing => EmbedError::Never { reason },
        }
    }
}

/// On one line, and not all of it.
fn excerpt(text: &str) -> String {
    let shown = printable(text.trim().chars(), MAX_SAID, ' ');
    if shown.is_empty() { "no reason is given".to_owned() } else { shown }
}

fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to memory cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_mended_by_asking_again_is_told_from_what_cannot() {
        let refused = |status: u16, after| {
            Fault::Refused { status: StatusCode::from_u16(status).unwrap(), said: String::new(), after }.remedy()
        };
        for status in [400, 404, 405, 413, 415, 422, 431] {
            assert_eq!(refused(status, None), Remedy::Nothing, "{status}");
        }
        let after = Some(Duration::from_secs(7));
        for status in [408, 425, 429, 500, 502, 503, 504, 529] {
            assert_eq!(refused(status, after), Remedy::Again { after }, "{status}");
        }
        for (status, remedy) in
            [(301, Remedy::Nothing), (308, Remedy::Nothing), (302, Remedy::Later), (307, Remedy::Later)]
        {
            let redirect = Fault::Redirect { status: StatusCode::from_u16(status).unwrap(), to: String::new() };
            assert_eq!(redirect.remedy(), remedy, "{status}");
        }
        for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
            assert_eq!(Fault::Unauthorised(status).remedy(), Remedy::Later);
        }
    }

    #[test]
    fn what_a_service_says_is_repeated_on_one_line_and_in_part() {
        assert_eq!(excerpt(" a\nb\u{1b}[31m "), "a b [31m");
        assert_eq!(excerpt(""), "no reason is given");
        assert_eq!(excerpt(&"é".repeat(300)).chars().count(), MAX_SAID);
    }
}
