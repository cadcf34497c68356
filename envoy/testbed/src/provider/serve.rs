use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::answer::{Answer, Api};
use super::script::{SCRIPT, Script};
use super::{Calls, Served};

/// The header in which SDKs say how often they have tried before.
const ATTEMPT: &str = "x-stainless-retry-count";

pub(super) async fn accept(listener: TcpListener, calls: Calls) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let calls = calls.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, calls.clone()));
            let server = auto::Builder::new(TokioExecutor::new());
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, calls: Calls) -> Result<Response<Pieces>, Infallible> {
    let (head, body) = request.into_parts();
    let collected = body.collect().await;
    let has_trailers = collected.as_ref().is_ok_and(|collected| collected.trailers().is_some());
    let body = collected.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let header = |name: &str| head.headers.get(name).map(|value| text(value.as_bytes())).unwrap_or_default();
    let script = Script::read(&header(SCRIPT));
    let status = script.status_of(header(ATTEMPT).parse().unwrap_or_default());
    let at = |pointer: &str| body.pointer(pointer).cloned().unwrap_or_default();
    let api = Api::of_path(head.uri.path());
    let answer = Answer {
        api,
        model: at("/model").as_str().unwrap_or_default().to_owned(),
        // Whatever a prompt's tokens are: it is the provider who counts.
        input: script.input.unwrap_or_else(|| at("/messages").to_string().len() as u64),
        words: script.words,
        tool: Answer::tool(api, &body),
        asks_usage: at("/stream_options/include_usage") == true,
    };
    let streams = at("/stream") == true;
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
    let number = calls.add(Served {
        model: answer.model.clone(),
        status,
        input: answer.input,
        output: 0,
        is_whole: false,
        body,
        headers,
        has_trailers,
    });
    let (sender, pieces) = mpsc::channel(1);
    let mut response = Response::new(Pieces(pieces));
    let content_type = match (status, streams) {
        (200, true) => "text/event-stream; charset=utf-8",
        _ => "application/json",
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let telling = Telling { script, answer, sender, calls, number };
    tokio::spawn(async move {
        match (status, streams) {
            (200, true) => telling.stream().await,
            (200, false) => telling.whole().await,
            _ => telling.send(api.error().to_string()).await,
        }
    });
    Ok(response)
}

/// An answer on its way.
struct Telling {
    script: Script,
    answer: Answer,
    sender: mpsc::Sender<Piece>,
    calls: Calls,
    number: usize,
}

type Piece = Result<Frame<Bytes>, io::Error>;

impl Telling {
    /// Nothing if the other side has gone, or the script says to.
    async fn whole(&self) -> Option<()> {
        let Script { words, pause, cut, .. } = self.script;
        tokio::time::sleep(Duration::from_millis(pause * words)).await;
        self.calls.note(self.number, |call| call.output = words);
        if cut.is_some() {
            return self.cut().await;
        }
        self.send(self.answer.whole().to_string()).await?;
        self.end().await
    }

    /// Nothing if the other side has gone, or the script says to.
    async fn stream(&self) -> Option<()> {
        let Script { words, pause, cut, .. } = self.script;
        self.send(self.answer.opening()).await?;
        for word in 0..words {
            if cut == Some(word) {
                return self.cut().await;
            }
            self.send(self.answer.word()).await?;
            self.calls.note(self.number, |call| call.output = word + 1);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        self.send(self.answer.closing()).await?;
        self.end().await
    }

    async fn send(&self, text: String) -> Option<()> {
        self.sender.send(Ok(Frame::data(text.into()))).await.ok()
    }

    async fn cut(&self) -> Option<()> {
        let error = io::Error::other("as the script says");
        self.sender.send(Err(error)).await.ok().and(None)
    }

    async fn end(&self) -> Option<()> {
        if self.script.has_trailers {
            let trailer = (HeaderName::from_static("x-served"), HeaderValue::from_static("whole"));
            let trailers = HeaderMap::from_iter([trailer]);
            self.sender.send(Ok(Frame::trailers(trailers))).await.ok()?;
        }
        self.calls.note(self.number, |call| call.is_whole = true);
        Some(())
    }
}

/// A body that comes as it is sent; one that ends in an error cuts the connection.
struct Pieces(mpsc::Receiver<Piece>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Piece>> {
        self.0.poll_recv(context)
    }
}
