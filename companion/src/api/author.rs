use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};

use super::Api;
use super::problem::Problem;

/// Who asks for a change: whoever shows a token. What takes this answers nobody else.
#[derive(Debug)]
pub(super) struct Author(pub(super) String);

impl FromRequestParts<Api> for Author {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Some(tokens) = &api.tokens else {
            let detail = "nobody can change anything here: the companion was started without `--tokens FILE`";
            return Err(Problem::new(StatusCode::FORBIDDEN, "NO_TOKENS", detail));
        };
        let unauthenticated = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", detail);
        let mut shown = parts.headers.get_all(header::AUTHORIZATION).iter();
        let (Some(only), None) = (shown.next(), shown.next()) else {
            return Err(unauthenticated("this needs one header `authorization: Bearer TOKEN`"));
        };
        let (scheme, token) = only.to_str().ok().and_then(|value| value.split_once(' ')).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(unauthenticated("this needs a header `authorization: Bearer TOKEN`"));
        }
        match tokens.name(token.trim()) {
            Ok(Some(name)) => Ok(Author(name)),
            Ok(None) => Err(unauthenticated("this token is not in the token file")),
            Err(error) => {
                tracing::error!(%error, "nobody can change anything");
                let detail = "the token file cannot be used; the companion's log says why";
                Err(Problem::new(StatusCode::FORBIDDEN, "NO_TOKENS", detail))
            }
        }
    }
}
