use std::fmt;
use std::ops::Range;
use std::time::Duration;

use tollgate_policy::snapshot::SnapshotId;

use super::message::{self, Offered, WorkerMessage};
use super::{Backoff, Frame, MAX_FRAME};

#[cfg(test)]
mod tests;

/// How often the companion hears from a VM; three missed beats and it counts as dead.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// A tick may come this much early.
const TICK_SLACK: Duration = Duration::from_millis(50);
/// How often the session looks whether it is time to connect, while it is not connected.
const IMPATIENCE: Duration = Duration::from_millis(100);
/// Longest reason in a refusal, in bytes.
const MAX_REASON: usize = 256;

/// A stream, as the proxy numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamId(pub u32);

/// What happened. Times are since the VM started.
#[derive(Clone, Debug)]
pub enum Input {
    /// The tick, and the start of the session.
    Tick,
    /// A stream was opened, as asked.
    Opened(StreamId),
    /// No stream could be opened.
    OpenFailed,
    /// The companion answered on the stream.
    Answered(StreamId),
    /// The companion sent a message.
    Message(StreamId, Frame),
    /// The stream ended, or cannot be written any more.
    Closed(StreamId),
    /// The filter goes.
    Stopped,
}

/// What is to be done, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Open a stream; answer with [`Input::Opened`] or [`Input::OpenFailed`].
    Open,
    /// Send this message.
    Send(StreamId, Vec<u8>),
    /// Give the stream up. The proxy frees what it holds for a stream only when told so, even if the other side ended it.
    Cancel(StreamId),
    /// Tell the operator.
    Warn(String),
}

/// The VM, to its session.
pub trait Subscriber {
    /// The snapshot in force.
    fn applied(&self) -> Option<SnapshotId>;
    /// Whether the VM has handled a request.
    fn serving(&self) -> bool;
    /// Offers a snapshot.
    ///
    /// # Errors
    /// If it is refused, with the reason for the operator; the one in force stays.
    fn offer(&self, id: SnapshotId, content: Vec<u8>) -> Result<(), String>;
    /// A snapshot was refused before it could be offered.
    fn refused(&self);
    /// A stream was opened that is not the first.
    fn reconnected(&self);
}

/// Who subscribes: what stays the same in every hello.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// The VM's id.
    pub vm: [u8; 16],
    /// Envoy's node id; may be empty.
    pub node: String,
    /// Envoy's node cluster; may be empty.
    pub node_cluster: String,
}

/// The protocol of one feed, on one stream after the other.
#[derive(Debug)]
pub struct Session {
    identity: Identity,
    backoff: Backoff,
    state: State,
    had_stream: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// No stream; the next is opened at this time.
    Down { retry: Duration },
    /// A stream was asked for.
    Opening,
    /// There is a stream. Whether there is a companion at its other end is known once it has answered.
    Up { stream: StreamId, answered: bool, last_beat: Duration },
    /// The filter is gone.
    Stopped,
}

impl Session {
    /// A session that opens its stream at the first tick.
    #[must_use]
    pub fn new(identity: Identity, backoff: Backoff) -> Self {
        Session { identity, backoff, state: State::Down { retry: Duration::ZERO }, had_stream: false }
    }

    /// Whether the companion answers.
    #[must_use]
    pub fn connected(&self) -> bool {
        matches!(self.state, State::Up { answered: true, .. })
    }

    /// How often [`Input::Tick`] is wanted; zero for no more of them.
    #[must_use]
    pub fn tick_period(&self) -> Duration {
        match self.state {
            State::Up { answered: true, .. } => HEARTBEAT,
            State::Up { .. } | State::Opening | State::Down { .. } => IMPATIENCE,
            State::Stopped => Duration::ZERO,
        }
    }

    /// Goes on with what happened at `now`.
    #[must_use]
    pub fn handle(&mut self, input: Input, now: Duration, subscriber: &dyn Subscriber) -> Vec<Output> {
        match input {
            Input::Tick => self.tick(now, subscriber),
            Input::Opened(stream) => self.opened(stream, now, subscriber),
            Input::OpenFailed => {
                self.lost(now);
                Vec::new()
            }
            Input::Answered(stream) => {
                self.answered(stream);
                Vec::new()
            }
            Input::Message(stream, frame) => {
                if self.answered(stream) {
                    receive(stream, frame, subscriber)
                } else {
                    Vec::new()
                }
            }
            Input::Closed(stream) => {
                if self.stream() == Some(stream) {
                    self.lost(now);
                }
                vec![Output::Cancel(stream)]
            }
            Input::Stopped => {
                let stream = self.stream();
                self.state = State::Stopped;
                stream.map(Output::Cancel).into_iter().collect()
            }
        }
    }

    fn tick(&mut self, now: Duration, subscriber: &dyn Subscriber) -> Vec<Output> {
        match self.state {
            State::Down { retry } if now >= retry => {
                self.state = State::Opening;
                vec![Output::Open]
            }
            State::Up { stream, answered, last_beat } if now + TICK_SLACK >= last_beat + HEARTBEAT => {
                self.state = State::Up { stream, answered, last_beat: now };
                let beat = WorkerMessage::Heartbeat { applied: subscriber.applied(), serving: subscriber.serving() };
                vec![send(stream, beat)]
            }
            State::Down { .. } | State::Opening | State::Up { .. } | State::Stopped => Vec::new(),
        }
    }

    fn opened(&mut self, stream: StreamId, now: Duration, subscriber: &dyn Subscriber) -> Vec<Output> {
        if self.state != State::Opening {
            return vec![Output::Cancel(stream)];
        }
        if std::mem::replace(&mut self.had_stream, true) {
            subscriber.reconnected();
        }
        self.state = State::Up { stream, answered: false, last_beat: now };
        let hello = WorkerMessage::Hello {
            vm: &self.identity.vm,
            node: &self.identity.node,
            node_cluster: &self.identity.node_cluster,
            build: env!("CARGO_PKG_VERSION"),
            applied: subscriber.applied(),
        };
        vec![send(stream, hello)]
    }

    /// Notes that the companion is there; whether this is the session's stream.
    fn answered(&mut self, from: StreamId) -> bool {
        match &mut self.state {
            State::Up { stream, answered, .. } if *stream == from => {
                *answered = true;
                self.backoff.reset();
                true
            }
            _ => false,
        }
    }

    fn lost(&mut self, now: Duration) {
        if self.state != State::Stopped {
            self.state = State::Down { retry: now + self.backoff.next_wait() };
        }
    }

    fn stream(&self) -> Option<StreamId> {
        match self.state {
            State::Up { stream, .. } => Some(stream),
            State::Down { .. } | State::Opening | State::Stopped => None,
        }
    }
}

fn receive(stream: StreamId, frame: Frame, subscriber: &dyn Subscriber) -> Vec<Output> {
    let outcome = match frame {
        Frame::Whole(bytes) => {
            match Offered::read(&bytes).map(|offered| offered.map(|it| (it.id, it.place_in(&bytes)))) {
                Ok(Some((id, place))) => offer(id, content(bytes, place), subscriber),
                Ok(None) => return Vec::new(),
                Err(why) => Err(Refusal::early(None, format_args!("the message cannot be decoded: {why}"))),
            }
        }
        Frame::Oversized { size, head } => Err(Refusal::early(
            message::announced(&head),
            format_args!("the message has {size} bytes, more than {MAX_FRAME}"),
        )),
    };
    match outcome {
        Ok(id) => vec![send(stream, WorkerMessage::Ack(id))],
        Err(Refusal { id, reason, early }) => {
            if early {
                subscriber.refused();
            }
            let nack = WorkerMessage::Nack { id, reason: shortened(&reason) };
            vec![Output::Warn(format!("snapshot refused: {reason}")), send(stream, nack)]
        }
    }
}

struct Refusal {
    id: Option<SnapshotId>,
    reason: String,
    /// The subscriber has not seen the snapshot.
    early: bool,
}

impl Refusal {
    fn early(id: Option<SnapshotId>, reason: impl fmt::Display) -> Self {
        Refusal { id, reason: reason.to_string(), early: true }
    }
}

/// What stands at a place of a message, in the message's own memory.
fn content(mut message: Vec<u8>, place: Range<usize>) -> Vec<u8> {
    message.truncate(place.end);
    message.drain(..place.start.min(message.len()));
    message
}

fn offer(id: Option<SnapshotId>, content: Vec<u8>, subscriber: &dyn Subscriber) -> Result<SnapshotId, Refusal> {
    let Some(id) = id else {
        return Err(Refusal::early(None, "the message names no snapshot id"));
    };
    match subscriber.offer(id, content) {
        Ok(()) => Ok(id),
        Err(reason) => Err(Refusal { id: Some(id), reason, early: false }),
    }
}

fn send(stream: StreamId, message: WorkerMessage<'_>) -> Output {
    Output::Send(stream, message.encode())
}

fn shortened(reason: &str) -> &str {
    reason.get(..reason.floor_char_boundary(MAX_REASON)).unwrap_or_default()
}
