use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use redis::Script;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::answer::Answer;
use super::mirror::Mirror;
use super::script::Scripts;
use super::session::Session;
use super::settings::RedisSettings;
use crate::ledger::{LedgerId, Outbox};
use crate::store::StoreError;

/// What operations and their keeper share.
pub(super) struct Link {
    pub(super) settings: RedisSettings,
    pub(super) scripts: Scripts,
    /// By which scripts find all keys.
    pub(super) key: String,
    pub(super) outbox: Outbox,
    /// The name of the outbox's ledger.
    pub(super) ledger: String,
    /// What is held for this companion's callers.
    pub(super) mirror: Mirror,
    /// Whether something waits in the outbox that nobody is asking for.
    pub(super) is_waiting: AtomicBool,
    phase: watch::Sender<Phase>,
    /// Told when a session has come to its end.
    pub(super) left: Notify,
    /// The latest time that was seen, in seconds since 1970.
    newest: AtomicU64,
}

/// Whether Redis can be asked.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// That will be known soon.
    Starting,
    /// Its counters are not those that were kept, and what is done about that: it may be over soon.
    Mending(String),
    /// It cannot be reached, and why.
    Away(String),
    /// The same, but it may last: what is missing.
    Closed(String),
    /// By this session.
    Open(Arc<Session>),
}

/// Something in the outbox for which Redis was asked. Unless that has answered, it is asked again: also if whoever waited for
/// it does so no more.
#[must_use]
pub(super) struct Unanswered<'l>(&'l AtomicBool);

impl Unanswered<'_> {
    pub(super) fn answered(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// How far a question has come.
#[derive(Default)]
struct Asking {
    /// By which session it was asked last, and since when.
    last: Option<(Arc<Session>, Instant)>,
    /// Whether Redis has it, or had, and has not said what came of it.
    is_unanswered: bool,
}

/// What a script answered, and when.
pub(super) struct Answered {
    pub(super) now: u64,
    pub(super) rest: Answer,
}

impl Link {
    pub(super) fn new(settings: RedisSettings, scripts: Scripts, outbox: Outbox) -> Self {
        Link {
            key: settings.prefix.state_key(),
            ledger: name(outbox.id()),
            settings,
            scripts,
            outbox,
            mirror: Mirror::default(),
            is_waiting: AtomicBool::new(true),
            phase: watch::Sender::new(Phase::Starting),
            left: Notify::new(),
            newest: AtomicU64::new(0),
        }
    }

    /// Runs a script and reads its answer up to the time. It takes no longer than the settings say: if Redis is being looked
    /// for, that is waited for, too.
    pub(super) async fn ask(&self, script: &Script, arguments: &[String]) -> Result<Answered, StoreError> {
        let mut asking = Asking::default();
        let patience = self.settings.patience;
        let answer = match timeout(patience, self.ask_until_open(script, arguments, &mut asking)).await {
            Ok(answer) => answer,
            Err(_) => {
                // Who waited for a connection first says nothing of it.
                if let Some((session, since)) = &asking.last
                    && since.elapsed() >= patience / 2
                {
                    self.leave(session);
                }
                Err(match self.phase() {
                    Phase::Mending(why) | Phase::Closed(why) => StoreError::Lost(why),
                    Phase::Away(why) => StoreError::Unavailable(format!("redis: {why}")),
                    Phase::Starting | Phase::Open(_) => StoreError::Unavailable(format!(
                        "redis has not answered within {} milliseconds",
                        patience.as_millis()
                    )),
                })
            }
        };
        answer.map_err(|error| match error {
            error if asking.is_unanswered => error.unanswered(),
            error => error,
        })
    }

    async fn ask_until_open(
        &self,
        script: &Script,
        arguments: &[String],
        asking: &mut Asking,
    ) -> Result<Answered, StoreError> {
        loop {
            let session = self.session().await?;
            asking.last = Some((Arc::clone(&session), Instant::now()));
            // What was asked before, by a connection that broke, may be done at any time.
            let was_unanswered = std::mem::replace(&mut asking.is_unanswered, true);
            match session.ask(script, &self.key, &self.ledger, arguments).await {
                Ok(Some(mut answer)) => {
                    let now = answer.number().map_err(not_understood)?;
                    self.newest.fetch_max(now, Ordering::Relaxed);
                    return Ok(Answered { now, rest: answer });
                }
                Ok(None) => {
                    asking.is_unanswered = was_unanswered;
                    self.leave(&session);
                }
                // Asking again does nothing again.
                Err(error) if error.is_of_the_connection() => {
                    asking.is_unanswered = was_unanswered || !error.is_a_refusal();
                    self.leave(&session);
                }
                Err(error) => {
                    asking.is_unanswered = was_unanswered || !error.is_a_refusal();
                    return Err(StoreError::Unavailable(format!("redis: {error}")));
                }
            }
        }
    }

    /// Waits for one while that may come soon.
    async fn session(&self) -> Result<Arc<Session>, StoreError> {
        let mut phase = self.follow();
        let is_soon = |phase: &Phase| matches!(phase, Phase::Starting | Phase::Mending(_));
        let known = phase.wait_for(|phase| !is_soon(phase)).await.map(|phase| phase.clone());
        match known {
            Ok(Phase::Open(session)) => Ok(session),
            Ok(Phase::Away(why)) => Err(StoreError::Unavailable(format!("redis: {why}"))),
            Ok(Phase::Closed(why)) => Err(StoreError::Lost(why)),
            Ok(Phase::Starting | Phase::Mending(_)) | Err(_) => {
                Err(StoreError::Unavailable("redis is being looked for".to_owned()))
            }
        }
    }

    /// Nobody asks by this session any more.
    pub(super) fn leave(&self, session: &Arc<Session>) {
        let left = self.phase.send_if_modified(|phase| {
            let is_it = matches!(phase, Phase::Open(open) if Arc::ptr_eq(open, session));
            if is_it {
                *phase = Phase::Starting;
            }
            is_it
        });
        if left {
            self.left.notify_one();
        }
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// The session by which Redis can be asked now.
    pub(super) fn session_now(&self) -> Option<Arc<Session>> {
        match &*self.phase.borrow() {
            Phase::Open(session) => Some(Arc::clone(session)),
            Phase::Starting | Phase::Mending(_) | Phase::Away(_) | Phase::Closed(_) => None,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase.borrow().clone()
    }

    /// To see how it changes.
    pub(super) fn follow(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// To be had before something is put into the outbox.
    pub(super) fn unanswered(&self) -> Unanswered<'_> {
        Unanswered(&self.is_waiting)
    }

    /// The latest time that Redis has told, in seconds since 1970.
    pub(super) fn newest(&self) -> u64 {
        self.newest.load(Ordering::Relaxed)
    }
}

/// It has answered: something was done.
pub(super) fn not_understood(error: impl fmt::Display) -> StoreError {
    StoreError::Unanswered(format!("redis: {error}"))
}

/// A ledger's name, as scripts have it.
pub(super) fn name(ledger: LedgerId) -> String {
    ledger.to_string()
}

/// The ledger that has such a name.
pub(super) fn ledger(name: &str) -> Option<LedgerId> {
    name.parse().ok()
}

impl fmt::Debug for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ledger, address) = (&self.ledger, &self.settings.address);
        let phase = self.phase();
        formatter
            .debug_struct("Link")
            .field("ledger", ledger)
            .field("address", address)
            .field("phase", &phase)
            .finish_non_exhaustive()
    }
}
