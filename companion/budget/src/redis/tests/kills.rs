//! Redis and companions killed at any moment, while they work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::ledger::Outbox;
use crate::redis::{RedisSettings, RedisStore};
use crate::testing::calls::*;
use crate::*;

use super::server::{FORGETTING, REMEMBERING, Server};
use super::site::settings;

const LIMIT: u64 = 2_000_000;
const ROUNDS: u64 = 5;

fn lines() -> [Line; 2] {
    [by(Window::Month, line(Scope::Global, LIMIT)), by(Window::Month, line(user("ada"), LIMIT))]
}

async fn open(folder: &std::path::Path, number: usize, settings: &RedisSettings) -> RedisStore {
    let path = folder.join(number.to_string());
    loop {
        // One that was just killed lets go of it in a moment.
        match Outbox::open(&path, Durability::Process) {
            Ok(outbox) => return RedisStore::open(settings.clone(), outbox),
            Err(OpenError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Calls until it is told to stop; adds up what it has settled and was told to be settled or waiting.
async fn work(store: Arc<RedisStore>, stop: Arc<AtomicBool>, spent: Arc<AtomicU64>) {
    while !stop.load(Ordering::Relaxed) {
        let id = ReservationId(fastrand::u128(..).to_be_bytes());
        let reserve = Reserve { id, lease: seconds(1), ..call(0, tokens(10), lines()) };
        let Ok(Reserved::Held(held)) = store.reserve(&reserve).await else {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        let passes = |standing: &Standing| standing.used + standing.held > LIMIT;
        assert!(!held.standings.iter().any(passes), "{:?}", held.standings);
        let outcome = Outcome::Committed { used: tokens(3), is_estimate: false };
        let settlement = Settlement { reservation: held.reservation, outcome };
        let settled = store.settle(&settlement).await.unwrap();
        assert!(matches!(settled, Settled::Now | Settled::Waiting | Settled::Corrected { .. }), "{settled:?}");
        spent.fetch_add(3, Ordering::Relaxed);
    }
}

async fn kill_often(arguments: &[&str]) {
    let server = Server::start(arguments);
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&server);
    let spent = Arc::new(AtomicU64::new(0));
    for round in 0..ROUNDS {
        let stores = [open(folder.path(), 0, &settings).await, open(folder.path(), 1, &settings).await].map(Arc::new);
        let stop = Arc::new(AtomicBool::new(false));
        let callers = stores.iter().flat_map(|store| [store; 4]);
        let callers: Vec<_> =
            callers.map(|store| tokio::spawn(work(Arc::clone(store), Arc::clone(&stop), Arc::clone(&spent)))).collect();
        tokio::time::sleep(Duration::from_millis(150 + 37 * round)).await;
        server.kill();
        tokio::time::sleep(Duration::from_millis(20)).await;
        server.resume();
        tokio::time::sleep(Duration::from_millis(150)).await;
        stop.store(true, Ordering::Relaxed);
        for caller in callers {
            caller.await.unwrap();
        }
        // Without a word to anybody.
        for store in stores {
            Arc::into_inner(store).unwrap().close().await;
        }
    }
    let stores = [open(folder.path(), 0, &settings).await, open(folder.path(), 1, &settings).await];
    let filter = UsageFilter { scopes: Scopes::Kind(ScopeKind::Global), window: None, unit: None, at: None, most: 9 };
    let mut expected = (0, 0);
    for _ in 0..2000 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let mut ledgers = 0;
        for store in &stores {
            // What nobody was told of ends with its lease.
            let _ = store.expire(1000).await;
            ledgers += store.link.outbox.shares(0).await.unwrap().iter().map(|(_, used)| used).sum::<i64>() / 2;
        }
        let Ok(usage) = stores[0].usage(&filter).await else { continue };
        let waits = stores.each_ref().map(|store| store.link.outbox.pending(1));
        let waits = futures::future::try_join_all(waits).await.unwrap().into_iter().flatten().count();
        let (used, held) = usage.first().map_or((0, 0), |standing| (standing.used, standing.held));
        expected = (used, ledgers.unsigned_abs());
        if held == 0 && waits == 0 && used == ledgers.unsigned_abs() {
            break;
        }
    }
    let (used, ledgers) = expected;
    assert_eq!(used, ledgers, "what Redis counts is in the ledgers");
    let spent = spent.load(Ordering::Relaxed);
    let mut committed = 0;
    for store in &stores {
        for (_, row) in store.ledger().rows(0, usize::MAX).await.unwrap() {
            committed += u64::from(matches!(row.ending, ledger::Ending::Committed(_))) * row.ending.used().tokens();
        }
    }
    assert_eq!(committed, spent, "what was settled is in the ledgers, once");
    assert!(spent > 0 && used >= spent);
    let holds = stores[0].holds(&Scopes::All, 10).await.unwrap();
    assert_eq!(holds.all, 0, "all holds end: {holds:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_killed_and_remembers_has_all_that_was_settled() {
    kill_often(&REMEMBERING).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_killed_and_forgets_has_all_that_was_settled() {
    kill_often(&FORGETTING).await;
}
