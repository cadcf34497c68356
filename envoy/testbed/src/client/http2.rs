use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;

use anyhow::{Context, Result};
use http_body_util::combinators::WithTrailers;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use super::Response;
use crate::wait::DEADLINE;

/// One connection that speaks HTTP/2, with prior knowledge and without TLS.
#[derive(Debug)]
pub struct Http2 {
    runtime: Runtime,
    sender: SendRequest<Content>,
    address: SocketAddr,
}

type Content = WithTrailers<Full<Bytes>, Ready<Option<Result<HeaderMap, Infallible>>>>;

impl Http2 {
    /// Connects.
    ///
    /// # Errors
    ///
    /// When nothing listens there, or what listens does not speak HTTP/2.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let sender = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
            stream.set_nodelay(true)?;
            let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            anyhow::Ok(sender)
        })?;
        Ok(Http2 { runtime, sender, address })
    }

    /// Sends one request and reads its answer.
    ///
    /// # Errors
    ///
    /// When the request can't be expressed, or the stream breaks.
    pub fn request(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Response> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{target}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.to_vec())?)
    }

    /// Sends a request built elsewhere, which may hold any bytes that HTTP/2 can carry in a header, and reads its answer.
    ///
    /// # Errors
    ///
    /// When the stream breaks or is reset.
    pub fn send(&mut self, request: Request<Vec<u8>>) -> Result<Response> {
        Ok(self.exchange(request, None)?.0)
    }

    /// Sends a request that ends with trailers, and reads its answer and the trailers of that.
    ///
    /// # Errors
    ///
    /// When the request can't be expressed, or the stream breaks or is reset.
    pub fn request_with_trailers(
        &mut self,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        trailers: HeaderMap,
    ) -> Result<(Response, HeaderMap)> {
        let mut request = Request::builder().method("POST").uri(format!("http://{}{target}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.exchange(request.body(body.to_vec())?, Some(trailers))
    }

    fn exchange(&mut self, request: Request<Vec<u8>>, trailers: Option<HeaderMap>) -> Result<(Response, HeaderMap)> {
        let sender = &mut self.sender;
        let exchange = async {
            sender.ready().await?;
            let trailers = ready(trailers.map(Ok));
            let answer = sender.send_request(request.map(|body| Full::from(body).with_trailers(trailers))).await?;
            let (head, body) = answer.into_parts();
            let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
            let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes())));
            let body = body.collect().await?;
            let trailers = body.trailers().cloned().unwrap_or_default();
            let body = body.to_bytes().to_vec();
            anyhow::Ok((Response { status: head.status.as_u16(), headers: headers.collect(), body }, trailers))
        };
        self.runtime.block_on(async { tokio::time::timeout(DEADLINE, exchange).await })?
    }
}
