mod answer;
mod chat;
mod messages;
mod script;
mod serve;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

pub use script::SCRIPT;

/// A server in this process that answers as providers of models do: OpenAI's chat completions and Anthropic's messages,
/// plain and streamed, with tools, at `/v1/chat/completions` and `/v1/messages`, over HTTP/1.1 and HTTP/2. It counts what
/// it serves.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    served: Calls,
    /// Its tasks end with it.
    runtime: Option<Runtime>,
}

/// One call that the provider has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The model that was asked for.
    pub model: String,
    /// The status of the answer.
    pub status: u16,
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
    /// Whether the request ended with trailers.
    pub has_trailers: bool,
}

impl Served {
    /// What the provider counts: nothing for what it has refused.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        if self.status == 200 { self.input + self.output } else { 0 }
    }

    /// The first value of this header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
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
        let served = Calls::default();
        runtime.spawn(serve::accept(listener, served.clone()));
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
        self.served.with(|calls| calls.clone())
    }

    /// How many calls it has taken.
    #[must_use]
    pub fn count(&self) -> usize {
        self.served.with(|calls| calls.len())
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What has been served. Clones are of the same.
#[derive(Clone, Debug, Default)]
struct Calls(Arc<Mutex<Vec<Served>>>);

impl Calls {
    fn with<R>(&self, work: impl FnOnce(&mut Vec<Served>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes another one; its number.
    fn add(&self, call: Served) -> usize {
        self.with(|calls| {
            calls.push(call);
            calls.len() - 1
        })
    }

    fn note(&self, number: usize, change: impl FnOnce(&mut Served)) {
        self.with(|calls| calls.get_mut(number).map(change));
    }
}
