use std::collections::HashSet;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use tollgate_policy::source::SourceFile;

use crate::find::object;

use super::problem::Problem;

/// How long a sender may take for a body.
const PATIENCE: Duration = Duration::from_secs(30);

/// The type of several policy files at once.
pub(crate) const FILES: &str = "application/vnd.tollgate.files+json";

/// What a policy file may be sent as.
const TYPES: [&str; 6] =
    ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/json", "text/plain"];

const JSON: &str = "application/json";

/// Several policy files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    files: Vec<File>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    text: String,
}

/// A policy file, of at most so many bytes.
pub(super) async fn text(headers: &HeaderMap, body: Body, most: usize) -> Result<String, Problem> {
    match media_type(headers) {
        None => {}
        Some(sent) if TYPES.contains(&sent.as_str()) => {}
        Some(sent) => return Err(unsupported(&sent)),
    }
    utf8(read(body, most).await?)
}

/// One policy file or several.
pub(super) async fn files(headers: &HeaderMap, body: Body, most: usize) -> Result<Vec<SourceFile>, Problem> {
    if media_type(headers).as_deref() != Some(FILES) {
        let text = text(headers, body, most).await?;
        return if text.trim().is_empty() { Err(nothing()) } else { Ok(vec![SourceFile::new("body", text)]) };
    }
    let files: Files = serde_json::from_slice(&read(body, most).await?).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", format!("this is no {FILES}: {error}"))
    })?;
    if files.files.iter().all(|file| file.text.trim().is_empty()) {
        return Err(nothing());
    }
    let mut names = HashSet::new();
    if let Some(File { name, .. }) = files.files.iter().find(|file| !names.insert(file.name.as_str())) {
        let detail = format!("two files are called `{name}`");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", detail));
    }
    Ok(files.files.into_iter().map(|File { name, text }| SourceFile::new(name, text)).collect())
}

/// A JSON object.
pub(super) async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body, most: usize) -> Result<T, Problem> {
    if let Some(sent) = media_type(headers).filter(|sent| sent != JSON) {
        let detail = format!("a question is sent as {JSON}, not as {sent}");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail));
    }
    let sent = read(body, most).await?;
    let mut document = serde_json::Deserializer::from_slice(&sent);
    object(&mut document).and_then(|question| document.end().map(|()| question)).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", format!("this question cannot be read: {error}"))
    })
}

/// What a mistyped file name sends. To have no policies must be said on purpose.
fn nothing() -> Problem {
    let detail =
        "nothing was sent, which would remove every policy; to do that, send a file that holds a comment alone";
    Problem::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", detail)
}

async fn read(body: Body, most: usize) -> Result<Bytes, Problem> {
    match timeout(PATIENCE, Limited::new(body, most).collect()).await {
        Ok(Ok(read)) => Ok(read.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let detail = format!("the body is longer than {most} bytes");
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", detail))
        }
        Ok(Err(error)) => {
            let detail = format!("the body cannot be read: {error}");
            Err(Problem::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", detail))
        }
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "TIMEOUT", "the body does not arrive")),
    }
}

fn utf8(bytes: Bytes) -> Result<String, Problem> {
    String::from_utf8(bytes.into()).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let detail = format!("a policy file is UTF-8 text, and byte {at} of the body is not");
        Problem::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", detail)
    })
}

/// Without its parameters, in lower case.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(header::CONTENT_TYPE)?.as_bytes()).into_owned();
    let (kind, _) = value.split_once(';').unwrap_or((&value, ""));
    Some(kind.trim().to_ascii_lowercase())
}

fn unsupported(sent: &str) -> Problem {
    let detail = format!("a policy file is sent as application/yaml or application/json, not as {sent}");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail)
}
