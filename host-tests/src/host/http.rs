//! Driving one HTTP stream through the guest.

use super::abi::{Action, RootId, StreamId};
use super::error::HostError;
use super::headers::HeaderMap;
use super::local_response::LocalResponse;
use super::stream::{Phase, Side, Stream};
use super::vm::Vm;

/// What a stream callback came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the guest returned.
    pub action: Action,
    /// The response the guest sent itself during the callback. It ends the stream, whatever the
    /// guest returned.
    pub local_response: Option<LocalResponse>,
    /// Whether the stream goes on: the guest returned [`Action::Continue`], and neither answered
    /// nor reset the stream.
    pub goes_on: bool,
}

impl Vm {
    /// Starts an HTTP stream.
    ///
    /// # Errors
    ///
    /// If there is no such root, or the guest traps.
    pub fn http_context(&mut self, root: RootId) -> Result<StreamId, HostError> {
        self.known_root(root)?;
        let id = StreamId(self.state_mut().next_context());
        self.state_mut().streams.insert(id, Stream::new(root));
        self.call::<_, ()>(id.into(), "proxy_on_context_create", (id.0, root.0))?;
        Ok(id)
    }

    /// The state of a stream: what is held, what went on, how it was answered.
    ///
    /// # Errors
    ///
    /// If there is no such stream.
    pub fn stream(&self, id: StreamId) -> Result<&Stream, HostError> {
        let stream = self.state().streams.get(&id);
        stream.ok_or(HostError::NoStream(id))
    }

    /// Delivers request headers.
    ///
    /// # Errors
    ///
    /// If the guest traps, or the proxy would not deliver them now.
    pub fn request_headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        id: StreamId,
        headers: &[(N, V)],
        end_of_stream: bool,
    ) -> Result<Outcome, HostError> {
        self.headers(id, Side::Request, HeaderMap::new(headers), end_of_stream)
    }

    /// Delivers a chunk of the request's body. While the guest pauses, chunks add up.
    ///
    /// # Errors
    ///
    /// If the guest traps, or the proxy would not deliver it now.
    pub fn request_body(
        &mut self,
        id: StreamId,
        chunk: impl AsRef<[u8]>,
        end_of_stream: bool,
    ) -> Result<Outcome, HostError> {
        self.body(id, Side::Request, chunk.as_ref(), end_of_stream)
    }

    /// Delivers request trailers.
    ///
    /// # Errors
    ///
    /// If the guest traps, or the proxy would not deliver them now.
    pub fn request_trailers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        id: StreamId,
        trailers: &[(N, V)],
    ) -> Result<Outcome, HostError> {
        self.trailers(id, Side::Request, HeaderMap::new(trailers))
    }

    /// Delivers response headers. Local responses pass here too in Envoy: deliver theirs yourself.
    ///
    /// # Errors
    ///
    /// If the guest traps, or the proxy would not deliver them now.
    pub fn response_headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        id: StreamId,
        headers: &[(N, V)],
        end_of_stream: bool,
    ) -> Result<Outcome, HostError> {
        self.headers(id, Side::Response, HeaderMap::new(headers), end_of_stream)
    }

    /// Delivers a chunk of the response's body. While the guest pauses, chunks add up.
    ///
    /// # Errors
    ///
    /// If the guest traps, or the proxy would not deliver it now.
    pub fn response_body(
        &mut self,
        id: StreamId,
        chunk: impl AsRef<[u8]>,
        end_of_stream: bool,
    ) -> Result<Outcome, HostError> {
        self.body(id, Side::Response, chunk.as_ref(), end_of_stream)
    }

    /// Delivers response trailers.
    ///
    /// # Errors
    ///
    /// If the guest traps, or the proxy would not deliver them now.
    pub fn response_trailers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        id: StreamId,
        trailers: &[(N, V)],
    ) -> Result<Outcome, HostError> {
        self.trailers(id, Side::Response, HeaderMap::new(trailers))
    }

    /// Lets the guest log the stream. It can read request and response headers again, whatever
    /// phase the stream is in, and change nothing.
    ///
    /// # Errors
    ///
    /// If there is no such stream, or the guest traps.
    pub fn log(&mut self, id: StreamId) -> Result<(), HostError> {
        self.stream_mut(id)?.logging = true;
        let outcome = self.call::<_, ()>(id.into(), "proxy_on_log", id.0);
        self.stream_mut(id)?.logging = false;
        outcome.map(|_| ())
    }

    /// Ends the stream in the guest: `proxy_on_done`, then `proxy_on_delete`.
    ///
    /// # Errors
    ///
    /// If there is no such stream, or the guest traps.
    pub fn delete(&mut self, id: StreamId) -> Result<(), HostError> {
        self.stream(id)?;
        self.call::<_, u32>(id.into(), "proxy_on_done", id.0)?;
        self.call::<_, ()>(id.into(), "proxy_on_delete", id.0)?;
        self.state_mut().streams.remove(&id);
        Ok(())
    }

    /// Logs the stream and ends it, as the proxy does with every stream.
    ///
    /// # Errors
    ///
    /// If there is no such stream, or the guest traps.
    pub fn finish(&mut self, id: StreamId) -> Result<(), HostError> {
        self.log(id)?;
        self.delete(id)
    }

    fn headers(
        &mut self,
        id: StreamId,
        side: Side,
        headers: HeaderMap,
        end_of_stream: bool,
    ) -> Result<Outcome, HostError> {
        let callback = match side {
            Side::Request => "proxy_on_request_headers",
            Side::Response => "proxy_on_response_headers",
        };
        self.deliverable(id, side, Phase::Headers, callback)?;
        let count = headers.count();
        let half = self.stream_mut(id)?.half_mut(side);
        half.begin_headers(headers, end_of_stream);
        let arguments = (id.0, count, u32::from(end_of_stream));
        self.settled(id, side, Phase::Headers, |vm| vm.call(id.into(), callback, arguments))
    }

    fn body(&mut self, id: StreamId, side: Side, chunk: &[u8], end_of_stream: bool) -> Result<Outcome, HostError> {
        let callback = match side {
            Side::Request => "proxy_on_request_body",
            Side::Response => "proxy_on_response_body",
        };
        self.deliverable(id, side, Phase::Body, callback)?;
        let half = self.stream_mut(id)?.half_mut(side);
        let size = half.begin_body(chunk, end_of_stream);
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let arguments = (id.0, size, u32::from(end_of_stream));
        self.settled(id, side, Phase::Body, |vm| vm.call(id.into(), callback, arguments))
    }

    fn trailers(&mut self, id: StreamId, side: Side, trailers: HeaderMap) -> Result<Outcome, HostError> {
        let callback = match side {
            Side::Request => "proxy_on_request_trailers",
            Side::Response => "proxy_on_response_trailers",
        };
        self.deliverable(id, side, Phase::Trailers, callback)?;
        let count = trailers.count();
        let half = self.stream_mut(id)?.half_mut(side);
        half.begin_trailers(trailers);
        self.settled(id, side, Phase::Trailers, |vm| vm.call(id.into(), callback, (id.0, count)))
    }

    /// Makes a stream callback and works out what became of the stream. A callback that the guest
    /// does not export continues.
    fn settled(
        &mut self,
        id: StreamId,
        side: Side,
        phase: Phase,
        callback: impl FnOnce(&mut Self) -> Result<Option<u32>, HostError>,
    ) -> Result<Outcome, HostError> {
        let earlier = self.stream(id)?.local_responses.len();
        let code = callback(self)?.unwrap_or(0);
        let action = Action::from_code(code);
        let stream = self.stream_mut(id)?;
        let local_response = stream.local_responses.get(earlier).cloned();
        let stopped = local_response.is_some() || stream.reset.is_some();
        stream.half_mut(side).settle(phase, action, stopped);
        Ok(Outcome { action, local_response, goes_on: action == Action::Continue && !stopped })
    }

    /// Whether the proxy would make this callback now.
    fn deliverable(&self, id: StreamId, side: Side, phase: Phase, callback: &'static str) -> Result<(), HostError> {
        let stream = self.stream(id)?;
        let half = stream.half(side);
        let body_passes = self.state().allow_on_headers_stop_iteration;
        let reason = if stream.reset.is_some() {
            "the guest reset the stream"
        } else if side == Side::Request && stream.local_response().is_some() {
            "the guest answered the request"
        } else if phase == Phase::Headers && half.headers().is_some() {
            "its headers were already delivered"
        } else if phase != Phase::Headers && half.headers().is_none() {
            "its headers were not delivered yet"
        } else if half.ended {
            "it already ended"
        } else if half.held == Some(Phase::Headers) && !body_passes {
            "the guest holds its headers, which stops everything behind them"
        } else {
            return Ok(());
        };
        Err(HostError::NotDelivered { stream: id, callback, reason })
    }

    fn stream_mut(&mut self, id: StreamId) -> Result<&mut Stream, HostError> {
        let stream = self.state_mut().streams.get_mut(&id);
        stream.ok_or(HostError::NoStream(id))
    }
}
