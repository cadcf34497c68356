//! One thread that keeps searching up with the policies: it hears what has changed, hands out what is to be embedded, removes what is
//! gone, and carries a migration from its begin to its end. Workers do what takes long; only this thread decides.

mod commands;
mod feed;
mod generations;
mod loading;
mod migrate;
mod news;
mod open;
mod plan;
mod upkeep;
mod verify;

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tollgate_policy::set::Policy;

use super::book::Book;
use super::config::SearchConfig;
use super::dead::DeadLetter;
use super::embedders::Loader;
use super::shared::{Event, Shared};
use super::store::{Left, Plan, Store};
use super::tended::Tended;

use migrate::Progress;
use upkeep::Rounds;
use verify::Verification;

/// How long nothing is looked after while nothing happens.
const ROUND: Duration = Duration::from_secs(1);

/// When that is tried again which could not be loaded, opened or written.
const AGAIN: Duration = if cfg!(test) { Duration::from_millis(100) } else { Duration::from_secs(30) };

/// Keeps searching up with the policies.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    config: SearchConfig,
    loader: Arc<dyn Loader>,
    /// Where generations are; absent: in memory alone.
    folder: Option<PathBuf>,
    store: Option<Store>,
    plan: Plan,
    /// The generations of the plan, as far as they could be opened.
    tended: BTreeMap<u64, Arc<Tended>>,
    /// The policies in force.
    known: BTreeMap<Arc<str>, Arc<Policy>>,
    /// Whether they have been told of at all.
    is_informed: bool,
    /// What the last run has left over, until it is taken up.
    left: HashMap<(u64, String), Left>,
    letters: HashMap<(u64, Arc<str>), DeadLetter>,
    migration: Option<Progress>,
    verification: Option<Verification>,
    /// When something that could not be loaded is tried again.
    again: Option<Instant>,
    /// When generations that could not be opened are tried again.
    reopen: Option<Instant>,
    rounds: Rounds,
}

impl Keeper {
    pub(super) fn new(shared: Arc<Shared>, config: SearchConfig, loader: Arc<dyn Loader>) -> Self {
        Keeper {
            shared,
            config,
            loader,
            folder: None,
            store: None,
            plan: Plan::default(),
            tended: BTreeMap::new(),
            known: BTreeMap::new(),
            is_informed: false,
            left: HashMap::new(),
            letters: HashMap::new(),
            migration: None,
            verification: None,
            again: None,
            reopen: None,
            rounds: Rounds::default(),
        }
    }

    /// Works until it is told to stop. What panics costs a look at all policies, and nothing else.
    pub(super) fn run(mut self, events: &Receiver<Event>) {
        self.guarded(Keeper::open);
        loop {
            let wake = self.guarded(Keeper::look_around).unwrap_or_else(|| Instant::now() + ROUND);
            let event = match events.recv_timeout(wake.saturating_duration_since(Instant::now())) {
                Ok(Event::Stop(stopped)) => {
                    self.guarded(Keeper::stop);
                    // The folder is free for others once it is said that this has ended.
                    drop(self);
                    let _ = stopped.send(());
                    return;
                }
                Ok(event) => Some(event),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if let Some(event) = event {
                self.guarded(|keeper| keeper.hear(event));
            }
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::News { written, removed, since } => self.news(written, removed, since),
            Event::All { policies, since } => self.all(policies, since),
            Event::Poke => self.shared.poke_heard(),
            Event::Loaded(wanted, outcome) => self.loaded(wanted, outcome),
            Event::Command(command, answer) => {
                let outcome = self.obey(command);
                // Whoever asks what has become of it is told that.
                self.show();
                // Whoever asked may be gone.
                let _ = answer.send(outcome);
            }
            Event::Stop(_) => {}
        }
    }

    /// Does what is to be done; returns when to look again if nothing happens.
    fn look_around(&mut self) -> Instant {
        let now = Instant::now();
        let reopened = self.reopen(now);
        let fed = self.feed(now);
        let advanced = self.advance(now);
        // Before it is told that all is settled.
        self.show();
        let tended = self.tend(now);
        [reopened, fed, advanced, tended].into_iter().flatten().fold(now + ROUND, Instant::min)
    }

    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let outcome = catch_unwind(AssertUnwindSafe(|| work(self)));
        if outcome.is_err() {
            let problem = "it failed inside the program, and looks at all policies again".to_owned();
            self.shared.note(|problems| &mut problems.crash, Some(problem));
            self.verification = None;
            self.tended.values().for_each(|tended| tended.book(Book::requeue));
            self.shared.resync.notify_one();
        }
        outcome.ok()
    }
}
