use crate::redis::{RedisSettings, Status};
use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

use super::server::{FORGETTING, REMEMBERING, Server};
use super::site::{Site, settings};

fn lines() -> [Line; 1] {
    [line(Scope::Global, 100)]
}

fn global(used: u64, held: u64) -> Vec<(String, u64, u64)> {
    vec![(format!("day:{DAY}:tokens:global"), used, held)]
}

fn reserve(site: &Site<'_>, number: u8) -> Result<Reserved, StoreError> {
    site.runtime.block_on(site.redis().reserve(&call(number, tokens(10), lines())))
}

fn is_unavailable<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_) | StoreError::Unanswered(_)))
}

#[test]
fn scripts_that_redis_has_forgotten_are_sent_again() {
    let server = Server::start(&FORGETTING);
    let site = Site::new(&server);
    let store = Tested(&site);
    store.set_time(NOON);
    let held = store.hold(&call(1, tokens(10), lines()));
    let _: () = site.command(&["SCRIPT", "FLUSH"]);
    store.hold(&call(2, tokens(10), lines()));
    let _: () = site.command(&["SCRIPT", "FLUSH"]);
    assert_eq!(store.commit(&held.reservation, tokens(5)), Settled::Now);
    assert_eq!(store.counts(), global(5, 10));
}

#[test]
fn a_redis_that_says_nothing_is_away_and_comes_back_without_a_restart() {
    let server = Server::start(&FORGETTING);
    let site = Site::on(RedisSettings { patience: RedisSettings::LONGEST, ..settings(&server) }, &server);
    site.wait_until_ready();
    let store = Tested(&site);
    store.set_time(NOON);
    let held = store.hold(&call(1, tokens(10), lines()));
    server.pause();
    let asked = reserve(&site, 2);
    assert!(matches!(asked, Err(StoreError::Unanswered(_))), "it may be done at any time: {asked:?}");
    site.wait_for(|site| matches!(site.redis().status(), Status::Away(_)));
    let unasked = reserve(&site, 3);
    assert!(matches!(unasked, Err(StoreError::Unavailable(_))), "nobody asks what is away: {unasked:?}");
    assert_eq!(store.commit(&held.reservation, tokens(7)), Settled::Waiting);
    assert!(is_unavailable(&site.runtime.block_on(site.redis().renew(id(1), tokens(1), seconds(60)))));
    assert!(is_unavailable(&site.runtime.block_on(site.redis().expire(10))));
    assert!(is_unavailable(&site.runtime.block_on(site.redis().holds(&Scopes::All, 10))));
    server.unpause();
    site.wait_until_ready();
    // What it was asked and could not answer may have happened, and what it was not asked has not.
    let unknown = Reservation { id: id(2), counters: Counters::default(), ..held.reservation.clone() };
    assert_eq!(store.release(&unknown), Settled::Now);
    site.wait_for(|site| !site.ledger().is_empty());
    assert_eq!(store.counts(), global(7, 0));
    assert_eq!(store.commit(&held.reservation, tokens(7)), Settled::Before);
}

#[test]
fn what_is_settled_while_redis_is_down_waits_even_for_a_companion_that_ends() {
    let server = Server::start(&REMEMBERING);
    let mut site = Site::new(&server);
    site.wait_until_ready();
    Tested(&site).set_time(NOON);
    let held = [1, 2, 3].map(|number| Tested(&site).hold(&call(number, tokens(10), lines())).reservation);
    server.kill();
    for _ in 0..2 {
        let store = Tested(&site);
        assert!(is_unavailable(&reserve(&site, 9)));
        assert_eq!(store.commit(&held[0], tokens(4)), Settled::Waiting);
        assert_eq!(store.release(&held[1]), Settled::Waiting);
        assert_eq!(store.commit(&held[0], tokens(5)), Settled::Waiting, "what came first counts");
        site.stop();
        site.start();
    }
    assert_eq!(site.ledger(), [], "nobody knows yet whether it counts");
    server.resume();
    site.wait_until_ready();
    site.wait_for(|site| site.ledger().len() == 2);
    let store = Tested(&site);
    assert_eq!(store.counts(), global(4, 10));
    assert_eq!(store.commit(&held[0], tokens(4)), Settled::Before);
    assert_eq!(store.holds(&Scopes::All, 10).listed[0].reservation, held[2]);
}

#[test]
fn a_settlement_whose_asker_goes_away_still_counts() {
    let server = Server::start(&FORGETTING);
    let site = Site::on(RedisSettings { patience: RedisSettings::LONGEST, ..settings(&server) }, &server);
    site.wait_until_ready();
    let store = Tested(&site);
    store.set_time(NOON);
    let held = store.hold(&call(1, tokens(10), lines()));
    server.pause();
    let committed = Outcome::Committed { used: tokens(6), is_estimate: false };
    let settlement = Settlement { reservation: held.reservation, outcome: committed };
    site.runtime.block_on(async {
        let settling = site.redis().settle(&settlement);
        let is_begun = async {
            while site.link().outbox.pending(1).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        futures::pin_mut!(is_begun);
        // Whichever is first, nobody waits for the answer any more.
        futures::future::select(settling, is_begun).await;
    });
    server.unpause();
    site.wait_for(|site| !site.ledger().is_empty());
    assert_eq!(store.counts(), global(6, 0));
}

#[test]
fn a_redis_that_may_throw_counters_away_is_refused() {
    let evicting = [&FORGETTING[..], &["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]].concat();
    let server = Server::start(&evicting);
    let site = Site::new(&server);
    site.wait_for(
        |site| !matches!(site.redis().readiness(), Err(StoreError::Unavailable(why)) if why.contains("looked for")),
    );
    let Err(StoreError::Unavailable(why)) = reserve(&site, 1) else { panic!("it is used") };
    assert!(why.contains("`maxmemory-policy` is `allkeys-lru`"), "{why}");
    let _: () = site.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    site.wait_until_ready();
}

#[test]
fn what_was_added_to_counters_that_are_gone_is_forgotten() {
    let server = Server::start(&FORGETTING);
    let site = Site::new(&server);
    site.wait_until_ready();
    let store = Tested(&site);
    store.set_time(NOON);
    let held = store.hold(&call(1, tokens(10), lines()));
    store.commit(&held.reservation, tokens(5));
    let shares = |site: &Site<'_>| site.runtime.block_on(site.link().outbox.shares(0)).unwrap().len();
    assert_eq!(shares(&site), 1);
    store.set_time(NOON + 4 * 24 * HOUR);
    assert_eq!(store.counts(), []);
    // It is done at the beginning of each session, and every minute of it.
    let _: u64 = site.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    site.wait_for(|site| shares(site) == 0);
}

#[test]
fn nobody_waits_longer_than_a_quarter_of_a_second() {
    let server = Server::start(&FORGETTING);
    let patient = RedisSettings { patience: std::time::Duration::from_secs(60), ..settings(&server) };
    assert_eq!(patient.bounded().patience, RedisSettings::LONGEST);
}
