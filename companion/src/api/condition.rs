use axum::http::{HeaderMap, HeaderName, StatusCode, header};

use crate::publisher::Condition;

use super::problem::Problem;

/// What the headers of a request ask to hold before it is carried out.
pub(super) fn condition(headers: &HeaderMap) -> Result<Condition, Problem> {
    match (value(headers, &header::IF_MATCH)?, value(headers, &header::IF_NONE_MATCH)?) {
        (None, None) => Ok(Condition::Unsaid),
        (Some(tags), None) if tags.trim() == "*" => Ok(Condition::Exists),
        (Some(tags), None) => Ok(Condition::Is(tags.split(',').map(|tag| tag.trim().to_owned()).collect())),
        (None, Some(tags)) if tags.trim() == "*" => Ok(Condition::Absent),
        (None, Some(_)) => Err(invalid("`If-None-Match` is `*` here: create it only if it does not exist")),
        (Some(_), Some(_)) => Err(invalid("send `If-Match` or `If-None-Match`, not both")),
    }
}

/// Repeated headers are one list.
fn value(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Problem> {
    let values: Result<Vec<&str>, _> = headers.get_all(name).iter().map(|value| value.to_str()).collect();
    let values = values.map_err(|_| invalid("an ETag is plain text in quotes"))?;
    Ok((!values.is_empty()).then(|| values.join(",")))
}

fn invalid(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", detail)
}
