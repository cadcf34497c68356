//! gRPC calls and streams: what the guest opened and sent.

mod deliver;
mod imports;

pub(super) use imports::link;

use std::collections::BTreeMap;
use std::time::Duration;

use super::abi::{GrpcId, GrpcStatus, RootId};
use super::bytes::Bytes;
use super::headers::HeaderMap;

/// Most messages of one stream that are kept.
const MAX_SENT: usize = 1 << 16;

/// Where a gRPC method lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcTarget {
    /// A cluster's name, or a serialized `envoy.config.core.v3.GrpcService`.
    pub upstream: Bytes,
    /// The service's full name.
    pub service: String,
    /// The method.
    pub method: String,
    /// What the guest gave as initial metadata.
    pub initial_metadata: HeaderMap,
}

/// A unary gRPC call waiting for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcCall {
    /// Its token.
    pub id: GrpcId,
    /// The root the answer is delivered to.
    pub root: RootId,
    /// What is called.
    pub target: GrpcTarget,
    /// The request message.
    pub message: Bytes,
    /// The timeout. The host fires none by itself.
    pub timeout: Duration,
}

/// How far a gRPC stream has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrpcStreamState {
    /// Both sides may send.
    Open,
    /// The guest closed its side; the server may still send.
    ClosedByGuest,
    /// The server closed it and the guest has neither closed nor cancelled it yet: Envoy keeps such
    /// a stream's handler for good. What the guest sends goes nowhere.
    ClosedByServer(GrpcStatus),
    /// Gone, and its token unknown: cancelled by the guest, or closed by both sides.
    Gone,
}

/// A gRPC stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcStream {
    /// Its token.
    pub id: GrpcId,
    /// The root its callbacks are made for.
    pub root: RootId,
    /// What is called.
    pub target: GrpcTarget,
    /// How far it has come.
    pub state: GrpcStreamState,
    /// Whether the guest sent its last message with the end-of-stream mark.
    pub ended: bool,
    /// The messages the guest sent, the first 65,536 of them since they were last taken.
    pub sent: Vec<Bytes>,
}

impl GrpcStream {
    /// Whether the server can still send.
    pub fn is_open(&self) -> bool {
        matches!(self.state, GrpcStreamState::Open | GrpcStreamState::ClosedByGuest)
    }
}

#[derive(Debug, Default)]
pub(super) struct Grpc {
    calls: BTreeMap<GrpcId, GrpcCall>,
    /// Streams stay here when they are gone, for tests to look at.
    streams: BTreeMap<GrpcId, GrpcStream>,
    opened_calls: u32,
    opened_streams: u32,
    /// The message being delivered.
    pub(super) message: Option<Bytes>,
    /// The initial metadata being delivered.
    pub(super) initial_metadata: Option<HeaderMap>,
    /// The trailing metadata being delivered.
    pub(super) trailing_metadata: Option<HeaderMap>,
}

/// What the lowest two bits of a token say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Call = 1,
    Stream = 2,
}

impl Kind {
    fn token(self, serial: u32) -> GrpcId {
        GrpcId(serial.wrapping_mul(4) | self as u32)
    }

    fn of(id: GrpcId) -> Option<Self> {
        match id.0 & 3 {
            1 => Some(Self::Call),
            2 => Some(Self::Stream),
            _ => None,
        }
    }
}

impl Grpc {
    fn open_call(&mut self, root: RootId, target: GrpcTarget, message: Bytes, timeout: Duration) -> GrpcId {
        self.opened_calls += 1;
        let id = Kind::Call.token(self.opened_calls);
        let call = GrpcCall { id, root, target, message, timeout };
        self.calls.insert(id, call);
        id
    }

    fn open_stream(&mut self, root: RootId, target: GrpcTarget) -> GrpcId {
        self.opened_streams += 1;
        let id = Kind::Stream.token(self.opened_streams);
        let stream = GrpcStream { id, root, target, state: GrpcStreamState::Open, ended: false, sent: Vec::new() };
        self.streams.insert(id, stream);
        id
    }

    /// A stream whose token the host still knows.
    fn known_stream(&mut self, id: GrpcId) -> Option<&mut GrpcStream> {
        let stream = self.streams.get_mut(&id)?;
        (stream.state != GrpcStreamState::Gone).then_some(stream)
    }
    /// The same, of this root: Envoy keeps streams with the context that opened them, and finds no others.
    fn stream_of(&mut self, root: RootId, id: GrpcId) -> Option<&mut GrpcStream> {
        self.known_stream(id).filter(|stream| stream.root == root)
    }

    /// Forgets a call of this root; whether there was one.
    fn end_call_of(&mut self, root: RootId, id: GrpcId) -> bool {
        let is_its = self.calls.get(&id).is_some_and(|call| call.root == root);
        is_its && self.calls.remove(&id).is_some()
    }
}
