//! The HTTP client of the command line: one request to the companion's API, and its answer.

mod error;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use prost::bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

pub(crate) use error::ClientError;

/// How long a request may take in all: a large set is validated and compiled meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);

/// Longest answer that is read.
const MAX_ANSWER: usize = 512 << 20;

/// Asks one companion; each request has a connection of its own.
#[derive(Debug)]
pub(crate) struct Client {
    runtime: Runtime,
    address: SocketAddr,
    token: Option<HeaderValue>,
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Question<'q> {
    pub(crate) method: Method,
    /// With its query, percent-encoded.
    pub(crate) path: &'q str,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer that is no refusal.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: Bytes,
}

impl Client {
    /// For the companion whose API listens there.
    pub(crate) fn new(address: SocketAddr) -> Result<Self, ClientError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(ClientError::Start)?;
        Ok(Client { runtime, address, token: None })
    }

    /// Shows this token with every request.
    pub(crate) fn with_token(mut self, token: &str) -> Result<Self, ClientError> {
        let mut header = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| ClientError::Token)?;
        header.set_sensitive(true);
        self.token = Some(header);
        Ok(self)
    }

    /// What a resource says, read from JSON.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let question = Question { method: Method::GET, path, headers: HeaderMap::new(), body: Bytes::new() };
        self.ask(question)?.json()
    }

    /// What a resource answers to JSON, read from JSON.
    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let body = serde_json::to_vec(body).map_err(ClientError::Unwritable)?.into();
        self.ask(Question { method: Method::POST, path, headers, body })?.json()
    }

    /// Sends a request and waits for the whole answer.
    pub(crate) fn ask(&self, question: Question<'_>) -> Result<Answer, ClientError> {
        self.runtime.block_on(async {
            timeout(PATIENCE, self.exchange(question)).await.unwrap_or(Err(ClientError::Silent(self.address)))
        })
    }

    async fn exchange(&self, question: Question<'_>) -> Result<Answer, ClientError> {
        let address = self.address;
        let cut = |source| ClientError::Cut { address, source };
        let stream =
            TcpStream::connect(address).await.map_err(|source| ClientError::Unreachable { address, source })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(cut)?;
        // Its errors are those of the request as well.
        tokio::spawn(connection);
        let response = sender.send_request(self.request(question)?).await.map_err(cut)?;
        let (head, body) = response.into_parts();
        let body =
            Limited::new(body, MAX_ANSWER).collect().await.map_err(|error| match error.downcast::<hyper::Error>() {
                Ok(source) => cut(*source),
                Err(other) if other.is::<LengthLimitError>() => ClientError::TooLong(address),
                Err(_) => ClientError::Strange(address),
            })?;
        let answer = Answer { body: body.to_bytes() };
        match head.status.is_success() {
            true => Ok(answer),
            false => Err(refusal(head.status, &answer.body)),
        }
    }

    fn request(&self, question: Question<'_>) -> Result<Request<Full<Bytes>>, ClientError> {
        let Question { method, path, headers, body } = question;
        let mut request = Request::builder().method(method).uri(path).header(HOST, self.address.to_string());
        if let Some(all) = request.headers_mut() {
            all.extend(headers);
            if let Some(token) = &self.token {
                all.insert(AUTHORIZATION, token.clone());
            }
        }
        request.body(Full::new(body)).map_err(ClientError::Question)
    }
}

impl Answer {
    /// The body, read from JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.body).map_err(ClientError::Unreadable)
    }
}

fn refusal(status: StatusCode, body: &[u8]) -> ClientError {
    ClientError::Refused { status, problem: Box::new(serde_json::from_slice(body).unwrap_or_default()) }
}
