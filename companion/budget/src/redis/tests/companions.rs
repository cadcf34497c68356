//! Several companions on one Redis, at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use crate::ledger::{Ending, Outbox};
use crate::redis::RedisStore;
use crate::redis::script::Scripts;
use crate::testing::calls::*;
use crate::*;

use super::server::{FORGETTING, Server};
use super::site::settings;

const COMPANIONS: usize = 4;
const CALLERS: usize = 8;
const CALLS: usize = 40;
const LIMIT: u64 = 5000;

/// A day of Redis' own clock may end meanwhile.
fn lines() -> [Line; 2] {
    [by(Window::Month, line(Scope::Global, LIMIT)), by(Window::Month, line(org("acme"), LIMIT - 500))]
}

fn random(amount: u64) -> Reserve {
    Reserve { id: ReservationId(fastrand::u128(..).to_be_bytes()), ..call(0, tokens(amount), lines()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_companions_never_pass_the_limit_and_their_ledgers_have_it_all() {
    let server = Server::start(&FORGETTING);
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&server);
    let open = |number: usize| {
        let outbox = Outbox::open(&folder.path().join(number.to_string()), Durability::Process).unwrap();
        Arc::new(RedisStore::with_scripts(settings.clone(), Scripts::default(), outbox))
    };
    let stores: Vec<_> = (0..COMPANIONS).map(open).collect();
    while stores.iter().any(|store| store.readiness().is_err()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let callers = stores.iter().flat_map(|store| (0..CALLERS).map(|caller| (Arc::clone(store), caller)));
    let callers: Vec<_> = callers.map(|(store, caller)| tokio::spawn(call_often(store, caller))).collect();
    let held: u64 = join_all(callers).await.into_iter().map(Result::unwrap).sum();
    let filter = UsageFilter { scopes: Scopes::All, window: None, unit: None, at: None, after: None, most: usize::MAX };
    let usage = stores[0].usage(&filter).await.unwrap();
    let mut spent = BTreeMap::new();
    for store in &stores {
        for (_, row) in store.ledger().rows(0, usize::MAX).await.unwrap() {
            let Ending::Committed(used) = row.ending else { continue };
            assert_eq!(spent.insert(row.id, used.tokens()), None, "it is in two ledgers");
        }
    }
    let spent: u64 = spent.values().sum();
    assert!(held > LIMIT / 2 && spent > 0, "{held} held, {spent} spent");
    assert_eq!(usage.len(), 2);
    assert!(usage.iter().all(|standing| (standing.used, standing.held) == (spent, 0)), "{usage:?} and {spent}");
}

/// Reserves and settles; gives what was held over all.
async fn call_often(store: Arc<RedisStore>, caller: usize) -> u64 {
    let mut all = 0;
    for number in 0..CALLS {
        let reserve = random(1 + fastrand::u64(..40));
        let answer = store.reserve(&reserve).await.unwrap();
        let Reserved::Held(held) = answer else { continue };
        let passes = |standing: &Standing| standing.used + standing.held > standing.limit.unwrap();
        assert!(!held.standings.iter().any(passes), "{:?}", held.standings);
        all += held.reservation.held.tokens();
        let used = tokens(fastrand::u64(..=held.reservation.held.tokens()));
        let outcome = match (caller + number) % 5 {
            0 => Outcome::Released,
            _ => Outcome::Committed { used, is_estimate: false },
        };
        let settlement = Settlement { reservation: held.reservation, outcome };
        assert_eq!(store.settle(&settlement).await.unwrap(), Settled::Now);
        assert_eq!(store.settle(&settlement).await.unwrap(), Settled::Before);
    }
    all
}
