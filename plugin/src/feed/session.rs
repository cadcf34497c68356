use std::time::Duration;

use tollgate_policy::snapshot::SnapshotId;

use crate::budget::Settlements;
use crate::intake::{Content, Taken};
use crate::slot::Standing;

use super::message::{self, CompanionMessage, IndexPart, WorkerMessage};
use super::{Backoff, Frame, MAX_FRAME, Patience};

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
/// A stream that brings this many unusable messages, and none between them that is taken, is given up.
const MAX_REFUSALS: u32 = 8;
/// A stream that brings more messages than this from one beat to the next is given up, whatever they are.
const MAX_MESSAGES: u32 = 1000;

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
    /// There is something to settle.
    Settle,
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
    fn standing(&self) -> Option<Standing>;
    /// Whether it was left by another VM, rather than brought by a stream.
    fn warm(&self) -> bool;
    /// Whether the VM has handled a request.
    fn serving(&self) -> bool;
    /// Offers a snapshot.
    ///
    /// # Errors
    /// If it is refused; the one in force stays.
    fn offer(&self, id: SnapshotId, content: Content) -> Result<Taken, Refusal>;
    /// Offers a part of the index snapshot.
    ///
    /// # Errors
    /// If it is refused, with the reason; what there was stays.
    fn offer_part(&self, content: Vec<u8>) -> Result<(), String>;
    /// This is the current snapshot, says the companion. Whether it is the one in force.
    fn current(&self, id: SnapshotId) -> bool;
    /// How calls ended, as far as the companion has not acknowledged it.
    fn settlements(&self) -> &Settlements;
    /// A snapshot was refused before it could be offered.
    fn refused(&self);
    /// A stream was opened that is not the first.
    fn reconnected(&self);
    /// Time since the VM started; it goes on while a message is worked on.
    fn now(&self) -> Duration;
}

/// Why a snapshot was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For the operator.
    pub reason: String,
    /// Whether the current snapshot as a whole may fare better.
    pub wants_full: bool,
    /// A newer one that has been in force in this Envoy, if that is why.
    pub ahead: Option<SnapshotId>,
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
    /// Messages refused since one was taken.
    refusals: u32,
    /// Messages since the last beat.
    messages: u32,
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
        let state = State::Down { retry: Duration::ZERO };
        Session { identity, backoff, state, had_stream: false, refusals: 0, messages: 0 }
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
                    self.receive(stream, frame, now, subscriber)
                } else {
                    Vec::new()
                }
            }
            Input::Settle => self.settle(now, subscriber),
            Input::Closed(stream) => {
                if self.stream() == Some(stream) {
                    self.lost(now);
                }
                vec![Output::Cancel(stream)]
            }
            Input::Stopped => {
                let stream = self.stream();
                self.state = State::Stopped;
                // Another root may bring to the companion what has not arrived.
                subscriber.settlements().resend();
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
                self.messages = 0;
                let applied = subscriber.standing().map(|standing| standing.id);
                let beat = send(stream, WorkerMessage::Heartbeat { applied, serving: subscriber.serving() });
                let mut outputs = vec![beat];
                if answered {
                    outputs.extend(settlements(stream, now, subscriber));
                }
                outputs
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
        subscriber.settlements().resend();
        (self.refusals, self.messages) = (0, 0);
        let (standing, warm) = (subscriber.standing(), subscriber.warm());
        vec![send(stream, WorkerMessage::Hello { identity: &self.identity, standing, warm })]
    }

    /// Sends what is to be settled, unless something is on its way: then what has come together meanwhile goes as soon as that
    /// is acknowledged, or with the next beat.
    fn settle(&self, now: Duration, subscriber: &dyn Subscriber) -> Vec<Output> {
        match self.state {
            State::Up { stream, answered: true, .. } if !subscriber.settlements().are_under_way() => {
                settlements(stream, now, subscriber)
            }
            _ => Vec::new(),
        }
    }

    /// Notes that the companion is there; whether this is the session's stream.
    fn answered(&mut self, from: StreamId) -> bool {
        match &mut self.state {
            State::Up { stream, answered, .. } if *stream == from => {
                *answered = true;
                true
            }
            _ => false,
        }
    }

    fn receive(
        &mut self,
        stream: StreamId,
        frame: Frame,
        received: Duration,
        subscriber: &dyn Subscriber,
    ) -> Vec<Output> {
        self.messages = self.messages.saturating_add(1);
        if self.messages > MAX_MESSAGES {
            return self.give_up(stream, "it brings messages without end", received);
        }
        let (id, refusal) = match frame {
            Frame::Whole(bytes) => match CompanionMessage::read(bytes) {
                Ok(CompanionMessage::Unknown) => return Vec::new(),
                Ok(CompanionMessage::Current(id)) => {
                    if subscriber.current(id) {
                        self.backoff.reset();
                    }
                    return Vec::new();
                }
                Ok(CompanionMessage::Settled(sequences)) => {
                    // There is one for each message that was sent, however many these are.
                    if subscriber.settlements().acknowledged(sequences) > 0 {
                        self.messages = self.messages.saturating_sub(1);
                    }
                    return self.settle(received, subscriber);
                }
                Ok(CompanionMessage::Index(IndexPart { id, content })) => {
                    let refused = subscriber.offer_part(content).err();
                    let reason = shortened(refused.as_deref().unwrap_or_default());
                    let answer = send(stream, WorkerMessage::IndexAnswer { part: &id, refused: reason });
                    return refused
                        .map(|reason| warn("part of the index snapshot", &reason))
                        .into_iter()
                        .chain([answer])
                        .collect();
                }
                Ok(CompanionMessage::Offer { id: Some(id), content }) => match subscriber.offer(id, content) {
                    Ok(taken) => {
                        // To bring the same one again makes up for nothing.
                        if taken == Taken::New {
                            self.backoff.reset();
                            self.refusals = 0;
                        }
                        let took = subscriber.now().saturating_sub(received);
                        let apply_micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
                        return vec![send(stream, WorkerMessage::Ack { id, apply_micros })];
                    }
                    Err(refusal) => (Some(id), refusal),
                },
                Ok(CompanionMessage::Offer { id: None, .. }) => {
                    subscriber.refused();
                    let reason = "the message names no snapshot id".to_owned();
                    (None, Refusal { reason, wants_full: true, ahead: None })
                }
                Err(why) => {
                    subscriber.refused();
                    let reason = format!("the message cannot be decoded: {why}");
                    (None, Refusal { reason, wants_full: true, ahead: None })
                }
            },
            Frame::Oversized { size, head } => {
                subscriber.refused();
                let reason = format!("the message has {size} bytes, more than {MAX_FRAME}");
                (message::announced(&head), Refusal { reason, wants_full: false, ahead: None })
            }
        };
        self.refuse(stream, id, &refusal, received)
    }

    fn refuse(&mut self, stream: StreamId, id: Option<SnapshotId>, refusal: &Refusal, now: Duration) -> Vec<Output> {
        let Refusal { reason, wants_full, ahead } = refusal;
        let nack = WorkerMessage::Nack { id, reason: shortened(reason), wants_full: *wants_full, ahead: *ahead };
        let mut outputs = vec![warn("snapshot", reason), send(stream, nack)];
        self.refusals += 1;
        if self.refusals >= MAX_REFUSALS {
            outputs.extend(self.give_up(stream, "nothing that it brings can be used", now));
        }
        outputs
    }

    fn give_up(&mut self, stream: StreamId, why: &str, now: Duration) -> Vec<Output> {
        self.lost(now);
        vec![Output::Warn(format!("the feed's stream is given up: {why}")), Output::Cancel(stream)]
    }

    fn lost(&mut self, now: Duration) {
        if self.state != State::Stopped {
            // Whoever sends nothing but what is refused is not asked again at once.
            let patience =
                if self.refusals > 0 || self.messages > MAX_MESSAGES { Patience::Long } else { Patience::Short };
            self.state = State::Down { retry: now + self.backoff.next_wait(patience) };
        }
    }

    fn stream(&self) -> Option<StreamId> {
        match self.state {
            State::Up { stream, .. } => Some(stream),
            State::Down { .. } | State::Opening | State::Stopped => None,
        }
    }
}

fn send(stream: StreamId, message: WorkerMessage<'_>) -> Output {
    Output::Send(stream, message.encode())
}

fn settlements(stream: StreamId, now: Duration, subscriber: &dyn Subscriber) -> Vec<Output> {
    let messages = subscriber.settlements().take_due(now);
    messages.iter().map(|message| send(stream, WorkerMessage::Settlements(message))).collect()
}

fn warn(what: &str, reason: &str) -> Output {
    Output::Warn(format!("{what} refused: {reason}"))
}

fn shortened(reason: &str) -> &str {
    reason.get(..reason.floor_char_boundary(MAX_REASON)).unwrap_or_default()
}
