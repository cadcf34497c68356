use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, USER_AGENT};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use prost::bytes::Bytes;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, crypto};
use serde::Deserialize;
use tokio::time::timeout;
use tollgate_search::{EmbedError, Vector};

use super::answer;
use super::config::HttpConfig;
use super::endpoint::Endpoint;
use super::fault::Fault;
use super::key::Key;
use super::patience::{Patience, retry_after};

/// How long a connection may be idle and still be used for the next request.
const IDLE: Duration = Duration::from_secs(30);

/// How much of a refusal is read.
const MAX_REFUSAL: usize = 16 << 10;

/// A service that cannot be asked as it is configured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error("{endpoint} would be asked without TLS; use https, or name `{}` in `plaintext_hosts`", endpoint.host())]
    Plaintext { endpoint: Endpoint },
    #[error("cannot read authorities in `{}`: {source}", path.display())]
    Authorities { path: PathBuf, source: rustls::pki_types::pem::Error },
    #[error("an authority in `{}` cannot be used: {source}", path.display())]
    Authority { path: PathBuf, source: rustls::Error },
    #[error("`{}` holds no authority", path.display())]
    NoAuthority { path: PathBuf },
    #[error("the system has no authorities to trust: {0}; name a file of them in `authorities`")]
    System(io::Error),
    #[error("no TLS can be spoken: {0}")]
    Tls(#[from] rustls::Error),
}

/// One service and the connections to it.
#[derive(Debug)]
pub(super) struct Service {
    endpoint: Endpoint,
    dimensions: usize,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Service {
    pub(super) fn new(config: &HttpConfig) -> Result<Self, ServiceError> {
        let endpoint = config.url.clone();
        let is_allowed = |name: &String| name.eq_ignore_ascii_case(endpoint.host());
        if !endpoint.is_encrypted() && !endpoint.is_this_machine() && !config.plaintext_hosts.iter().any(is_allowed) {
            return Err(ServiceError::Plaintext { endpoint });
        }
        let tls = match endpoint.is_encrypted() {
            true => trusting(config.authorities.as_deref())?,
            // Never used.
            false => trusting_nobody()?,
        };
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Ok(Service { endpoint, dimensions: config.dimensions.into(), client })
    }

    /// Asks until there is an answer, asking does not help, or patience ends.
    pub(super) async fn insist(
        &self,
        body: Bytes,
        texts: usize,
        key: Option<Key>,
        mut patience: Patience,
    ) -> Result<Vec<Vector>, EmbedError> {
        loop {
            let allowed = patience.for_this_one();
            let answered = timeout(allowed, self.ask(body.clone(), texts, key.as_ref())).await;
            let fault = match answered.unwrap_or(Err(Fault::Slow(allowed))) {
                Ok(vectors) => return Ok(vectors),
                Err(fault) => fault,
            };
            let Some(wait) = patience.wait(fault.remedy()) else { return Err(fault.from(&self.endpoint)) };
            tracing::debug!(endpoint = %self.endpoint, %fault, ?wait, "embedding is asked for again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn ask(&self, body: Bytes, texts: usize, key: Option<&Key>) -> Result<Vec<Vector>, Fault> {
        let mut request = Request::post(self.endpoint.uri().clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, concat!("tollgate/", env!("CARGO_PKG_VERSION")));
        if let Some(key) = key {
            request = request.header(AUTHORIZATION, key.header.clone());
        }
        let response = self.client.request(request.body(Full::new(body))?).await.map_err(Fault::Unreachable)?;
        if !response.status().is_success() {
            return Err(refusal(response, key).await);
        }
        let body = read(response.into_body(), answer::longest(texts, self.dimensions)).await?;
        answer::vectors(&body, texts, self.dimensions)
    }
}

/// What a service says when it does not answer; its words go no further where they could hold a part of the key.
async fn refusal(response: Response<Incoming>, key: Option<&Key>) -> Fault {
    let (head, body) = response.into_parts();
    let hidden = |text: &str| key.map_or_else(|| text.to_owned(), |key| key.hidden_in(text));
    let status = head.status;
    if status.is_redirection() {
        let to = head.headers.get(LOCATION).map(HeaderValue::as_bytes).unwrap_or_default();
        return Fault::Redirect { status, to: hidden(&String::from_utf8_lossy(to)) };
    }
    if matches!(status.as_u16(), 401 | 403) {
        return Fault::Unauthorised(status);
    }
    let after = retry_after(&head.headers, SystemTime::now());
    let body = read(body, MAX_REFUSAL).await.unwrap_or_default();
    Fault::Refused { status, said: hidden(&reason(&body)), after }
}

async fn read(body: Incoming, longest: usize) -> Result<Bytes, Fault> {
    match Limited::new(body, longest).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Fault::Long(longest)),
        Err(error) => Err(Fault::Cut(error)),
    }
}

/// The reason in a refusal, where services of this kind put it; all of it otherwise.
fn reason(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: Reason,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Reason {
        Said(String),
        Described { message: String },
    }
    match serde_json::from_slice(body) {
        Ok(Refusal { error: Reason::Said(message) | Reason::Described { message } }) => message,
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    }
}

fn trusting(authorities: Option<&Path>) -> Result<ClientConfig, ServiceError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    let builder = match authorities {
        None => builder.with_native_roots().map_err(ServiceError::System)?,
        Some(path) => builder.with_root_certificates(roots(path)?),
    };
    Ok(builder.with_no_client_auth())
}

fn trusting_nobody() -> Result<ClientConfig, ServiceError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn roots(path: &Path) -> Result<RootCertStore, ServiceError> {
    let at = || path.to_owned();
    let mut roots = RootCertStore::empty();
    let unreadable = |source| ServiceError::Authorities { path: at(), source };
    for authority in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        let authority = authority.map_err(unreadable)?;
        roots.add(authority).map_err(|source| ServiceError::Authority { path: at(), source })?;
    }
    if roots.is_empty() { Err(ServiceError::NoAuthority { path: at() }) } else { Ok(roots) }
}
