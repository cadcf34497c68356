//! HTTP calls the guest makes, and their answers.

use std::collections::BTreeMap;
use std::time::Duration;

use wasmtime::{Caller, Linker};

use super::abi::{ContextId, HttpCallId, RootId, Status};
use super::bytes::Bytes;
use super::calls::{HostCall, HostFn};
use super::error::HostError;
use super::guest::answer;
use super::headers::HeaderMap;
use super::state::HostState;
use super::vm::Vm;

/// Ids of callouts carry their kind in the lowest two bits; HTTP calls have none set.
const ID_STEP: u32 = 4;

/// An HTTP call waiting for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCall {
    /// Its token.
    pub id: HttpCallId,
    /// The context that made it.
    pub context: ContextId,
    /// The root the answer is delivered to.
    pub root: RootId,
    /// The upstream cluster.
    pub upstream: Bytes,
    /// The headers, pseudo headers included.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The trailers.
    pub trailers: HeaderMap,
    /// The timeout; zero means none. The host fires none by itself: answer with a 504, as Envoy does.
    pub timeout: Duration,
}

/// The answer to an HTTP call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// The headers, `:status` included.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The trailers.
    pub trailers: HeaderMap,
}

impl HttpResponse {
    /// An answer with this status and body and no other headers.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            headers: HeaderMap::new(&[(":status", status.to_string())]),
            body: body.into(),
            trailers: HeaderMap::default(),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct HttpCalls {
    waiting: BTreeMap<HttpCallId, HttpCall>,
    last_id: u32,
    /// The answer being delivered.
    pub(super) response: Option<HttpResponse>,
}

impl Vm {
    /// The HTTP calls that wait for their answers, oldest first.
    pub fn http_calls(&self) -> impl Iterator<Item = &HttpCall> {
        self.state().http_calls.waiting.values()
    }

    /// Answers an HTTP call.
    ///
    /// # Errors
    ///
    /// If no such call waits, or the guest traps.
    pub fn answer_http_call(&mut self, id: HttpCallId, response: HttpResponse) -> Result<(), HostError> {
        self.end_http_call(id, Some(response))
    }

    /// Breaks the connection of an HTTP call: the guest is told of no headers and no body, and finds
    /// no maps.
    ///
    /// # Errors
    ///
    /// If no such call waits, or the guest traps.
    pub fn fail_http_call(&mut self, id: HttpCallId) -> Result<(), HostError> {
        self.state_mut().last_status = (Status::BrokenConnection.code(), "reset".to_owned());
        self.end_http_call(id, None)
    }

    fn end_http_call(&mut self, id: HttpCallId, response: Option<HttpResponse>) -> Result<(), HostError> {
        let calls = &mut self.state_mut().http_calls;
        let call = calls.waiting.remove(&id).ok_or(HostError::NoHttpCall(id))?;
        let (headers, body, trailers) = response.as_ref().map_or((0, 0, 0), |response| {
            let body = u32::try_from(response.body.len()).unwrap_or(u32::MAX);
            (response.headers.count(), body, response.trailers.count())
        });
        calls.response = response;
        let arguments = (call.root.0, id.0, headers, body, trailers);
        let outcome = self.call::<_, ()>(call.root.into(), "proxy_on_http_call_response", arguments);
        self.state_mut().http_calls.response = None;
        outcome.map(|_| ())
    }
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap("env", HostFn::HttpCall.name(), dispatch)?;
    Ok(())
}

/// Refuses a call without method, path or authority, as Envoy does.
#[expect(clippy::too_many_arguments, reason = "the abi's own list")]
fn dispatch(
    caller: Caller<'_, HostState>,
    upstream: u32,
    upstream_size: u32,
    headers: u32,
    headers_size: u32,
    body: u32,
    body_size: u32,
    trailers: u32,
    trailers_size: u32,
    timeout: u32,
    to_id: u32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::HttpCall, |guest| {
        let upstream = guest.bytes(upstream, upstream_size)?;
        let headers = guest.pairs(headers, headers_size)?;
        let body = guest.bytes(body, body_size)?;
        let trailers = guest.pairs(trailers, trailers_size)?;
        let timeout = Duration::from_millis(timeout.into());
        guest.note(|| HostCall::HttpCall {
            upstream: upstream.clone(),
            headers: headers.clone(),
            body: body.clone(),
            trailers: trailers.clone(),
            timeout,
        })?;
        let headers = HeaderMap::new(&headers);
        let required = [":method", ":path", ":authority"];
        if required.iter().any(|name| headers.get(name).is_none()) {
            return Err(Status::BadArgument.into());
        }
        let (context, root) = (guest.state().context(), guest.state().root());
        let calls = &mut guest.state_mut().http_calls;
        calls.last_id += ID_STEP;
        let id = HttpCallId(calls.last_id);
        let call =
            HttpCall { id, context, root, upstream, headers, body, trailers: HeaderMap::new(&trailers), timeout };
        calls.waiting.insert(id, call);
        guest.write_u32(to_id, id.0)
    })
}
