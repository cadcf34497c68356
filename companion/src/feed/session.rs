use std::future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{Stream, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep_until, timeout};
use tollgate_policy::snapshot::{FORMAT, SnapshotId};
use tonic::Status;

use crate::budget::Till;
use crate::daemon::Shutdown;
use crate::metrics::{Metrics, Refusal};
use crate::net::Presence;
use crate::publisher::{Current, Published, is_credible};
use crate::related::{Extract, Extracts};

use super::admission::Admission;
use super::down::Down;
use super::frame::Frame;
use super::hello::{self, Hello};
use super::offers::{Making, Offer, Offers};
use super::parts::{PartOffer, Parts};
use super::proto::{self, worker_message};
use super::registry::{Registry, Seat};
use super::related::{Answered, RelatedSupply};
use super::settlements::Settlements;
use super::supply::{Form, Supply};
use super::vm::Nacked;

/// What all sessions share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) registry: Arc<Registry>,
    pub(super) current: Current,
    pub(super) extracts: Extracts,
    pub(super) offers: Arc<Offers>,
    pub(super) parts: Arc<Parts>,
    pub(super) admission: Arc<Admission>,
    /// Takes ids above which the next snapshot must be.
    pub(super) ahead: mpsc::Sender<SnapshotId>,
    /// Takes settlements of budgets.
    pub(super) till: Till,
    pub(super) metrics: Arc<Metrics>,
    pub(super) shutdown: Shutdown,
}

/// Runs one VM's stream from its hello to its end. How it ends goes down the stream.
pub(super) async fn run<S>(shared: Shared, presence: Presence, mut up: S, down: mpsc::Sender<Down>)
where
    S: Stream<Item = Result<proto::WorkerMessage, Status>> + Unpin,
{
    let patience = shared.registry.patience();
    if let Err(status) = talk(shared, &presence, &mut up, &down).await {
        // Nobody may be there to read it, or not for long.
        let _ = timeout(patience, down.send(Err(status))).await;
    }
}

async fn talk<S>(shared: Shared, presence: &Presence, up: &mut S, down: &mpsc::Sender<Down>) -> Result<(), Status>
where
    S: Stream<Item = Result<proto::WorkerMessage, Status>> + Unpin,
{
    let refuse = |refusal: Refusal, status: Status| {
        shared.metrics.feed.refused(refusal);
        status
    };
    let patience = shared.registry.patience();
    let mut stop = shared.shutdown.clone();
    let first = tokio::select! {
        first = timeout(patience, up.next()) => first.map_err(|_| refuse(Refusal::Silent, silent()))?,
        () = down.closed() => return Ok(()),
        () = stop.requested() => return Err(stopping()),
    };
    let hello = match first.transpose()?.and_then(|message| message.body) {
        Some(worker_message::Body::Hello(hello)) => {
            Hello::try_from(hello).map_err(|status| refuse(Refusal::Hello, status))?
        }
        _ => {
            let status = Status::invalid_argument("the first message of a stream must be hello");
            return Err(refuse(Refusal::Hello, status));
        }
    };
    if !shared.admission.admits(&hello.node, Instant::now()) {
        let status = Status::permission_denied("this companion does not admit a node of this id");
        return Err(refuse(Refusal::Node, status));
    }
    let _present = presence.enter();
    let (held, format) = (hello.applied, hello.format);
    let applied = held.map(|held| held.id.to_string());
    tracing::info!(vm = %hello.vm, node = hello.node, applied, warm = hello.warm, "worker connected");
    let (seat, replaced) = shared
        .registry
        .seat(hello, Instant::now())
        .map_err(|_| refuse(Refusal::Full, Status::resource_exhausted("too many plugin VMs are connected")))?;
    if format != u32::from(FORMAT) {
        seat.incompatible();
        let problem = format!(
            "this companion writes snapshots of format {FORMAT}, this plugin reads format {format}: \
             run a plugin and a companion of one version"
        );
        return Err(refuse(Refusal::Format, Status::failed_precondition(problem)));
    }
    let now = Instant::now();
    let related = RelatedSupply::new(seat.refused_extract(), now);
    let (supply, settlements) = (Supply::new(held), Settlements::new(shared.till.clone()));
    let mut session = Session { shared, seat, supply, related, settlements, owes_current: false, heard_at: now };
    session.check_ahead(held.map(|held| held.id))?;
    session.exchange(up, down, replaced).await
}

/// A stream whose VM is known.
struct Session {
    shared: Shared,
    seat: Seat,
    supply: Supply,
    related: RelatedSupply,
    settlements: Settlements,
    /// A heartbeat waits for its answer.
    owes_current: bool,
    heard_at: Instant,
}

impl Session {
    async fn exchange<S>(
        &mut self,
        up: &mut S,
        down: &mpsc::Sender<Down>,
        mut replaced: oneshot::Receiver<()>,
    ) -> Result<(), Status>
    where
        S: Stream<Item = Result<proto::WorkerMessage, Status>> + Unpin,
    {
        let patience = self.shared.registry.patience();
        let mut current = self.shared.current.clone();
        let mut extracts = self.shared.extracts.clone();
        let mut shutdown = self.shared.shutdown.clone();
        loop {
            let now = Instant::now();
            self.supply.tick(now);
            if self.related.tick(now) {
                self.shared.metrics.related.unanswered();
            }
            let published = current.borrow_and_update().clone();
            // A slow VM holds up its own queue of one. What is published meanwhile takes the place of what waits.
            let making = published.as_ref().and_then(|published| self.make(published, now));
            let extract = extracts.borrow_and_update().clone();
            let part = published.as_ref().and_then(|published| self.part(published, extract.as_deref()?, now));
            let owed = Owed { current: self.owes_current, settled: self.settlements.are_owed(), part: part.is_some() };
            let delivery = deliver(down, making, owed);
            tokio::select! {
                biased;
                _ = &mut replaced => return Err(Status::aborted("the VM has opened another stream")),
                () = shutdown.requested() => return Err(stopping()),
                () = down.closed() => return Ok(()),
                // Before what it would replace is sent.
                changed = current.changed() => if changed.is_err() {
                    return Err(stopping());
                },
                delivered = delivery => match delivered {
                    Delivery::Offer(room, Some(offer)) => {
                        room.send(Ok(Frame::offer(&offer)));
                        self.sent(&offer);
                    }
                    Delivery::Offer(_, None) => self.supply.unmade(now),
                    Delivery::Current(room) => {
                        room.send(Ok(Frame::current(published.map(|published| published.id))));
                        self.owes_current = false;
                    }
                    Delivery::Settled(room) => {
                        room.send(Ok(Frame::settled(self.settlements.done())));
                    }
                    Delivery::Part(room) => if let (Some(part), Some(extract)) = (part, extract) {
                        room.send(Ok(Frame::part(&part)));
                        self.shared.metrics.related.sent(part.content.len());
                        self.related.sent(part.id, &extract, now);
                    },
                    Delivery::Closed => return Ok(()),
                },
                () = news(&mut extracts) => {}
                () = self.settlements.hear() => {}
                message = up.next() => match message {
                    Some(message) => self.hear(message?)?,
                    None => return Ok(()),
                },
                () = until(self.supply.wakes_at()) => {}
                () = until(self.related.wakes_at(now)) => {}
                () = until(Some(self.heard_at + patience)) => {
                    self.seat.fell_silent();
                    return Err(silent());
                }
            }
        }
    }

    fn make(&self, published: &Arc<Published>, now: Instant) -> Option<Making> {
        self.shared.registry.published(published.id, published.at);
        self.shared.offers.know(published);
        let want = self.supply.want(published.id, now)?;
        Some(self.shared.offers.make(published, want, now))
    }

    /// The part of the index snapshot to send now: to a VM that has no policy snapshot to wait for.
    fn part(&mut self, published: &Published, extract: &Extract, now: Instant) -> Option<PartOffer> {
        let has = self.supply.has(published.id);
        let number = self.related.want(extract, now).filter(|_| has)?;
        self.shared.parts.make(extract, number, now)
    }

    fn sent(&mut self, offer: &Offer) {
        self.shared.metrics.feed.sent(offer.base.is_some(), offer.content.len());
        let form = Form { whole: offer.base.is_none(), bytes: offer.content.len() };
        self.supply.sent(offer.target, form, offer.published_at, Instant::now());
    }

    fn hear(&mut self, message: proto::WorkerMessage) -> Result<(), Status> {
        let now = Instant::now();
        self.heard_at = now;
        match message.body {
            Some(worker_message::Body::Heartbeat(beat)) => {
                let applied = beat.applied.map(Into::into);
                self.owes_current = true;
                self.supply.says(applied, now);
                self.seat.beat(applied, beat.serving, now);
                self.check_ahead(applied)
            }
            Some(worker_message::Body::Ack(ack)) => {
                let id = ack.id.ok_or_else(|| Status::invalid_argument("an ack must name a snapshot"))?.into();
                self.acked(id, Duration::from_micros(ack.apply_micros), now);
                self.check_ahead(Some(id))
            }
            Some(worker_message::Body::Nack(nack)) => {
                let ahead = nack.ahead.map(Into::into);
                self.nacked(nack, now);
                self.check_ahead(ahead)
            }
            Some(worker_message::Body::IndexAnswer(answer)) => {
                self.index_answered(answer, now);
                Ok(())
            }
            Some(worker_message::Body::Hello(_)) => Err(Status::invalid_argument("hello was said already")),
            Some(worker_message::Body::Settlements(settlements)) => {
                self.settlements.take(settlements);
                Ok(())
            }
            // Of a later version of the protocol: nothing that this one needs.
            None => Ok(()),
        }
    }

    fn acked(&mut self, id: SnapshotId, apply_time: Duration, now: Instant) {
        let published_at = self.supply.acked(id, now);
        self.shared.metrics.feed.acked();
        if published_at.is_some() {
            self.shared.metrics.feed.applied_in(apply_time);
        }
        if let Some(delay) = self.seat.acked(id, apply_time, published_at, now) {
            self.shared.metrics.feed.enforced_after(delay);
        }
    }

    fn nacked(&mut self, nack: proto::Nack, now: Instant) {
        let nacked = Nacked { id: nack.id.map(Into::into), reason: hello::reason(nack.reason), at: now };
        if self.supply.nacked(nack.wants_full, now) {
            let id = nacked.id.map(|id| id.to_string());
            tracing::warn!(vm = %self.seat.vm(), snapshot = id, reason = nacked.reason, "snapshot refused");
        }
        self.shared.metrics.feed.nacked();
        self.seat.nacked(nacked);
    }

    fn index_answered(&mut self, answer: proto::IndexAnswer, now: Instant) {
        let proto::IndexAnswer { part, refused } = answer;
        if let Answered::Refused(extract) = self.related.answered(part, !refused.is_empty(), now) {
            let reason = hello::reason(refused);
            tracing::warn!(vm = %self.seat.vm(), reason, "a part of the index snapshot was refused");
            self.shared.metrics.related.refused();
            self.seat.refused(extract);
        }
    }

    /// Tells the publisher if the VM decides with a snapshot from after our time, or with another one of the current id.
    fn check_ahead(&self, applied: Option<SnapshotId>) -> Result<(), Status> {
        let Some(applied) = applied else {
            return Ok(());
        };
        let ours = self.shared.current.borrow().as_ref().map(|published| (published.id, published.digest));
        let passed = match ours {
            Some((id, digest)) if id == applied => {
                let differs = self.supply.held().is_some_and(|held| held.id == id && held.digest != digest);
                differs.then(|| SnapshotId { version: id.version + 1, ..id })
            }
            Some((id, _)) if id > applied => None,
            _ => Some(applied),
        };
        if let Some(passed) = passed {
            // What we gave ourselves is never refused.
            if !is_credible(passed) {
                return Err(Status::invalid_argument(format!("no companion gives snapshots the id {applied}")));
            }
            // If the queue is full, the next heartbeat says it again.
            let _ = self.shared.ahead.try_send(passed);
        }
        Ok(())
    }
}

/// What a stream has room for.
enum Delivery<'d> {
    Offer(mpsc::Permit<'d, Down>, Option<Offer>),
    Current(mpsc::Permit<'d, Down>),
    Settled(mpsc::Permit<'d, Down>),
    Part(mpsc::Permit<'d, Down>),
    /// Nobody reads any more.
    Closed,
}

/// What waits besides snapshots.
struct Owed {
    current: bool,
    settled: bool,
    part: bool,
}

async fn deliver(down: &mpsc::Sender<Down>, making: Option<Making>, owed: Owed) -> Delivery<'_> {
    match making {
        Some(making) => {
            let offer = making.await;
            down.reserve().await.map_or(Delivery::Closed, |room| Delivery::Offer(room, offer))
        }
        None if owed.current => down.reserve().await.map_or(Delivery::Closed, Delivery::Current),
        None if owed.settled => down.reserve().await.map_or(Delivery::Closed, Delivery::Settled),
        None if owed.part => down.reserve().await.map_or(Delivery::Closed, Delivery::Part),
        None => future::pending().await,
    }
}

/// Resolves when there is another extract. Nobody may be there to make one.
async fn news(extracts: &mut Extracts) {
    if extracts.changed().await.is_err() {
        future::pending::<()>().await;
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant.into()).await,
        None => future::pending().await,
    }
}

fn silent() -> Status {
    Status::deadline_exceeded("nothing was heard of the VM for three beats")
}

fn stopping() -> Status {
    Status::unavailable("the companion is stopping")
}
