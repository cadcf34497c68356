use anyhow::{Context, ensure};

use super::identity::PresentedIdentity;

/// An HTTP request as a command line spells it.
#[derive(Debug)]
pub(super) struct HttpRequest {
    method: String,
    target: String,
    host: String,
    headers: Vec<(String, String)>,
}

impl HttpRequest {
    pub(super) fn parse(request: &str, host: &str, headers: &[String]) -> anyhow::Result<Self> {
        let (method, target) =
            request.split_once(' ').context("--request must be a method and a path, as in 'GET /v1/documents/1'")?;
        Ok(HttpRequest {
            method: method.to_owned(),
            target: target.to_owned(),
            host: host.to_owned(),
            headers: headers.iter().map(|header| parse_header(header)).collect::<anyhow::Result<_>>()?,
        })
    }

    /// Every header in the order and spelling in which Envoy gives them.
    pub(super) fn headers<'a>(&'a self, identity: &'a PresentedIdentity) -> Vec<(&'a str, &'a str)> {
        let pseudo = [
            (":authority", self.host.as_str()),
            (":path", self.target.as_str()),
            (":method", self.method.as_str()),
            (":scheme", "http"),
        ];
        let own = self.headers.iter().chain(identity.headers());
        pseudo.into_iter().chain(own.map(|(name, value)| (name.as_str(), value.as_str()))).collect()
    }
}

fn parse_header(header: &str) -> anyhow::Result<(String, String)> {
    let malformed = || format!("--header `{header}` must be a name, a colon and a value");
    let (name, value) = header.split_once(':').with_context(malformed)?;
    ensure!(!name.trim().is_empty(), malformed());
    Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}
