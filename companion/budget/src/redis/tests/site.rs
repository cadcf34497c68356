//! A companion on a Redis.

use std::path::PathBuf;
use std::time::Duration;

use futures::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::server::Server;
use crate::ledger::{Ending, Outbox};
use crate::redis::link::Link;
use crate::redis::script::Scripts;
use crate::redis::{Prefix, RedisSettings, RedisStore};
use crate::testing::Subject;
use crate::{Durability, OpenError, ReservationId, Store, StoreError};

/// How long an answer may take where it is not about that.
const PATIENCE: Duration = Duration::from_secs(20);

/// What tells the time, where tests set it.
const CLOCK: &str = "tonumber(redis.call('GET', base .. 'clock') or 0)";

pub(super) struct Site<'s> {
    pub(super) server: &'s Server,
    pub(super) settings: RedisSettings,
    pub(super) runtime: Runtime,
    scripts: fn() -> Scripts,
    /// Absent while it is started again.
    store: Option<RedisStore>,
    folder: TempDir,
}

impl<'s> Site<'s> {
    /// With a clock that is set.
    pub(super) fn new(server: &'s Server) -> Self {
        Site::on(settings(server), server)
    }

    /// Beside others with the same settings, or with settings of its own.
    pub(super) fn on(settings: RedisSettings, server: &'s Server) -> Self {
        Site::with(settings, server, || Scripts::telling_time_by(CLOCK))
    }

    /// With Redis' own clock.
    pub(super) fn in_real_time(settings: RedisSettings, server: &'s Server) -> Self {
        Site::with(settings, server, Scripts::default)
    }

    pub(super) fn with(settings: RedisSettings, server: &'s Server, scripts: fn() -> Scripts) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut site = Site { server, settings, runtime, scripts, store: None, folder };
        site.start();
        site
    }

    /// Whether or not Redis is there.
    pub(super) fn start(&mut self) {
        let outbox = loop {
            // Another test that starts a process at this moment has the lock as well, until that runs.
            match Outbox::open(&self.file(), Durability::Process) {
                Err(OpenError::InUse { .. }) => std::thread::sleep(Duration::from_millis(1)),
                opened => break opened.unwrap(),
            }
        };
        let _entered = self.runtime.enter();
        self.store = Some(RedisStore::with_scripts(self.settings.clone(), (self.scripts)(), outbox));
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("budget.db")
    }

    pub(super) fn redis(&self) -> &RedisStore {
        self.store.as_ref().unwrap()
    }

    pub(super) fn link(&self) -> &Link {
        &self.redis().link
    }

    /// As a process that is killed: nothing more is written.
    pub(super) fn stop(&mut self) {
        if let Some(store) = self.store.take() {
            self.runtime.block_on(store.close());
        }
    }

    /// The key of its clock.
    pub(super) fn clock(&self) -> String {
        self.settings.prefix.state_key().replace(":state", ":clock")
    }

    /// Asks Redis itself.
    pub(super) fn command<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.runtime.block_on(async {
            let mut command = Cmd::new();
            words.iter().for_each(|word| {
                command.arg(word);
            });
            command.query_async(&mut connection(self.server).await).await.unwrap()
        })
    }

    /// Whether it is closed, and what it says of that.
    pub(super) fn why_lost(&self) -> Option<String> {
        match self.redis().readiness() {
            Err(StoreError::Lost(why)) => Some(why),
            _ => None,
        }
    }

    /// Until it is closed; says why it is.
    pub(super) fn wait_for_closed(&self) -> String {
        self.wait_for(|site| site.why_lost().is_some_and(|why| !why.contains("giving back")));
        self.why_lost().unwrap()
    }

    /// Until it can be asked.
    pub(super) fn wait_until_ready(&self) {
        self.wait_for(|site| site.redis().readiness().is_ok());
    }

    /// Until something is so.
    pub(super) fn wait_for(&self, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..4000 {
            if is_so(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("not within 20 seconds: {:?}", self.redis());
    }
}

pub(super) fn settings(server: &Server) -> RedisSettings {
    let settings = RedisSettings::new(server.address().parse().unwrap());
    let prefix = Prefix::new(&format!("test-{:x}", fastrand::u64(..))).unwrap();
    // A machine may be busy.
    RedisSettings { grace: Duration::ZERO, prefix, patience: PATIENCE, ..settings }
}

async fn connection(server: &Server) -> MultiplexedConnection {
    let client = redis::Client::open(server.address()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

impl Subject for Site<'_> {
    fn store(&self) -> &dyn Store {
        self.redis()
    }

    fn set_time(&self, now: u64) {
        let _: () = self.command(&["SET", &self.clock(), &now.to_string()]);
    }

    fn step_clock(&self, now: u64) {
        self.set_time(now);
    }

    fn ledger(&self) -> Vec<(ReservationId, Ending)> {
        let rows = self.runtime.block_on(self.redis().ledger().rows(0, usize::MAX)).unwrap();
        let mut rows: Vec<_> = rows.into_iter().map(|(_, row)| (row.id, row.ending)).collect();
        rows.sort_by_key(|(id, _)| *id);
        rows
    }

    fn restart(&mut self) {
        self.stop();
        self.start();
        self.wait_until_ready();
    }

    fn wait(&self, future: BoxFuture<'_, ()>) {
        self.runtime.block_on(future);
    }
}

impl Drop for Site<'_> {
    fn drop(&mut self) {
        self.stop();
    }
}
