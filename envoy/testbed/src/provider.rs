use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use anyhow::Result;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

/// The header by which a request tells the provider how to answer: pairs such as `words=30 pause=20`.
pub const SCRIPT: &str = "x-provider";

/// A server in this process that answers as providers of models do: OpenAI's chat completions and Anthropic's messages,
/// plain and streamed, at `/v1/chat/completions` and `/v1/messages`. It counts what it serves.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    served: Arc<Mutex<Vec<Served>>>,
    /// Its tasks end with it.
    runtime: Option<Runtime>,
}

/// One call that the provider has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The model that was asked for.
    pub model: String,
    /// Tokens of the prompt.
    pub input: u64,
    /// Tokens of the answer, as far as it came.
    pub output: u64,
    /// Whether all of the answer was taken.
    pub is_whole: bool,
    /// What was asked, as it came.
    pub body: Value,
    /// Names and values of its headers.
    pub headers: Vec<(String, String)>,
}

/// How a call is answered.
#[derive(Clone, Copy, Debug)]
struct Script {
    status: u16,
    /// Tokens of the answer.
    words: u64,
    /// Between two of them, in milliseconds.
    pause: u64,
    /// After so many the connection ends.
    cut: Option<u64>,
}

impl Script {
    fn read(text: &str) -> Self {
        let value = |name: &str| {
            let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
            pairs.filter(|(known, _)| *known == name).find_map(|(_, value)| value.parse::<u64>().ok())
        };
        Script {
            status: value("status").and_then(|status| u16::try_from(status).ok()).unwrap_or(200),
            words: value("words").unwrap_or(7),
            pause: value("pause").unwrap_or(0),
            cut: value("cut"),
        }
    }
}

impl Provider {
    /// Starts it on a free port.
    ///
    /// # Errors
    ///
    /// When it can't listen.
    pub fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("provider").enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let served = Arc::new(Mutex::new(Vec::new()));
        runtime.spawn(accept(listener, Arc::clone(&served)));
        Ok(Provider { address, served, runtime: Some(runtime) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The calls that it has taken, in order.
    #[must_use]
    pub fn served(&self) -> Vec<Served> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

type Calls = Arc<Mutex<Vec<Served>>>;

async fn accept(listener: TcpListener, calls: Calls) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let calls = Arc::clone(&calls);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, Arc::clone(&calls)));
            let server = auto::Builder::new(TokioExecutor::new());
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, calls: Calls) -> Result<Response<Pieces>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers: Vec<_> = head.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
    let script = head.headers.get(SCRIPT).map(|value| text(value.as_bytes())).unwrap_or_default();
    let script = Script::read(&script);
    let at = |pointer: &str| body.pointer(pointer).cloned().unwrap_or_default();
    // Whatever a prompt's tokens are: it is the provider who counts.
    let input = at("/messages").to_string().len() as u64;
    let call = Served {
        model: at("/model").as_str().unwrap_or_default().to_owned(),
        input,
        output: 0,
        is_whole: false,
        headers,
        body: body.clone(),
    };
    let number = {
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
        calls.len() - 1
    };
    let is_message = head.uri.path() == "/v1/messages";
    let streams = at("/stream") == true;
    let (pieces, body_of) = mpsc::channel(1);
    let mut response = Response::new(Pieces(body_of));
    let content_type = match (script.status, streams) {
        (200, true) => "text/event-stream; charset=utf-8",
        _ => "application/json",
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if script.status != 200 {
        *response.status_mut() = hyper::StatusCode::from_u16(script.status).unwrap_or_default();
        let error = json!({"error": {"message": "as the script says"}}).to_string();
        tokio::spawn(async move { drop(pieces.send(Ok(error)).await) });
        return Ok(response);
    }
    let asks_usage = at("/stream_options/include_usage") == true;
    let words = Words { script, input, is_message, asks_usage };
    tokio::spawn(async move {
        let told = if streams {
            words.stream(&pieces, &calls, number).await
        } else {
            words.whole(&pieces, &calls, number).await
        };
        if told.is_some() {
            note(&calls, number, |call| call.is_whole = true);
        }
    });
    Ok(response)
}

fn note(calls: &Calls, number: usize, change: impl FnOnce(&mut Served)) {
    if let Some(call) = calls.lock().unwrap_or_else(PoisonError::into_inner).get_mut(number) {
        change(call);
    }
}

/// What an answer says.
struct Words {
    script: Script,
    input: u64,
    is_message: bool,
    asks_usage: bool,
}

type Sender = mpsc::Sender<Result<String, std::io::Error>>;

impl Words {
    /// Nothing if the other side has gone, or the script says to.
    async fn whole(&self, pieces: &Sender, calls: &Calls, number: usize) -> Option<()> {
        let Script { words, pause, cut, .. } = self.script;
        tokio::time::sleep(Duration::from_millis(pause * words)).await;
        note(calls, number, |call| call.output = words);
        let (input, text) = (self.input, "word ".repeat(usize::try_from(words).unwrap_or_default()));
        let answer = match self.is_message {
            true => json!({"type": "message", "content": [{"type": "text", "text": text}], "stop_reason": "end_turn",
                "usage": {"input_tokens": input, "output_tokens": words}}),
            false => json!({"object": "chat.completion", "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": text}}],
                "usage": {"prompt_tokens": input, "completion_tokens": words, "total_tokens": input + words}}),
        };
        if cut.is_some() {
            let error = std::io::Error::other("as the script says");
            return pieces.send(Err(error)).await.ok().and(None);
        }
        pieces.send(Ok(answer.to_string())).await.ok()
    }

    async fn stream(&self, pieces: &Sender, calls: &Calls, number: usize) -> Option<()> {
        let Script { words, pause, cut, .. } = self.script;
        let input = self.input;
        if self.is_message {
            let start =
                json!({"type": "message_start", "message": {"usage": {"input_tokens": input, "output_tokens": 1}}});
            pieces.send(Ok(event("message_start", &start))).await.ok()?;
        }
        for word in 0..words {
            if cut == Some(word) {
                let error = std::io::Error::other("as the script says");
                return pieces.send(Err(error)).await.ok().and(None);
            }
            let piece = match self.is_message {
                true => event(
                    "content_block_delta",
                    &json!({"type": "content_block_delta", "index": 0,
                    "delta": {"type": "text_delta", "text": "word "}}),
                ),
                false => data(&json!({"choices": [{"index": 0, "delta": {"content": "word "}}]})),
            };
            pieces.send(Ok(piece)).await.ok()?;
            note(calls, number, |call| call.output = word + 1);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        let end = match self.is_message {
            true => {
                let delta = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"},
                    "usage": {"output_tokens": words}});
                event("message_delta", &delta) + &event("message_stop", &json!({"type": "message_stop"}))
            }
            false => {
                let usage = json!({"choices": [], "usage": {"prompt_tokens": input, "completion_tokens": words,
                    "total_tokens": input + words}});
                let usage = if self.asks_usage { data(&usage) } else { String::new() };
                usage + "data: [DONE]\n\n"
            }
        };
        pieces.send(Ok(end)).await.ok()
    }
}

fn event(name: &str, content: &Value) -> String {
    format!("event: {name}\n{}", data(content))
}

fn data(content: &Value) -> String {
    format!("data: {content}\n\n")
}

/// A body that comes as it is sent; one that ends in an error cuts the connection.
struct Pieces(mpsc::Receiver<Result<String, std::io::Error>>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        self.0.poll_recv(context).map(|piece| Some(piece?.map(|piece| Frame::data(piece.into()))))
    }
}
