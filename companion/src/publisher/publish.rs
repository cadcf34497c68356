use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::OptionFuture;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, spawn_blocking};
use tollgate_policy::snapshot::SnapshotId;
use tollgate_policy::source::Loader;

use crate::metrics::Metrics;
use crate::policies::{Compiled, Fingerprint, Folder};
use crate::store::{Store, StoredSnapshot};

use super::health::Health;
use super::judge::judge;
use super::numbering::Numbering;
use super::published::{Current, Published};
use super::recover::{RecoverError, recover};
use super::refusal::Refusal;

/// How long after a failure of the state file publishing is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// Turns what is in the folder into the current snapshot.
///
/// Whatever goes wrong, the current snapshot stays: it is replaced only by one that was validated, compiled, read back and
/// made durable.
#[derive(Debug)]
pub(crate) struct Publisher {
    folder: Folder,
    /// Knows the conditions of the version before.
    loader: Arc<Mutex<Loader>>,
    store: Arc<Mutex<Store>>,
    numbering: Numbering,
    current: watch::Sender<Option<Arc<Published>>>,
    /// From before the restart: served if the files say the same, or nothing usable.
    recovered: Option<Published>,
    /// The content that was judged last, and needs no second look.
    judged: Option<Fingerprint>,
    /// Good policies that could not be made durable: to be tried again.
    unsaved: Option<Compiled>,
    health: Health,
    metrics: Arc<Metrics>,
}

impl Publisher {
    /// Goes on from what the state file holds.
    pub(crate) fn recover(
        folder: Folder,
        store: Store,
        health: Health,
        metrics: Arc<Metrics>,
    ) -> Result<Self, RecoverError> {
        let latest = store.latest()?;
        let numbering = latest.as_ref().map_or_else(Numbering::fresh, |stored| Numbering::after(stored.id));
        let recovered = latest.map(recover).transpose()?.flatten();
        Ok(Publisher {
            folder,
            loader: Arc::default(),
            store: Arc::new(Mutex::new(store)),
            numbering,
            current: watch::Sender::new(None),
            recovered,
            judged: None,
            unsaved: None,
            health,
            metrics,
        })
    }

    pub(crate) fn follow(&self) -> Current {
        self.current.subscribe()
    }

    /// Publishes what is there, then every change. `ahead` carries ids that workers have applied and we have not given.
    /// Ends when nothing can change any more.
    pub(crate) async fn run(mut self, mut changes: mpsc::Receiver<()>, mut ahead: mpsc::Receiver<SnapshotId>) {
        self.reload().await;
        if self.current.borrow().is_none()
            && let Some(recovered) = self.recovered.take()
        {
            tracing::warn!(snapshot = %recovered.id, "serving the last good snapshot from the state file");
            self.serve(recovered);
        }
        loop {
            let retry = self.unsaved.as_ref().map(|_| tokio::time::sleep(RETRY));
            tokio::select! {
                change = changes.recv() => match change {
                    Some(()) => self.reload().await,
                    None => return,
                },
                Some(id) = ahead.recv() => self.overtaken_by(id).await,
                Some(()) = OptionFuture::from(retry) => self.save_again().await,
            }
        }
    }

    async fn overtaken_by(&mut self, id: SnapshotId) {
        if self.numbering.saw(id) {
            let raised = self.numbering.next();
            tracing::warn!(applied = %id, %raised, "a worker is ahead of the state file: raising the epoch");
            self.judged = None;
            self.reload().await;
        }
    }

    async fn reload(&mut self) {
        let (folder, judged, id) = (self.folder.clone(), self.judged, self.numbering.next());
        let loader = Arc::clone(&self.loader);
        // A panic costs the loader what it knew, and no more.
        let judging = move || judge(&folder, judged, id, &mut loader.lock().unwrap_or_else(PoisonError::into_inner));
        let judgement = match off_thread(judging).await.map_err(Refusal::from) {
            Ok(Ok(Some(judgement))) => judgement,
            Ok(Ok(None)) => return,
            Ok(Err(error)) => return self.unreadable(&error.into()),
            Err(crash) => return self.unreadable(&crash),
        };
        self.judged = Some(judgement.fingerprint);
        self.unsaved = None;
        match judgement.outcome {
            Ok(compiled) => {
                self.metrics.compiled_in(judgement.took);
                self.publish(compiled).await;
            }
            Err(error) => self.refuse(&error.into()),
        }
    }

    /// Looked at again with every rescan, but one problem is one failure.
    fn unreadable(&mut self, refusal: &Refusal) {
        self.judged = None;
        if self.health.problems().policies.as_ref() != Some(&refusal.summary) {
            self.refuse(refusal);
        }
    }

    fn refuse(&mut self, refusal: &Refusal) {
        self.metrics.load_failed();
        let kept = match &*self.current.borrow() {
            Some(current) => format!("snapshot {} stays", current.id),
            None => "there is no snapshot yet".to_owned(),
        };
        tracing::error!("policies refused, {kept}:\n{}", refusal.text);
        self.health.update(|problems| problems.policies = Some(refusal.summary.clone()));
    }

    async fn publish(&mut self, compiled: Compiled) {
        self.health.update(|problems| problems.policies = None);
        let digest = compiled.snapshot.digest();
        if !self.numbering.is_overtaken() {
            if self.current.borrow().as_ref().is_some_and(|current| current.digest == digest) {
                return self.health.update(|problems| problems.state = None);
            }
            if let Some(recovered) = self.recovered.take_if(|recovered| recovered.digest == digest) {
                return self.serve(recovered);
            }
        }
        let id = compiled.snapshot.id();
        match self.save(StoredSnapshot { id, digest, content: compiled.content.clone() }).await {
            Ok(()) => {
                self.numbering.gave(id);
                self.recovered = None;
                self.health.update(|problems| problems.state = None);
                self.serve(Published::now(&compiled.snapshot));
            }
            Err(problem) => {
                tracing::error!(snapshot = %id, "not published: {problem}");
                self.metrics.state_failed();
                self.health.update(|problems| problems.state = Some(problem));
                self.unsaved = Some(compiled);
            }
        }
    }

    async fn save_again(&mut self) {
        if let Some(compiled) = self.unsaved.take() {
            self.publish(compiled).await;
        }
    }

    async fn save(&self, snapshot: StoredSnapshot) -> Result<(), String> {
        let store = Arc::clone(&self.store);
        let saved = off_thread(move || {
            // A panic while writing leaves a transaction that was rolled back.
            store.lock().unwrap_or_else(PoisonError::into_inner).append(&snapshot)
        });
        match saved.await {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(crash) => Err(crash.to_string()),
        }
    }

    fn serve(&self, published: Published) {
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

/// Work that would hold up other tasks. A panic in it costs the work, not the process.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
    spawn_blocking(work).await
}
