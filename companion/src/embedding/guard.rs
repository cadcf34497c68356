use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::catalogue::{Catalogue, What};
use crate::daemon::Shutdown;
use crate::metrics::Metrics;

use super::config::SearchConfig;
use super::embedders::{Kinds, Loader};
use super::keeper::Keeper;
use super::priority;
use super::searches::Searches;
use super::shared::{Event, Shared};
use super::worker;

/// How many events may wait for the keeper. Beyond that, changes wait in the catalogue, where they cost nobody anything.
const EVENTS: usize = 64;

/// How long a shutdown waits for what is left to be finished or written down; less than the daemon gives its tasks.
const LAST_CALL: Duration = Duration::from_secs(4);

/// After something failed inside the program.
const PAUSE: Duration = Duration::from_secs(1);

impl Searches {
    /// Starts the threads of policy search, from within the runtime that asks services. Nothing is read or opened before this
    /// returns, and nothing that fails keeps it from returning.
    pub(crate) fn start(config: SearchConfig, metrics: Arc<Metrics>) -> Self {
        Self::start_with(config, metrics, Arc::new(Kinds { runtime: Handle::current() }))
    }

    pub(super) fn start_with(config: SearchConfig, metrics: Arc<Metrics>, loader: Arc<dyn Loader>) -> Self {
        let (events, heard) = sync_channel(EVENTS);
        let shared = Arc::new(Shared::new(&config, events, metrics));
        let mut threads = Vec::new();
        for number in 0..config.workers.get() {
            let shared = Arc::clone(&shared);
            threads.push(priority::spawn(&format!("search-{number}"), move || worker::work(&shared)));
        }
        let keeper = Keeper::new(Arc::clone(&shared), config, loader);
        threads.push(priority::spawn("search-keeper", move || keeper.run(&heard)));
        if let Some(error) = threads.into_iter().find_map(Result::err) {
            let problem = format!("a thread cannot be started: {error}");
            shared.note(|problems| &mut problems.crash, Some(problem));
        }
        Searches(shared)
    }

    /// Tells of every change of the catalogue until shutdown is requested, then lets what is queued be finished or written down. It
    /// ends for no other reason: the daemon goes on without search.
    pub(crate) async fn keep_up(self, catalogue: Catalogue, mut shutdown: Shutdown) {
        loop {
            let told = tokio::spawn(self.clone().tell_changes(catalogue.clone()));
            let abort = told.abort_handle();
            tokio::select! {
                ended = told => {
                    tracing::error!(?ended, "policy search failed inside the program, and is begun again");
                    sleep(PAUSE).await;
                    self.0.resync.notify_one();
                }
                () = shutdown.requested() => {
                    abort.abort();
                    break;
                }
            }
        }
        self.stop().await;
    }

    async fn tell_changes(self, catalogue: Catalogue) {
        let mut follower = catalogue.follow();
        // What is there already is news as well.
        if follower.borrow_and_update().is_some() {
            self.tell_news(&catalogue).await;
        }
        loop {
            tokio::select! {
                changed = follower.changed() => match changed {
                    Ok(()) => self.tell_news(&catalogue).await,
                    Err(_) => return,
                },
                () = self.0.resync.notified() => {
                    // Not at once: what made it necessary may still be so.
                    sleep(PAUSE).await;
                    let catalogue = catalogue.clone();
                    if let Ok(policies) = spawn_blocking(move || catalogue.now().policies().to_vec()).await {
                        self.tell(Event::All { policies, since: Instant::now() }).await;
                    }
                }
            }
        }
    }

    async fn tell_news(&self, catalogue: &Catalogue) {
        let catalogue = catalogue.clone();
        let Ok(news) = spawn_blocking(move || catalogue.news()).await else { return };
        let since = news.since.unwrap_or_else(Instant::now);
        let event = match news.what {
            What::Changes { written, removed } => Event::News { written, removed, since },
            What::All(policies) => Event::All { policies, since },
        };
        self.tell(event).await;
    }

    /// Lets what is queued be finished or written down, as far as that goes in time.
    pub(super) async fn stop(&self) {
        let (stopped, heard) = oneshot::channel();
        let stop = async {
            self.tell(Event::Stop(stopped)).await;
            let _ = heard.await;
        };
        if timeout(LAST_CALL, stop).await.is_err() {
            tracing::warn!("policy search does not come to an end in time: what it was at is done again");
        }
    }
}
