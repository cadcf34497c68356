//! One HTTP stream as the proxy sees it: what arrived, what the guest holds, what went on.

use std::collections::BTreeMap;

use super::abi::{Action, RootId, StreamType};
use super::bytes::Bytes;
use super::headers::HeaderMap;
use super::local_response::LocalResponse;
use super::properties::Properties;

/// A request and its response.
#[derive(Debug)]
pub struct Stream {
    pub(super) root: RootId,
    pub(super) request: Half,
    pub(super) response: Half,
    pub(super) local_responses: Vec<LocalResponse>,
    pub(super) reset: Option<StreamType>,
    pub(super) properties: Properties,
    /// What the guest set with `proxy_set_property`.
    pub(super) filter_state: BTreeMap<String, Bytes>,
    /// While `proxy_on_log` runs, headers read as they were last.
    pub(super) logging: bool,
}

impl Stream {
    pub(super) fn new(root: RootId) -> Self {
        Self {
            root,
            request: Half::default(),
            response: Half::default(),
            local_responses: Vec::new(),
            reset: None,
            properties: Properties::default(),
            filter_state: BTreeMap::new(),
            logging: false,
        }
    }

    /// The request.
    pub fn request(&self) -> &Half {
        &self.request
    }

    /// The response.
    pub fn response(&self) -> &Half {
        &self.response
    }

    /// The response the guest sent itself, if it did: the first one, which is what a client sees.
    pub fn local_response(&self) -> Option<&LocalResponse> {
        self.local_responses.first()
    }

    /// Every local response the guest sent; more than one is a bug of the guest.
    pub fn local_responses(&self) -> &[LocalResponse] {
        &self.local_responses
    }

    /// What the guest reset, if it did.
    pub fn reset(&self) -> Option<StreamType> {
        self.reset
    }

    /// What the guest set with `proxy_set_property` under this path: Envoy's access log shows it.
    pub fn filter_state(&self, path: &[&str]) -> Option<&Bytes> {
        self.filter_state.get(&path.join("\0"))
    }

    pub(super) fn half_mut(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Request => &mut self.request,
            Side::Response => &mut self.response,
        }
    }

    pub(super) fn half(&self, side: Side) -> &Half {
        match side {
            Side::Request => &self.request,
            Side::Response => &self.response,
        }
    }

    pub(super) fn readable_request_headers(&self) -> Option<&HeaderMap> {
        self.request.readable_headers(self.logging)
    }

    pub(super) fn readable_response_headers(&self) -> Option<&HeaderMap> {
        self.response.readable_headers(self.logging)
    }

    pub(super) fn readable_response_trailers(&self) -> Option<&HeaderMap> {
        match self.logging {
            true => self.response.trailers.as_ref(),
            false => self.response.open_trailers(),
        }
    }

    /// Lets a held half go on. Whichever half continues, the guest loses the request's maps and
    /// body, as in Envoy.
    pub(super) fn resume(&mut self, side: Side) {
        self.request.close();
        let answered = side == Side::Request && !self.local_responses.is_empty();
        if !answered && self.reset.is_none() {
            self.half_mut(side).resume();
        }
    }
}

/// The request or the response of a stream.
#[derive(Debug, Default)]
pub struct Half {
    pub(super) headers: Option<HeaderMap>,
    pub(super) trailers: Option<HeaderMap>,
    pub(super) body: Vec<u8>,
    headers_open: bool,
    trailers_open: bool,
    pub(super) body_open: bool,
    pub(super) held: Option<Phase>,
    /// `proxy_continue_stream` was called; it takes effect when the callback returns.
    pub(super) resume: bool,
    released: bool,
    pub(super) ended: bool,
    forwarded: Vec<u8>,
}

/// The request or the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

/// Where the guest holds a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Headers,
    Body,
    Trailers,
}

impl Half {
    /// The headers, with the guest's changes.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.headers.as_ref()
    }

    /// The trailers, with the guest's changes.
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_ref()
    }

    /// The body that went on so far, with the guest's changes.
    pub fn forwarded_body(&self) -> &[u8] {
        &self.forwarded
    }

    /// The body held back so far.
    pub fn held_body(&self) -> &[u8] {
        &self.body
    }

    /// Whether the guest holds this half.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Whether the headers have gone on: for a request, whether the upstream sees it.
    pub fn is_released(&self) -> bool {
        self.released
    }

    pub(super) fn begin_headers(&mut self, headers: HeaderMap, end_of_stream: bool) {
        self.headers = Some(headers);
        self.headers_open = true;
        self.ended = end_of_stream;
    }

    /// Adds to what is held, or starts anew after what went on. Answers the size the guest sees.
    pub(super) fn begin_body(&mut self, chunk: &[u8], end_of_stream: bool) -> usize {
        self.body.extend_from_slice(chunk);
        self.body_open = true;
        self.ended = end_of_stream;
        self.body.len()
    }

    pub(super) fn begin_trailers(&mut self, trailers: HeaderMap) {
        self.trailers = Some(trailers);
        self.trailers_open = true;
        self.ended = true;
    }

    /// What becomes of this half once a callback returned. An answered stream never goes on.
    pub(super) fn settle(&mut self, phase: Phase, action: Action, answered: bool) {
        if answered || action == Action::Pause {
            self.held = Some(phase);
            return;
        }
        match phase {
            Phase::Headers => self.headers_open = false,
            Phase::Body => self.body_open = false,
            Phase::Trailers => self.trailers_open = false,
        }
        self.release();
    }

    pub(super) fn open_trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_ref().filter(|_| self.trailers_open)
    }

    pub(super) fn open_headers_mut(&mut self) -> Option<&mut HeaderMap> {
        self.headers.as_mut().filter(|_| self.headers_open)
    }

    pub(super) fn open_trailers_mut(&mut self) -> Option<&mut HeaderMap> {
        self.trailers.as_mut().filter(|_| self.trailers_open)
    }

    /// The body the guest may read; nothing outside the body's own callbacks.
    pub(super) fn open_body(&self) -> &[u8] {
        match self.body_open {
            true => &self.body,
            false => &[],
        }
    }

    fn readable_headers(&self, logging: bool) -> Option<&HeaderMap> {
        self.headers.as_ref().filter(|_| logging || self.headers_open)
    }

    fn close(&mut self) {
        self.headers_open = false;
        self.trailers_open = false;
        self.body_open = false;
    }

    fn resume(&mut self) {
        if self.held.is_some() {
            self.release();
        }
    }

    fn release(&mut self) {
        self.held = None;
        self.released = true;
        self.forwarded.append(&mut self.body);
    }
}
