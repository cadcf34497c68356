use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tollgate_policy::source::Diagnostic;

use crate::policies::CompileError;
use crate::publisher::Refused;

/// Why a request is not answered as its sender hoped (RFC 9457).
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    diagnostics: Vec<Diagnostic>,
    omitted: usize,
}

#[derive(Serialize)]
struct Document<'p> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'p str,
    status: u16,
    code: &'p str,
    detail: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnostics: Option<&'p [Diagnostic]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omitted: Option<usize>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Problem { status, code, detail: detail.into(), diagnostics: Vec::new(), omitted: 0 }
    }

    /// Says more.
    pub(super) fn and(mut self, detail: &str) -> Self {
        self.detail.push_str(detail);
        self
    }

    pub(super) fn state(detail: String) -> Self {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "STATE_UNAVAILABLE", detail)
    }

    /// Lists what is wrong with policies, if that is the error.
    pub(super) fn with(self, error: &CompileError) -> Self {
        match error {
            CompileError::Policies(diagnostics) => Problem {
                diagnostics: diagnostics.iter().cloned().collect(),
                omitted: diagnostics.omitted(),
                detail: error.summary(),
                ..self
            },
            _ => self,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.detail)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let (status, code) = match &refused {
            Refused::FilesSource => (StatusCode::CONFLICT, "WRONG_SOURCE"),
            Refused::NotApart => (StatusCode::CONFLICT, "NOT_APART"),
            Refused::NotKept(_) => (StatusCode::CONFLICT, "NOT_KEPT"),
            Refused::NoPolicy(_) | Refused::NoVersion(_) => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Refused::Changed(_) | Refused::Exists(_) | Refused::Absent => {
                (StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED")
            }
            Refused::Unconditional(_) => (StatusCode::PRECONDITION_REQUIRED, "PRECONDITION_REQUIRED"),
            Refused::Read(_) | Refused::Compile(_) | Refused::Split(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "INVALID_POLICIES")
            }
            Refused::SplitDiffers | Refused::Unfit(_) | Refused::Crashed(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL")
            }
            Refused::State(_) => (StatusCode::SERVICE_UNAVAILABLE, "STATE_UNAVAILABLE"),
            Refused::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "STOPPING"),
        };
        let problem = Problem::new(status, code, refused.to_string());
        match &refused {
            Refused::Compile(error) => problem.with(error),
            _ => problem,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let is_policies = self.code == "INVALID_POLICIES";
        let document = Document {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            diagnostics: is_policies.then_some(&self.diagnostics),
            omitted: is_policies.then_some(self.omitted),
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"tollgate\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
