use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use prost::bytes::Bytes;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, crypto};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsAcceptor;

/// What a service does with a request.
pub(super) enum Reply {
    /// Embeds as asked: each text's vector has its length and its first byte in front.
    Well,
    /// With this body.
    Json(String),
    /// With a status, headers and a body.
    Refuse(u16, Vec<(&'static str, String)>, String),
    /// Never.
    Silence,
    /// Less than is announced, and then the connection is closed.
    Cut,
    /// Without end.
    Endless,
}

/// A request as it arrived.
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

/// A service on this machine that embeds as it is told, and the runtime that both sides run on.
pub(super) struct Double {
    pub(super) runtime: Runtime,
    pub(super) url: String,
    /// Its certificate, if it speaks TLS.
    pub(super) authority: Option<(TempDir, PathBuf)>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

type Script = dyn Fn(usize) -> Reply + Send + Sync;
type Body = BoxBody<Bytes, std::io::Error>;

impl Double {
    /// `script` says what happens to the request of that number.
    pub(super) fn start(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve(Arc::new(script), None)
    }

    /// The same with TLS, and a certificate for this name.
    pub(super) fn start_with_tls(name: &str, script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::Pkcs8(signing_key.serialize_der().into()))
            .unwrap();
        let mut double = Self::serve(Arc::new(script), Some(Arc::new(config).into()));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("authority.pem");
        std::fs::write(&path, cert.pem()).unwrap();
        double.authority = Some((dir, path));
        double
    }

    fn serve(script: Arc<Script>, tls: Option<TlsAcceptor>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let asked = Arc::default();
        let url = match &tls {
            None => format!("http://{address}/v1/embeddings"),
            Some(_) => format!("https://localhost:{}/v1/embeddings", address.port()),
        };
        let seen = Arc::clone(&asked);
        runtime.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (script, seen, tls) = (Arc::clone(&script), Arc::clone(&seen), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => connection(stream, script, seen).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                connection(stream, script, seen).await;
                            }
                        }
                    }
                });
            }
        });
        Double { runtime, url, authority: None, asked }
    }

    /// What was asked since this was called last.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    script: Arc<Script>,
    seen: Arc<Mutex<Vec<Asked>>>,
) {
    let service = service_fn(|request| answer(request, &script, &seen));
    // Clients that go away are what some tests are about.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    script: &Arc<Script>,
    seen: &Arc<Mutex<Vec<Asked>>>,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
    let (number, input) = {
        let mut seen = seen.lock().unwrap();
        let input = body["input"].clone();
        seen.push(Asked { path: head.uri.to_string(), headers: head.headers, body });
        (seen.len() - 1, input)
    };
    let whole = |text: String| Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed();
    let response = match script(number) {
        Reply::Well => Response::new(whole(embedded(&input))),
        Reply::Json(body) => Response::new(whole(body)),
        Reply::Refuse(status, headers, body) => {
            let mut response = Response::new(whole(body));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in headers {
                response.headers_mut().insert(name, HeaderValue::from_str(&value).unwrap());
            }
            response
        }
        Reply::Silence => std::future::pending().await,
        Reply::Cut => {
            let frames = [Ok(Frame::data(Bytes::from("{\"data\":["))), Err(std::io::Error::other("cut"))];
            let mut response = Response::new(BodyExt::boxed(StreamBody::new(futures::stream::iter(frames))));
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1000"));
            response
        }
        Reply::Endless => {
            let frames = futures::stream::repeat_with(|| Ok(Frame::data(Bytes::from(vec![b' '; 1 << 16]))));
            Response::new(BodyExt::boxed(StreamBody::new(frames)))
        }
    };
    Ok(response)
}

/// Backwards, as the order is what `index` says.
fn embedded(input: &Value) -> String {
    let texts = input.as_array().unwrap().iter().map(|text| text.as_str().unwrap());
    let mut data: Vec<Value> = texts
        .enumerate()
        .map(|(index, text)| json!({ "object": "embedding", "index": index, "embedding": [text.len(), text.as_bytes()[0], 0.5] }))
        .collect();
    data.reverse();
    json!({ "object": "list", "data": data, "model": "tiny", "usage": { "prompt_tokens": 1, "total_tokens": 1 } })
        .to_string()
}

pub(super) fn vector(text: &str) -> tollgate_search::Vector {
    tollgate_search::Vector::normalised(vec![text.len() as f32, f32::from(text.as_bytes()[0]), 0.5]).unwrap()
}
