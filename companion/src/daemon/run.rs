use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};

use crate::api::{self, Api, Studies, Tokens};
use crate::budget::{Opened, Rulebook};
use crate::embedding::Searches;
use crate::feed::{self, Access, AccessError, Feed, Registry};
use crate::find::Asking;
use crate::metrics::Metrics;
use crate::net::{Address, BoundedListener};
use crate::policies::{Folder, Pace, watch};
use crate::publisher::{Health, Publisher, Source};
use crate::related::follow;
use crate::store::Store;

use super::config::{Config, PolicySource};
use super::shutdown::{Shutdown, ShutdownTrigger};
use super::supervisor::{Supervisor, TaskError};
use super::user;

/// Ids that workers have shown to be ahead: few, and repeated with every beat.
const AHEAD_QUEUE: usize = 16;

/// The daemon, listening.
#[derive(Debug)]
pub struct Daemon {
    feed: Address,
    http: Address,
    supervisor: Supervisor,
    deadline: Duration,
}

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The state file cannot be used; the message says what to do.
    #[error("{0}")]
    State(String),
    /// The policies lack what their environment cannot do without; the message says where.
    #[error("{0}")]
    Policies(String),
    /// The token file cannot be used; the message says what to do.
    #[error("{0}")]
    Tokens(String),
    /// The budget store cannot be used; the message says what to do.
    #[error("{0}")]
    Budgets(String),
    /// A file that the feed needs cannot be used.
    #[error(transparent)]
    Feed(#[from] AccessError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address} for the {purpose}: {source}")]
    Listen {
        /// Where.
        address: Address,
        /// For what.
        purpose: &'static str,
        /// Why not.
        source: io::Error,
    },
}

impl Daemon {
    /// Opens the state file, listens, and starts every task. The policies are read after that, so that a bad edit does
    /// not keep the daemon from starting.
    ///
    /// # Errors
    /// If the state file is unusable, an address is taken, or the policies lack what their environment cannot do without.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let Config {
            source,
            state,
            keep_versions,
            tokens,
            feed,
            http,
            environment,
            expected_workers,
            search,
            budget,
            timing,
        } = config;
        let metrics = Arc::new(Metrics::new(expected_workers));
        let health = Health::new(Arc::clone(&metrics));
        let problems = health.follow();
        let tokens = tokens.map(Tokens::read).transpose().map_err(|error| StartError::Tokens(error.to_string()))?;
        let store = Store::open(&state, keep_versions).map_err(|error| StartError::State(error.to_string()))?;
        let (rulebook, pages) = Rulebook::new(environment);
        let budgets =
            Opened::open(&budget, rulebook, &metrics).map_err(|error| StartError::Budgets(error.to_string()))?;
        let (desk, till, accounts) = (budgets.desk.clone(), budgets.till.clone(), budgets.accounts.clone());
        let budget_store = budgets.condition.clone();
        let (trigger, shutdown) = ShutdownTrigger::new();
        let mut supervisor = Supervisor::new(trigger);
        let is_api = matches!(source, PolicySource::Api);
        let source = match source {
            PolicySource::Files(folder) => {
                let folder = Folder::new(folder);
                let (edited, changes) = mpsc::channel(1);
                let pace = Pace { rescan: timing.rescan };
                supervisor.spawn_endless("watch", until(shutdown.clone(), watch(folder.clone(), pace, edited)));
                Source::Files { folder, changes, author: user::name() }
            }
            PolicySource::Api => Source::Api,
        };
        let publisher = Publisher::recover(source, store, environment, health, Arc::clone(&metrics))
            .map_err(|error| StartError::State(error.to_string()))?;
        publisher.check_environment().map_err(StartError::Policies)?;
        let current = publisher.follow();
        let catalogue = publisher.catalogue();
        let registry = Arc::new(Registry::new(timing.beat));
        let feed_listener = listen(&feed.address, "feed", feed::MAX_CONNECTIONS).await?;
        let http_listener = listen(&http.into(), "HTTP API", api::MAX_CONNECTIONS).await?;
        let (feed_address, http) = (feed_listener.address().clone(), http_listener.address().clone());
        let access = Access::new(feed)?;
        let searches = Searches::start(search, Arc::clone(&metrics));

        let (ahead, overtaking) = mpsc::channel(AHEAD_QUEUE);
        let api = Api {
            registry: Arc::clone(&registry),
            current: current.clone(),
            problems,
            metrics: Arc::clone(&metrics),
            history: publisher.history(),
            changes: publisher.changes(),
            shelf: is_api.then(|| publisher.shelf()),
            searches: searches.clone(),
            tokens: tokens.map(Arc::new),
            large_bodies: Arc::new(Semaphore::new(api::LARGE_BODIES)),
            asking: Asking::new(catalogue.clone(), searches.clone(), Arc::clone(&metrics)),
            studies: Studies::new(),
            accounts,
            budget_store,
        };
        let (sweeping, settling, lookout) = budgets.into_tasks(&shutdown);
        supervisor.spawn_endless("budgets", pages.follow(catalogue.clone(), shutdown.clone()));
        supervisor.spawn_endless("leases", sweeping);
        supervisor.spawn_endless("settlements", settling);
        supervisor.spawn_endless("lookout", lookout);
        let (related, extracts) = watch::channel(None);
        let following = follow(searches.clone(), related, Arc::clone(&metrics), shutdown.clone());
        supervisor.spawn_endless("related", following);
        supervisor.spawn_endless("publisher", publisher.run(overtaking, shutdown.clone()));
        supervisor.spawn_endless("search", searches.keep_up(catalogue, shutdown.clone()));
        supervisor.spawn("api", api::serve(api, http_listener, shutdown.clone()));
        let (server, sessions) = feed::serve(
            Feed { registry, current, extracts, ahead, access, desk, till, metrics, shutdown: shutdown.clone() },
            feed_listener,
        );
        supervisor.spawn("feed", server);
        supervisor.spawn_endless("streams", sessions.run(shutdown));
        Ok(Daemon { feed: feed_address, http, supervisor, deadline: timing.shutdown })
    }

    /// Where plugin VMs connect.
    #[must_use]
    pub fn feed_address(&self) -> &Address {
        &self.feed
    }

    /// Where the HTTP API is.
    #[must_use]
    pub fn http_address(&self) -> &Address {
        &self.http
    }

    /// Runs until `stop` resolves, then ends all tasks within the configured deadline.
    ///
    /// # Errors
    /// If a task ends before that, or does not end after it.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<(), TaskError> {
        self.supervisor.run(stop, self.deadline).await
    }
}

async fn listen(
    address: &Address,
    purpose: &'static str,
    most_connections: usize,
) -> Result<BoundedListener, StartError> {
    let fail = |source| StartError::Listen { address: address.clone(), purpose, source };
    let listener = BoundedListener::bind(address, most_connections).await.map_err(fail)?;
    tracing::info!(address = %listener.address(), "listening for the {purpose}");
    Ok(listener)
}

/// Drops the work when shutdown is requested: it has nothing to say goodbye to.
async fn until(mut shutdown: Shutdown, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        () = shutdown.requested() => {}
    }
}
