use anyhow::{Context, ensure};

use crate::ask::HttpRequest;

/// Reads a request as a command line spells it: `GET /v1/documents/1`.
pub(super) fn parse(request: &str, host: &str, headers: &[String]) -> anyhow::Result<HttpRequest> {
    let (method, target) =
        request.split_once(' ').context("--request must be a method and a path, as in 'GET /v1/documents/1'")?;
    Ok(HttpRequest {
        method: method.to_owned(),
        target: target.to_owned(),
        host: host.to_owned(),
        headers: headers.iter().map(|header| parse_header(header)).collect::<anyhow::Result<_>>()?,
        body: None,
    })
}

fn parse_header(header: &str) -> anyhow::Result<(String, String)> {
    let malformed = || format!("--header `{header}` must be a name, a colon and a value");
    let (name, value) = header.split_once(':').with_context(malformed)?;
    ensure!(!name.trim().is_empty(), malformed());
    Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}
