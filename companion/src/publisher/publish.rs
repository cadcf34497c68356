use std::future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tollgate_policy::set::budget::Environment;
use tollgate_policy::snapshot::SnapshotId;

use crate::catalogue::Catalogue;
use crate::daemon::Shutdown;
use crate::metrics::Metrics;
use crate::policies::{Fingerprint, Folder};
use crate::store::{Origin, Store};

use super::apart::take_apart;
use super::change::{self, Authority};
use super::desk::{Desk, Stamp};
use super::documents::are_apart;
use super::environment;
use super::health::Health;
use super::history::History;
use super::judge::judge;
use super::published::{Current, Published};
use super::recover::{RecoverError, recover};
use super::refused::Refused;
use super::request::{self, Changes, Request};
use super::shelf::Shelf;

/// How often the state file is looked after, and tried again after a failure.
const RETRY: Duration = Duration::from_secs(2);

/// Where policies come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A folder; every message tells of a change in it.
    Files {
        folder: Folder,
        changes: mpsc::Receiver<()>,
        /// Who edits the files, as far as is known.
        author: String,
    },
    /// Requests.
    Api,
}

/// Makes the policies the current snapshot.
///
/// Whatever goes wrong, the current snapshot stays: it is replaced only by one that was validated, compiled, read back and
/// made durable.
#[derive(Debug)]
pub(crate) struct Publisher {
    source: Source,
    desk: Arc<Mutex<Desk>>,
    shelf: Shelf,
    catalogue: Catalogue,
    history: History,
    current: watch::Sender<Option<Arc<Published>>>,
    requests: mpsc::Receiver<Request>,
    changes: Changes,
    /// The content of the folder that was judged last, and needs no second look.
    judged: Option<Fingerprint>,
    /// The content of the folder that was read last, whatever came of it since.
    read: Option<Fingerprint>,
    /// When the epoch was raised last because a worker was ahead.
    raised: Option<Instant>,
    /// The state file failed: what it was to be used for is to be tried again.
    must_retry: bool,
    health: Health,
    metrics: Arc<Metrics>,
}

impl Publisher {
    /// Goes on from what the state file holds, and serves it.
    pub(crate) fn recover(
        source: Source,
        store: Store,
        environment: Environment,
        health: Health,
        metrics: Arc<Metrics>,
    ) -> Result<Self, RecoverError> {
        let recovery = recover(&store)?;
        let store = Arc::new(Mutex::new(store));
        let desk = Desk::new(Arc::clone(&store), recovery, environment);
        let recovered = desk.in_force();
        if let Some(recovered) = &recovered {
            tracing::info!(snapshot = %recovered.id, "serving the last good snapshot of the state file");
            metrics.published(recovered);
        }
        let (changes, requests) = request::channel();
        let publisher = Publisher {
            source,
            shelf: desk.shelf(),
            catalogue: desk.catalogue(),
            history: History(store),
            current: watch::Sender::new(recovered.map(Arc::new)),
            requests,
            changes,
            judged: None,
            read: None,
            raised: None,
            must_retry: false,
            health,
            metrics,
            desk: Arc::new(Mutex::new(desk)),
        };
        Ok(publisher)
    }

    /// Whether the policies that are to be published have what their environment cannot do without. Other mistakes are no
    /// reason not to start: what was good before is served.
    ///
    /// # Errors
    /// Says what they lack, and where.
    pub(crate) fn check_environment(&self) -> Result<(), String> {
        let desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.source {
            Source::Files { folder, .. } => match folder.read() {
                Ok(reading) => environment::check(&reading.files, desk.environment()),
                // That is said once it is to be published.
                Err(_) => Ok(()),
            },
            Source::Api => environment::check(desk.documents(), desk.environment()),
        }
    }

    pub(crate) fn follow(&self) -> Current {
        self.current.subscribe()
    }

    /// Where operators' changes are handed in.
    pub(crate) fn changes(&self) -> Changes {
        self.changes.clone()
    }

    pub(crate) fn history(&self) -> History {
        self.history.clone()
    }

    pub(crate) fn shelf(&self) -> Shelf {
        self.shelf.clone()
    }

    pub(crate) fn catalogue(&self) -> Catalogue {
        self.catalogue.clone()
    }

    /// Publishes what is there, then every change. `ahead` carries ids that workers have applied and we have not given.
    /// Ends when nothing can change any more, and for a shutdown: what has been begun is finished first.
    pub(crate) async fn run(mut self, mut ahead: mpsc::Receiver<SnapshotId>, mut shutdown: Shutdown) {
        self.begin().await;
        let mut round = interval(RETRY);
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                change = self.source.changed() => match change {
                    Some(()) => self.reload().await,
                    None => return,
                },
                Some(request) = self.requests.recv() => self.serve_request(request).await,
                Some(id) = ahead.recv() => self.overtaken_by(id).await,
                _ = round.tick() => match self.must_retry {
                    true => self.try_again().await,
                    false => {
                        self.catch_up().await;
                        self.look_after_state().await;
                    }
                },
            }
        }
    }

    /// Goes on from what was in force before the restart to what there is now.
    async fn begin(&mut self) {
        let is_api = matches!(self.source, Source::Api);
        // Of files, what they say now is what matters.
        let warmed = self.at_desk(move |desk| if is_api { take_over(desk) } else { Ok(desk.warm().ok().and(None)) });
        let warmed = warmed.await;
        self.conclude(warmed);
        self.tend().await;
        self.reload().await;
    }

    /// Follows a worker that is ahead; not more often than it takes to hear of all of them, whatever they claim.
    async fn overtaken_by(&mut self, id: SnapshotId) {
        let is_soon = self.raised.is_some_and(|raised| raised.elapsed() < RETRY);
        let outcome = self
            .at_desk(move |desk| {
                if !desk.numbering.saw(id) || is_soon {
                    return Ok(None);
                }
                let raised = desk.numbering.next();
                tracing::warn!(applied = %id, %raised, "a worker is ahead of what is published: raising the epoch");
                desk.publish_again()
            })
            .await;
        if let Ok(Some(_)) = outcome {
            self.raised = Some(Instant::now());
        }
        self.conclude(outcome);
        self.tend().await;
    }

    /// Publishes again what was not made durable when a worker was ahead, or waited for others to be heard.
    async fn catch_up(&mut self) {
        let is_overtaken =
            |desk: &mut Desk| if desk.numbering.is_overtaken() { desk.publish_again() } else { Ok(None) };
        let outcome = self.at_desk(is_overtaken).await;
        if let Ok(Some(_)) = outcome {
            self.raised = Some(Instant::now());
        }
        self.conclude(outcome);
    }

    async fn serve_request(&mut self, request: Request) {
        let Request { change, author, answer } = request;
        let authority = match &self.source {
            Source::Files { folder, .. } => {
                let folder = folder.clone();
                // As they are now, judged or not. Files that cannot be read are as good as changed once they can.
                let read = self.at_desk(move |_| Ok(folder.read().map(|reading| reading.fingerprint).ok())).await;
                let fingerprint = read.ok().flatten().or(self.read);
                Authority::Files(fingerprint.map(Fingerprint::bytes).unwrap_or_default())
            }
            Source::Api => Authority::Api,
        };
        let outcome = self.at_desk(move |desk| change::make(desk, change, author, authority)).await;
        let outcome = match outcome {
            Ok((published, done)) => {
                self.conclude(Ok(published));
                if authority == Authority::Api {
                    self.health.update(|problems| problems.policies = None);
                }
                self.note_hold().await;
                Ok(done)
            }
            Err(refused) => {
                // What an operator sends is answered to the operator; a state file that fails is everyone's.
                if let Refused::State(_) = refused {
                    self.state_failed(&refused);
                }
                Err(refused)
            }
        };
        // Whoever asked may be gone.
        let _ = answer.send(outcome);
        self.tend().await;
    }

    async fn reload(&mut self) {
        let Source::Files { folder, author, .. } = &self.source else { return };
        let (folder, author, judged) = (folder.clone(), author.clone(), self.judged);
        let metrics = Arc::clone(&self.metrics);
        let outcome = self
            .at_desk(move |desk| {
                let Some(judgement) = judge(&folder, judged, &mut desk.loader)? else { return Ok(None) };
                let fingerprint = judgement.fingerprint;
                let started = Instant::now();
                if desk.held_against() == Some(fingerprint.bytes()) {
                    return Ok(Some((fingerprint, Ok(None))));
                }
                let stamp = Stamp { author, origin: Origin::Files, of: None, held_against: None };
                let took = judgement.took;
                let published = judgement.outcome.map_err(Refused::from).and_then(|set| {
                    metrics.compiled_in(took + started.elapsed());
                    match desk.held_against().is_none() && !desk.numbering.is_overtaken() && desk.is_in_force(&set)? {
                        true => Ok(None),
                        false => desk.publish_all(judgement.files, set, stamp).map(Some),
                    }
                });
                Ok(Some((fingerprint, published)))
            })
            .await;
        match outcome {
            Ok(None) => return,
            Ok(Some((fingerprint, published))) => {
                self.judged = Some(fingerprint);
                self.read = Some(fingerprint);
                if published.is_ok() {
                    self.health.update(|problems| problems.policies = None);
                }
                self.conclude(published);
            }
            // Looked at again with every rescan, but one problem is one failure.
            Err(refused) => {
                self.judged = None;
                if self.health.problems().policies != Some(refused.summary()) {
                    self.conclude(Err(refused));
                }
            }
        }
        self.note_hold().await;
        self.tend().await;
    }

    /// A state file that was removed or replaced is given what is in force, before a restart would miss it.
    async fn look_after_state(&mut self) {
        let outcome = self.at_desk(Desk::restore).await;
        self.conclude(outcome);
    }

    async fn try_again(&mut self) {
        self.must_retry = false;
        self.judged = None;
        let probed = self.at_desk(Desk::probe).await;
        match probed {
            Ok(()) => {
                self.health.update(|problems| problems.state = None);
                self.catch_up().await;
                self.reload().await;
                self.look_after_state().await;
            }
            Err(refused) => self.state_failed(&refused),
        }
    }

    /// Work that may take long. A panic in it costs the work, not the process.
    async fn at_desk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let desk = Arc::clone(&self.desk);
        let done = spawn_blocking(move || {
            let mut seat = match desk.lock() {
                Ok(seat) => seat,
                Err(poisoned) => {
                    desk.clear_poison();
                    let mut seat = poisoned.into_inner();
                    seat.forget();
                    seat
                }
            };
            // Of what was served meanwhile.
            seat.tell();
            work(&mut seat)
        });
        done.await.unwrap_or_else(|crash| Err(Refused::Crashed(crash.to_string())))
    }

    /// Serves what came of an attempt to publish, or says why nothing did.
    fn conclude(&mut self, outcome: Result<Option<Published>, Refused>) {
        match outcome {
            Ok(Some(published)) => {
                self.health.update(|problems| problems.state = None);
                self.publish(published);
            }
            Ok(None) => {}
            Err(refused @ Refused::State(_)) => self.state_failed(&refused),
            Err(refused) => {
                self.metrics.load_failed();
                let kept = match &*self.current.borrow() {
                    Some(current) => format!("snapshot {} stays", current.id),
                    None => "there is no snapshot yet".to_owned(),
                };
                tracing::error!("policies refused, {kept}:\n{refused}");
                self.health.update(|problems| problems.policies = Some(refused.summary()));
            }
        }
    }

    fn state_failed(&mut self, problem: &dyn std::fmt::Display) {
        let problem = problem.to_string();
        self.must_retry = true;
        self.metrics.state_failed();
        if self.health.problems().state.as_ref() != Some(&problem) {
            tracing::error!("not published: {problem}");
            self.health.update(|problems| problems.state = Some(problem));
        }
    }

    /// Says whether files are not in force on purpose.
    async fn note_hold(&self) {
        if matches!(self.source, Source::Api) {
            return;
        }
        let held = self.at_desk(|desk| Ok(desk.held_against().and(desk.rolled_back_to()))).await;
        let text = held.ok().flatten().map(|of| {
            format!("the content of version {of} is in force by a rollback; the files are not, until they change")
        });
        self.health.update(|problems| problems.held = text);
    }

    /// Tells the catalogue, and does at the state file what nobody waits for.
    async fn tend(&mut self) {
        let tended = self.at_desk(|desk| desk.tend().map_err(|error| Refused::State(error.to_string()))).await;
        if let Err(refused) = tended {
            self.state_failed(&refused);
        }
    }

    fn publish(&self, published: Published) {
        tracing::info!(
            snapshot = %published.id,
            digest = %published.digest,
            policies = published.policies,
            bytes = published.content.size(),
            "published"
        );
        self.metrics.published(&published);
        self.current.send_replace(Some(Arc::new(published)));
    }
}

/// Makes what is in force the API's own: documents of single policies, validated, compiled by this program.
fn take_over(desk: &mut Desk) -> Result<Option<Published>, Refused> {
    if desk.documents().is_empty() && desk.in_force().is_none() {
        return Ok(None);
    }
    if !are_apart(desk.documents()) {
        let files = desk.documents().to_vec();
        let (documents, _) = take_apart(&files, desk)?;
        desk.rewrite(documents);
    }
    desk.warm()?;
    match desk.in_force() {
        Some(_) => Ok(None),
        None => desk.publish_anew(),
    }
}

impl Source {
    /// Returns when files may have changed; gives `None` once they cannot any more.
    async fn changed(&mut self) -> Option<()> {
        match self {
            Source::Files { changes, .. } => changes.recv().await,
            Source::Api => future::pending().await,
        }
    }
}
