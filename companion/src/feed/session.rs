use std::collections::VecDeque;
use std::future;
use std::sync::Arc;
use std::time::Instant;

use futures::{Stream, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tollgate_policy::snapshot::SnapshotId;
use tonic::Status;

use crate::daemon::Shutdown;
use crate::metrics::Metrics;
use crate::publisher::{Current, Published, is_credible};

use super::hello::Hello;
use super::limits::MAX_UNANSWERED;
use super::proto::{self, companion_message, worker_message};
use super::registry::{Registry, Seat};
use super::vm::Nacked;

/// What all sessions share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) registry: Arc<Registry>,
    pub(super) current: Current,
    /// Takes ids that a VM has applied and we have not published.
    pub(super) ahead: mpsc::Sender<SnapshotId>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) shutdown: Shutdown,
}

/// What goes down a stream.
pub(super) type Down = Result<proto::CompanionMessage, Status>;

/// Runs one VM's stream from its hello to its end. How it ends goes down the stream.
pub(super) async fn run<S>(shared: Shared, mut up: S, down: mpsc::Sender<Down>)
where
    S: Stream<Item = Result<proto::WorkerMessage, Status>> + Unpin,
{
    let patience = shared.registry.patience();
    if let Err(status) = talk(shared, &mut up, &down).await {
        // Nobody may be there to read it, or not for long.
        let _ = timeout(patience, down.send(Err(status))).await;
    }
}

async fn talk<S>(shared: Shared, up: &mut S, down: &mpsc::Sender<Down>) -> Result<(), Status>
where
    S: Stream<Item = Result<proto::WorkerMessage, Status>> + Unpin,
{
    let patience = shared.registry.patience();
    let first = timeout(patience, up.next()).await.map_err(|_| silent())?;
    let hello = match first.transpose()?.and_then(|message| message.body) {
        Some(worker_message::Body::Hello(hello)) => Hello::try_from(hello)?,
        _ => return Err(Status::invalid_argument("the first message of a stream must be hello")),
    };
    let applied = hello.applied;
    tracing::info!(vm = %hello.vm, node = hello.node, applied = ?applied.map(|id| id.to_string()), "worker connected");
    let (seat, replaced) = shared
        .registry
        .seat(hello, Instant::now())
        .map_err(|_| Status::resource_exhausted("too many plugin VMs are connected"))?;
    let mut session = Session { shared, seat, offered: applied, sent: VecDeque::new() };
    session.check_ahead(applied)?;
    session.exchange(up, down, replaced).await
}

/// A stream whose VM is known.
struct Session {
    shared: Shared,
    seat: Seat,
    /// The newest snapshot that the VM has or was sent: only newer ones are sent.
    offered: Option<SnapshotId>,
    /// Sent and not answered, oldest first, and when they were published.
    sent: VecDeque<(SnapshotId, Instant)>,
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
        let mut shutdown = self.shared.shutdown.clone();
        loop {
            let news = self.news(&mut current);
            // A slow VM holds up the queue of one; when it has room, what is then the newest is sent.
            let room = async {
                match news {
                    Some(_) => down.reserve().await,
                    None => future::pending().await,
                }
            };
            tokio::select! {
                message = timeout(patience, up.next()) => match message.map_err(|_| silent())? {
                    Some(message) => self.hear(message?)?,
                    None => return Ok(()),
                },
                room = room => match (room, self.news(&mut current)) {
                    (Ok(room), Some(published)) => {
                        room.send(Ok(message(&published)));
                        self.sent_now(&published);
                    }
                    (Ok(_), None) => {}
                    (Err(_), _) => return Ok(()),
                },
                changed = current.changed() => if changed.is_err() {
                    return Err(Status::unavailable("the companion is stopping"));
                },
                _ = &mut replaced => return Err(Status::aborted("the VM has opened another stream")),
                () = shutdown.requested() => return Err(Status::unavailable("the companion is stopping")),
                () = down.closed() => return Ok(()),
            }
        }
    }

    /// The current snapshot, if it is newer than what the VM has or was sent.
    fn news(&self, current: &mut Current) -> Option<Arc<Published>> {
        current.borrow_and_update().clone().filter(|published| Some(published.id) > self.offered)
    }

    fn sent_now(&mut self, published: &Published) {
        self.offered = Some(published.id);
        if self.sent.len() >= MAX_UNANSWERED {
            self.sent.pop_front();
        }
        self.sent.push_back((published.id, published.at));
    }

    fn hear(&mut self, message: proto::WorkerMessage) -> Result<(), Status> {
        let now = Instant::now();
        match message.body {
            Some(worker_message::Body::Heartbeat(beat)) => {
                let applied = beat.applied.map(Into::into);
                self.seat.beat(applied, beat.serving, now);
                self.check_ahead(applied)
            }
            Some(worker_message::Body::Ack(ack)) => {
                let id = ack.id.ok_or_else(|| Status::invalid_argument("an ack must name a snapshot"))?.into();
                self.acked(id, now);
                self.check_ahead(Some(id))
            }
            Some(worker_message::Body::Nack(nack)) => {
                let nack = Nacked::from(nack);
                tracing::warn!(vm = %self.seat.vm(), snapshot = %nack.id, reason = nack.reason, "snapshot refused");
                self.sent.retain(|(id, _)| *id > nack.id);
                self.shared.metrics.nacked();
                self.seat.nacked(nack, now);
                Ok(())
            }
            Some(worker_message::Body::Hello(_)) => Err(Status::invalid_argument("hello was said already")),
            // Of a later version of the protocol: nothing that this one needs.
            None => Ok(()),
        }
    }

    fn acked(&mut self, id: SnapshotId, now: Instant) {
        self.shared.metrics.acked();
        let published_at = self.sent.iter().find(|(sent, _)| *sent == id).map(|(_, at)| *at);
        if let Some(delay) = self.seat.acked(id, published_at, now) {
            self.shared.metrics.enforced_after(delay);
        }
        self.sent.retain(|(sent, _)| *sent > id);
    }

    /// Tells the publisher if the VM decides with a snapshot from after our time.
    fn check_ahead(&self, applied: Option<SnapshotId>) -> Result<(), Status> {
        let Some(applied) = applied else {
            return Ok(());
        };
        let ours = self.shared.current.borrow().as_ref().map(|published| published.id);
        if Some(applied) > ours {
            // What we gave ourselves is never refused.
            if !is_credible(applied) {
                return Err(Status::invalid_argument(format!("no companion gives snapshots the id {applied}")));
            }
            // If the queue is full, the next heartbeat says it again.
            let _ = self.shared.ahead.try_send(applied);
        }
        Ok(())
    }
}

fn silent() -> Status {
    Status::deadline_exceeded("nothing was heard of the VM for three beats")
}

fn message(published: &Published) -> proto::CompanionMessage {
    let snapshot = proto::Snapshot { id: Some(published.id.into()), content: published.full() };
    proto::CompanionMessage { body: Some(companion_message::Body::Snapshot(snapshot)) }
}
