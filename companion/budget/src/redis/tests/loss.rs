//! A Redis that comes back with less than it had.

use std::time::Duration;

use crate::ledger::Ending;
use crate::redis::{RedisSettings, Status, expire, settle};
use crate::sqlite::holds::KnownHold;
use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

use super::server::{FORGETTING, Server};
use super::site::{Site, settings};

fn lines() -> [Line; 2] {
    [line(Scope::Global, 1000), by(Window::Month, line(org("acme"), 500))]
}

fn counts(used: u64, held: u64) -> Vec<(String, u64, u64)> {
    let month = 1_706_745_600;
    vec![(format!("day:{DAY}:tokens:global"), used, held), (format!("month:{month}:tokens:org:acme"), used, held)]
}

fn hold(site: &Site<'_>, number: u8) -> Reservation {
    Tested(site).hold(&call(number, tokens(10), lines())).reservation
}

/// As Redis is after it was started with nothing, but for the time, which only tests keep there.
fn lose_everything(server: &Server, site: &Site<'_>) {
    server.kill();
    server.resume();
    site.set_time(NOON);
}

/// Ten used and two held, by one companion.
fn prepare(site: &Site<'_>) -> Vec<Reservation> {
    site.wait_until_ready();
    site.set_time(NOON);
    let held: Vec<_> = (1..=4).map(|number| hold(site, number)).collect();
    assert_eq!(Tested(site).commit(&held[0], tokens(7)), Settled::Now);
    assert_eq!(Tested(site).commit(&held[1], tokens(3)), Settled::Now);
    assert_eq!(Tested(site).counts(), counts(10, 20));
    held
}

/// Until its file has what is held, and nothing else.
fn wait_until_written(site: &Site<'_>, expected: &[&Reservation]) {
    site.wait_for(|site| {
        let held = site.runtime.block_on(site.link().outbox.held()).unwrap();
        let is_expected = |known: &KnownHold| expected.contains(&&known.hold.reservation);
        held.len() == expected.len() && held.iter().all(is_expected)
    });
}

#[test]
fn an_empty_redis_is_given_back_what_was_used_and_held_and_settled() {
    let server = Server::start(&FORGETTING);
    let site = Site::new(&server);
    let held = prepare(&site);
    lose_everything(&server, &site);
    site.wait_until_ready();
    let store = Tested(&site);
    assert_eq!(store.counts(), counts(10, 20));
    assert_eq!(store.holds(&Scopes::All, 10).listed.len(), 2);
    assert_eq!(store.reserve(&call(1, tokens(10), lines())), Reserved::Settled);
    assert_eq!(store.reserve(&call(3, tokens(10), lines())), {
        let Reserved::Held(before) = store.reserve(&call(3, tokens(10), lines())) else { panic!("not held") };
        assert_eq!(before.reservation, held[2]);
        Reserved::Held(before)
    });
    assert_eq!(store.commit(&held[2], tokens(5)), Settled::Now);
    assert_eq!(store.commit(&held[0], tokens(5)), Settled::Before);
    assert_eq!(store.counts(), counts(15, 10));
}

#[test]
fn an_older_copy_is_found_out_and_what_is_missing_is_given_back() {
    let server = Server::start(&["--save", "", "--appendonly", "no", "--dbfilename", "old.rdb"]);
    let mut site = Site::new(&server);
    for is_restarted in [false, true] {
        let base = if is_restarted { 100 } else { 0 };
        site.wait_until_ready();
        site.set_time(NOON);
        let before = Tested(&site).counts().first().map_or((0, 0), |(_, used, held)| (*used, *held));
        let held: Vec<_> = (1..=4).map(|number| hold(&site, base + number)).collect();
        Tested(&site).commit(&held[0], tokens(7));
        let _: () = site.command(&["SAVE"]);
        Tested(&site).commit(&held[1], tokens(3));
        Tested(&site).release(&held[2]);
        let last = hold(&site, base + 5);
        if is_restarted {
            // It remembers how far it had seen Redis count, and what was on its way.
            wait_until_written(&site, &[&held[3], &last]);
            site.stop();
        }
        server.kill();
        server.resume();
        site.set_time(NOON);
        if is_restarted {
            site.start();
        }
        site.wait_until_ready();
        assert_eq!(Tested(&site).counts(), counts(before.0 + 10, before.1 + 20));
        for settled in &held[..3] {
            assert_eq!(Tested(&site).commit(settled, tokens(9)), Settled::Before);
        }
        assert_eq!(Tested(&site).commit(&last, tokens(2)), Settled::Now);
        assert_eq!(Tested(&site).release(&held[3]), Settled::Now);
    }
    assert_eq!(Tested(&site).counts().first().map(|(_, used, _)| *used), Some(24));
}

#[test]
fn a_redis_that_remembers_all_goes_on_with_its_counters() {
    let server = Server::start(&super::server::REMEMBERING);
    let site = Site::new(&server);
    let held = prepare(&site);
    let generation = || site.runtime.block_on(site.link().outbox.seen()).unwrap().unwrap().generation;
    let before = generation();
    for _ in 0..3 {
        server.kill();
        server.resume();
        site.wait_until_ready();
        assert_eq!(Tested(&site).counts(), counts(10, 20));
    }
    assert_eq!(generation(), before);
    assert_eq!(Tested(&site).commit(&held[2], tokens(1)), Settled::Now);
}

#[test]
fn nothing_is_held_before_every_companion_has_given_back_its_part() {
    let server = Server::start(&FORGETTING);
    let (settings, mut late) = beside(&server);
    let site = Site::on(settings, &server);
    let held = prepare(&site);
    late.wait_until_ready();
    let other = hold(&late, 9);
    assert_eq!(Tested(&late).commit(&other, tokens(100)), Settled::Now);
    assert_eq!(Tested(&late).commit(&held[2], tokens(1)), Settled::Now, "what another has reserved");
    late.stop();
    lose_everything(&server, &site);
    let ledger = site.wait_for_closed();
    let reserved = site.runtime.block_on(site.redis().reserve(&call(20, tokens(1), lines())));
    assert!(matches!(reserved, Err(StoreError::Lost(_))), "{reserved:?}");
    assert_eq!(Tested(&site).commit(&held[3], tokens(2)), Settled::Waiting);
    late.start();
    late.wait_until_ready();
    assert!(ledger.contains(&late.link().ledger), "it was named: {ledger}");
    site.wait_until_ready();
    site.wait_for(|site| site.ledger().len() == 3);
    assert_eq!(Tested(&site).counts(), counts(10 + 100 + 1 + 2, 0));
    assert_eq!(Tested(&site).counts(), Tested(&late).counts());
    for reservation in held.iter().chain([&other]) {
        assert_eq!(Tested(&site).commit(reservation, tokens(50)), Settled::Before);
    }
}

#[test]
fn an_operator_goes_on_without_a_companion_which_may_come_back() {
    let server = Server::start(&FORGETTING);
    let (settings, mut gone) = beside(&server);
    let site = Site::on(settings, &server);
    prepare(&site);
    gone.wait_until_ready();
    let other = hold(&gone, 9);
    Tested(&gone).commit(&other, tokens(100));
    let name = gone.link().outbox.id();
    gone.stop();
    lose_everything(&server, &site);
    site.wait_for_closed();
    let members = site.runtime.block_on(site.redis().members()).unwrap();
    let missing: Vec<_> = members.iter().filter(|member| !member.is_through).map(|member| member.ledger).collect();
    assert_eq!((members.len(), missing), (2, vec![name]));
    assert!(site.runtime.block_on(site.redis().forget(name)).unwrap());
    assert!(!site.runtime.block_on(site.redis().forget(name)).unwrap());
    site.wait_until_ready();
    assert_eq!(Tested(&site).counts(), counts(10, 20));
    gone.start();
    gone.wait_until_ready();
    site.wait_until_ready();
    assert_eq!(Tested(&site).counts(), counts(110, 20));
}

#[test]
fn a_companion_that_is_there_although_somebody_goes_on_without_it_says_so() {
    let server = Server::start(&FORGETTING);
    let (settings, other) = beside(&server);
    let site = Site::on(settings, &server);
    prepare(&site);
    other.wait_until_ready();
    let id = other.redis().id();
    let counts_there = |site: &Site<'_>| {
        let members = site.runtime.block_on(site.redis().members()).unwrap();
        members.iter().any(|member| member.ledger == id && member.is_through)
    };
    assert!(site.runtime.block_on(site.redis().forget(id)).unwrap() && !counts_there(&site));
    site.wait_for(counts_there);
    other.wait_until_ready();
    assert_eq!(Tested(&other).counts(), counts(10, 20));
}

#[test]
fn what_it_is_doing_is_told_as_it_changes() {
    let server = Server::start(&FORGETTING);
    let (settings, mut other) = beside(&server);
    other.wait_until_ready();
    let site = Site::on(settings, &server);
    site.wait_until_ready();
    let Status::Open { generation } = site.redis().status() else { panic!("{:?}", site.redis().status()) };
    other.stop();
    server.kill();
    site.wait_for(|site| matches!(site.redis().status(), Status::Away(_)));
    server.resume();
    site.wait_for(|site| matches!(site.redis().status(), Status::Closed(_)));
    other.start();
    site.wait_until_ready();
    let now = site.runtime.block_on(site.redis().status_after(&Status::Looking));
    assert!(matches!(&now, Status::Open { generation: other } if *other != generation), "{now:?}");
}

#[test]
fn giving_back_twice_gives_back_once() {
    let server = Server::start(&FORGETTING);
    let (settings, mut other) = beside(&server);
    let mut site = Site::on(settings, &server);
    let held = prepare(&site);
    for reservation in &held {
        Tested(&site).release(reservation);
    }
    other.wait_until_ready();
    let reservation = hold(&other, 9);
    Tested(&other).commit(&reservation, tokens(100));
    // Both are stopped while they give back, anywhere.
    for _ in 0..3 {
        lose_everything(&server, &site);
        for _ in 0..20 {
            site.stop();
            other.stop();
            site.start();
            other.start();
            std::thread::sleep(Duration::from_micros(fastrand::u64(..20_000)));
        }
        site.wait_until_ready();
        other.wait_until_ready();
        site.wait_until_ready();
        assert_eq!(Tested(&site).counts(), counts(110, 0));
    }
}

#[test]
fn what_was_counted_and_not_answered_is_in_the_ledger_once_whatever_redis_still_knows() {
    let server = Server::start(&FORGETTING);
    let mut site = Site::new(&server);
    for (base, is_lost) in [(0, false), (50, true)] {
        site.wait_until_ready();
        site.set_time(NOON);
        let used = Tested(&site).counts().first().map_or(0, |(_, used, _)| *used);
        let held = hold(&site, base + 1);
        let due = Tested(&site).hold(&Reserve { lease: seconds(1), ..call(base + 2, tokens(10), lines()) }).reservation;
        // Redis has counted it, and the companion is killed before it knows.
        let committed = Outcome::Committed { used: tokens(6), is_estimate: false };
        let settlement = Settlement { reservation: held.clone(), outcome: committed };
        site.runtime.block_on(async {
            let link = site.link();
            link.outbox.begin(&settlement).await.unwrap();
            link.outbox.begin_expiry(vec![due.clone()]).await.unwrap();
        });
        site.set_time(NOON + 2);
        site.runtime.block_on(async {
            let link = site.link();
            link.ask(&link.scripts.settle, &settle::arguments(&held, committed)).await.unwrap();
            link.ask(&link.scripts.expire, &expire::arguments(std::slice::from_ref(&due))).await.unwrap();
        });
        assert_eq!(Tested(&site).counts(), counts(used + 6 + 1, 0));
        site.stop();
        if is_lost {
            lose_everything(&server, &site);
            site.set_time(NOON + 2);
        }
        site.start();
        site.wait_until_ready();
        site.wait_for(|site| site.runtime.block_on(site.link().outbox.pending(10)).unwrap().is_empty());
        assert_eq!(Tested(&site).counts(), counts(used + 6 + 1, 0));
        let ledger = site.ledger();
        assert!(ledger.contains(&(held.id, Ending::Committed(tokens(6)))), "{ledger:?}");
        assert!(ledger.contains(&(due.id, Ending::Expired(tokens(1)))), "{ledger:?}");
        assert_eq!(Tested(&site).commit(&due, tokens(3)), Settled::Corrected { estimate: tokens(1) });
        assert_eq!(Tested(&site).counts(), counts(used + 6 + 3, 0));
        // And all of it is given back, once.
        lose_everything(&server, &site);
        site.wait_until_ready();
        assert_eq!(Tested(&site).counts(), counts(used + 6 + 3, 0));
    }
}

#[test]
fn an_estimate_of_one_companion_that_another_replaces_is_given_back_by_both() {
    let server = Server::start(&FORGETTING);
    let (settings, other) = beside(&server);
    let site = Site::on(settings, &server);
    site.wait_until_ready();
    other.wait_until_ready();
    site.set_time(NOON);
    let held = hold(&site, 1);
    site.set_time(NOON + 60);
    assert_eq!(Tested(&other).expire(10).len(), 1);
    assert_eq!(Tested(&site).commit(&held, tokens(8)), Settled::Corrected { estimate: tokens(1) });
    assert_eq!(Tested(&other).commit(&held, tokens(9)), Settled::Before);
    for _ in 0..2 {
        server.kill();
        server.resume();
        site.set_time(NOON + 60);
        site.wait_until_ready();
        other.wait_until_ready();
        site.wait_until_ready();
        assert_eq!(Tested(&site).counts(), counts(8, 0));
        assert_eq!(Tested(&other).commit(&held, tokens(9)), Settled::Before);
        assert_eq!(Tested(&site).commit(&held, tokens(9)), Settled::Before);
    }
    let rows = site.runtime.block_on(site.redis().ledger().rows(0, 10)).unwrap();
    assert_eq!(rows[0].1.replaced, Some(tokens(1)));
}

#[test]
fn what_a_companion_held_is_given_back_although_it_was_killed_as_well() {
    let server = Server::start(&FORGETTING);
    let mut site = Site::new(&server);
    let held = prepare(&site);
    wait_until_written(&site, &[&held[2], &held[3]]);
    Tested(&site).renew(held[2].id, tokens(4), seconds(500));
    Tested(&site).release(&held[3]);
    wait_until_written(&site, &[&held[2]]);
    site.wait_for(|site| site.runtime.block_on(site.link().outbox.held()).unwrap()[0].hold.so_far == tokens(4));
    site.stop();
    lose_everything(&server, &site);
    site.start();
    site.wait_until_ready();
    assert_eq!(Tested(&site).counts(), counts(10, 10));
    let holds = Tested(&site).holds(&Scopes::All, 10).listed;
    assert_eq!((&holds[0].reservation, holds[0].so_far, holds[0].lease_ends), (&held[2], tokens(4), NOON + 500));
    assert_eq!(holds.len(), 1);
}

#[test]
fn what_a_companion_held_when_it_ended_is_given_back() {
    let server = Server::start(&FORGETTING);
    let mut site = Site::new(&server);
    let held = prepare(&site);
    let last = hold(&site, 5);
    site.runtime.block_on(site.redis().write_down()).unwrap();
    site.stop();
    lose_everything(&server, &site);
    site.start();
    site.wait_until_ready();
    assert_eq!(Tested(&site).counts(), counts(10, 30));
    let holds = Tested(&site).holds(&Scopes::All, 10).listed;
    let reservations: Vec<_> = holds.iter().map(|hold| &hold.reservation).collect();
    assert_eq!(reservations, [&held[2], &held[3], &last]);
}

#[test]
fn what_an_administrator_changed_is_given_back() {
    let server = Server::start(&FORGETTING);
    let site = Site::new(&server);
    prepare(&site);
    let more = adjustment(1, &counts(0, 0)[0].0, Change::By(25));
    assert_eq!(Tested(&site).adjust(&more).unwrap().used, 35);
    lose_everything(&server, &site);
    site.wait_until_ready();
    assert_eq!(Tested(&site).adjust(&more).unwrap().used, 35);
    let before = counts(10, 20)[1].clone();
    assert_eq!(Tested(&site).counts(), [(counts(0, 0)[0].0.clone(), 35, 20), before]);
}

#[test]
fn an_empty_redis_that_nobody_knows_is_closed_for_a_while() {
    let server = Server::start(&FORGETTING);
    let settings = RedisSettings { grace: Duration::from_secs(3600), ..settings(&server) };
    let site = Site::on(settings, &server);
    site.set_time(NOON);
    let why = site.wait_for_closed();
    assert!(why.contains("an empty redis is closed"), "{why}");
    site.set_time(NOON + 3600);
    site.wait_until_ready();
}

/// Settings, and a companion with them.
fn beside(server: &Server) -> (RedisSettings, Site<'_>) {
    let settings = settings(server);
    (settings.clone(), Site::on(settings, server))
}

#[test]
fn limits_that_administrators_set_are_given_back_and_the_latest_counts() {
    let server = Server::start(&FORGETTING);
    let one = Site::new(&server);
    let two = Site::on(one.settings.clone(), &server);
    one.wait_until_ready();
    two.wait_until_ready();
    one.set_time(NOON);
    let [acme, other] = ["acme", "other"].map(|name| measure(&format!("day:{DAY}:tokens:org:{name}")));
    Tested(&one).override_limit(&set(1, acme.clone(), Some(5)));
    Tested(&one).override_limit(&set(2, other.clone(), None));
    let seen = Tested(&two).overrides();
    assert_eq!((seen.len(), seen[0].limit, seen[1].limit), (2, Some(5), None));
    // One knows of these only what it did before.
    one.set_time(NOON + 1);
    Tested(&two).override_limit(&set(3, acme.clone(), Some(7)));
    Tested(&two).override_limit(&unset(4, other));
    lose_everything(&server, &one);
    one.set_time(NOON + 2);
    one.wait_until_ready();
    two.wait_until_ready();
    for site in [&one, &two] {
        let known = Tested(site).overrides();
        assert_eq!((known.len(), &known[0].measure, known[0].limit), (1, &acme, Some(7)));
    }
    let audits = |site: &Site<'_>| site.runtime.block_on(site.redis().ledger().audits(0, 9)).unwrap().len();
    assert_eq!((audits(&one), audits(&two)), (2, 2), "each has what it was asked for");
}
