use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// Most headers of a request.
const MAX_HEADERS: usize = 2000;

/// Largest head of a request, in bytes.
const MAX_HEAD: usize = 2 << 20;

/// A server in this process that answers every request with what it saw of it. HTTP/1.1, and HTTP/2 without TLS.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
    /// Its tasks end with it.
    runtime: Option<Runtime>,
}

/// What the upstream saw of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// The method.
    pub method: String,
    /// Path and query, as they came.
    pub path: String,
    /// Names and values in the order they came, except that repeated names stand together. Bytes outside UTF-8 are
    /// replaced.
    pub headers: Vec<(String, String)>,
    /// Bytes of the body.
    pub body_length: u64,
    /// How many requests this upstream has seen, this one included.
    pub request: u64,
}

impl Seen {
    /// Every value of this header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }
}

impl Upstream {
    /// Starts it on a free port.
    ///
    /// # Errors
    ///
    /// When it can't listen.
    pub fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("upstream").enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let requests = Arc::new(AtomicU64::new(0));
        runtime.spawn(accept(listener, Arc::clone(&requests)));
        Ok(Upstream { address, requests, runtime: Some(runtime) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests have reached it.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: TcpListener, requests: Arc<AtomicU64>) {
    // A failed accept is one client's loss; a listener that is gone shows as refused connections.
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let requests = Arc::clone(&requests);
        tokio::spawn(async move {
            let service = service_fn(|request| echo(request, requests.fetch_add(1, Ordering::SeqCst) + 1));
            let mut server = auto::Builder::new(TokioExecutor::new());
            // Whatever Envoy lets through is to be seen.
            server.http1().max_headers(MAX_HEADERS).max_buf_size(MAX_HEAD);
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn echo(request: Request<Incoming>, number: u64) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, mut body) = request.into_parts();
    let mut body_length = 0;
    while let Some(Ok(frame)) = body.frame().await {
        body_length += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let seen = Seen {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or_else(|| head.uri.to_string(), ToString::to_string),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
        body_length,
        request: number,
    };
    let mut response = Response::new(Full::from(serde_json::to_vec(&seen).unwrap_or_default()));
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    Ok(response)
}
