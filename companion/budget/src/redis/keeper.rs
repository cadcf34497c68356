//! Keeps the link to Redis: connects, gives back what was lost, and settles what waits, for as long as the store lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::connect::{ConnectError, Connected, connect};
use super::hello::{Gate, Hello, Member, hello, members};
use super::link::{Link, Phase, name};
use super::seed::{SeedError, seed};
use super::session::{AskError, Session};
use super::settle;
use crate::file::FileError;
use crate::ledger::{LedgerId, Seen};

/// How long it waits before it looks again, at first and at last.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How often it asks whether others have given back theirs.
const LOOK: Duration = Duration::from_millis(20);

/// For how many of these callers wait themselves, before they are told at once that it may last.
const LOOKS: u32 = 20;

/// How often it notes how far Redis has counted, and settles what waits.
const ROUND: Duration = Duration::from_secs(1);

/// How often what this companion has added to counters that are not kept any more is forgotten.
const ROUNDS_BETWEEN_FORGETTING: u32 = 60;

/// How much of that in one step.
const FORGOTTEN_TOGETHER: usize = 1000;

/// Why Redis cannot be asked.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error("it has not answered within {} milliseconds", .0.as_millis())]
    Silent(Duration),
    #[error("what was lost cannot be given back: {0}")]
    Seed(#[from] SeedError),
    #[error(transparent)]
    File(#[from] FileError),
}

impl Trouble {
    /// Where it is said to be instead.
    fn instead(&self) -> Option<(String, u16)> {
        match self {
            Trouble::Ask(error) | Trouble::Seed(SeedError::Ask(error)) => error.instead(),
            _ => None,
        }
    }
}

/// Never ends by itself.
pub(super) async fn keep(link: Arc<Link>) {
    let mut pause = PAUSE;
    let mut instead = None;
    while let Err(error) = link.mirror.read(&link.outbox).await {
        link.enter(Phase::Away(format!("the file of this companion cannot be read: {error}")));
        sleep(LONGEST_PAUSE).await;
    }
    loop {
        match arrive(&link, instead.take().as_ref()).await {
            Ok(session) => {
                pause = PAUSE;
                link.enter(Phase::Open(Arc::clone(&session)));
                stay(&link, &session).await;
            }
            Err(trouble) => {
                link.enter(Phase::Away(trouble.to_string()));
                instead = trouble.instead();
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Comes back when the counters can be used.
async fn arrive(link: &Link, instead: Option<&(String, u16)>) -> Result<Arc<Session>, Trouble> {
    let patience = link.settings.patience;
    let connecting = timeout(patience, connect(&link.settings, instead)).await;
    let connected = connecting.map_err(|_| Trouble::Silent(patience))??;
    let mut looks: u32 = 0;
    loop {
        let seen = link.outbox.seen().await?;
        let others = link.outbox.companions().await?;
        let asked = timeout(patience, hello(link, &connected, seen.as_ref(), &others)).await;
        let hello = asked.map_err(|_| Trouble::Silent(patience))??;
        let is_known = seen.is_some_and(|seen| seen.generation == hello.generation);
        if hello.gate == Gate::Seed {
            link.enter(Phase::Mending("this companion is giving back what its ledger has of them".to_owned()));
            seed(link, &connected, &hello).await?;
        }
        if !is_known {
            // Nothing is asked of this generation before it is known that nothing has to be given back to it.
            let Hello { generation, revision, .. } = &hello;
            link.outbox.see(Seen { generation: generation.clone(), revision: *revision }).await?;
        }
        let members: Vec<_> = hello.members.iter().map(|member| member.ledger).collect();
        if members != others {
            link.outbox.set_companions(members).await?;
        }
        match hello.gate {
            Gate::Open => return Ok(session(connected, hello)),
            Gate::Seed => {}
            Gate::Closed => {
                let why = waiting_for(&hello.members);
                link.enter(if looks < LOOKS { Phase::Mending(why) } else { Phase::Closed(why) });
                looks = looks.saturating_add(1);
                sleep(LOOK).await;
            }
        }
    }
}

fn session(connected: Connected, hello: Hello) -> Arc<Session> {
    let Connected { connection, life, driver } = connected;
    let Hello { generation, revision, .. } = hello;
    Arc::new(Session { connection, generation, life, revision: AtomicU64::new(revision), driver })
}

fn waiting_for(members: &[Member]) -> String {
    let missing: Vec<_> = members.iter().filter(|member| !member.is_through).collect();
    let names: Vec<_> = missing.iter().map(|member| name(member.ledger)).collect();
    match names.as_slice() {
        [] => "an empty redis is closed for some seconds, should another companion have known it".to_owned(),
        names => format!("the companions with these ledgers are still to look at them: {}", names.join(", ")),
    }
}

/// Comes back when nobody asks by the session any more.
async fn stay(link: &Arc<Link>, session: &Arc<Session>) {
    let mut companions = Vec::new();
    for round in (0..ROUNDS_BETWEEN_FORGETTING).cycle() {
        if link.is_waiting.swap(false, Ordering::AcqRel) && settle::catch_up(link).await.is_err() {
            link.is_waiting.store(true, Ordering::Release);
        }
        // Should the file fail, settlements will find it out.
        let _ = note(link, session).await;
        let _ = link.mirror.write(&link.outbox).await;
        match look_round(link, session, companions).await {
            Some(now) => companions = now,
            None => break,
        }
        if round == 0 {
            forget(link).await;
        }
        tokio::select! {
            () = link.left.notified() => break,
            () = session.driver.ended.notified() => break,
            () = sleep(ROUND) => {}
        }
    }
    link.leave(session);
    let _ = note(link, session).await;
}

/// Notes who counts there besides, if that is not what it was: whom to wait for, should all be lost. Nothing if this companion
/// is none of them: somebody goes on without it, or Redis has lost them all. It has to say that it is there.
async fn look_round(link: &Link, session: &Session, before: Vec<LedgerId>) -> Option<Vec<LedgerId>> {
    let Ok(Ok(members)) = timeout(link.settings.patience, members(link, &session.connection)).await else {
        return Some(before);
    };
    let own = link.outbox.id();
    let is_through = members.iter().find(|member| member.ledger == own)?.is_through;
    let now: Vec<_> = members.iter().map(|member| member.ledger).collect();
    match is_through && now != before && link.outbox.set_companions(now.clone()).await.is_ok() {
        true => Some(now),
        false => Some(before),
    }
}

/// Forgets what this companion has added to counters that Redis does not keep any more.
async fn forget(link: &Link) {
    // Should the file fail, it is tried again in a while.
    while let Ok(FORGOTTEN_TOGETHER..) = link.outbox.forget_shares(link.newest(), FORGOTTEN_TOGETHER).await {}
}

/// Notes how far it has seen Redis count.
async fn note(link: &Link, session: &Session) -> Result<(), FileError> {
    let revision = session.revision.load(Ordering::Relaxed);
    link.outbox.see(Seen { generation: session.generation.clone(), revision }).await
}
