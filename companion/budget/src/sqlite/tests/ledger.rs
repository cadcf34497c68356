use futures::executor::block_on;

use super::site::Site;
use crate::ledger::{Audit, Ending, Row};
use crate::testing::calls::*;
use crate::testing::{Subject as _, Tested};
use crate::*;

fn row(site: &Site, reservation: &Reservation) -> Option<Row> {
    block_on(site.sqlite().ledger().row(reservation.id)).unwrap()
}

#[test]
fn a_settled_call_has_a_row_with_all_that_is_known_of_it() {
    let site = Site::new();
    let store = Tested(&site);
    store.set_time(NOON);
    let reservation = store.hold(&call(1, Amounts::new(50, 60), [line(Scope::Global, 100)])).reservation;
    assert_eq!(row(&site, &reservation), None);
    store.set_time(NOON + 9);
    store.settle(&reservation, Outcome::Committed { used: tokens(70), is_estimate: true });
    let expected = Row {
        id: id(1),
        at: NOON,
        settled_at: NOON + 9,
        counters: reservation.counters.clone(),
        held: Amounts::new(50, 60),
        ending: Ending::Estimated(tokens(70)),
        is_late: false,
        replaced: None,
    };
    assert_eq!(row(&site, &reservation), Some(expected));
    let spent = block_on(site.sqlite().ledger().spent(&Scopes::All, 0, u64::MAX, None, 10)).unwrap();
    assert_eq!(spent.iter().map(|it| (it.calls, it.tokens)).collect::<Vec<_>>(), [(1, 70)]);
}

#[test]
fn what_is_late_and_what_is_corrected_late_has_a_row() {
    let site = Site::new();
    let store = Tested(&site);
    store.set_time(NOON);
    let lines = [line(Scope::Global, 100)];
    let [held, expired] = [1, 2].map(|number| store.hold(&call(number, tokens(50), lines.clone())).reservation);
    store.set_time(NOON + 60);
    store.renew(held.id, tokens(1), seconds(3600));
    assert_eq!(store.expire(10).len(), 1);
    assert_eq!(row(&site, &expired).unwrap().ending, Ending::Expired(tokens(5)));
    store.set_time(NEXT_DAY + 48 * HOUR);
    for reservation in [&held, &expired] {
        assert_eq!(store.commit(reservation, tokens(30)), Settled::Late { is_new: true });
        assert_eq!(store.commit(reservation, tokens(31)), Settled::Late { is_new: false });
        let row = row(&site, reservation).unwrap();
        assert_eq!((row.ending, row.is_late), (Ending::Committed(tokens(30)), true));
    }
    let spent = block_on(site.sqlite().ledger().spent(&Scopes::All, 0, u64::MAX, None, 10)).unwrap();
    assert_eq!(spent.iter().map(|it| (it.calls, it.tokens)).collect::<Vec<_>>(), [(2, 60)]);
}

#[test]
fn what_administrators_change_is_told_with_what_it_was() {
    let site = Site::new();
    let store = Tested(&site);
    store.set_time(NOON);
    let counter = format!("day:{DAY}:tokens:org:a");
    let changes = [Change::By(40), Change::By(-100), Change::By(7), Change::Reset];
    let adjustments: Vec<_> = (0..).zip(changes).map(|(number, change)| adjustment(number, &counter, change)).collect();
    adjustments.iter().for_each(|adjustment| assert!(store.adjust(adjustment).is_some()));
    store.adjust(&adjustments[0]);
    let audits = block_on(site.sqlite().ledger().audits(0, 10)).unwrap();
    let counts = [(0, 40), (40, 0), (0, 7), (7, 0)];
    let expected: Vec<_> = (1..)
        .zip(adjustments.into_iter().zip(counts))
        .map(|(number, (adjustment, (before, after)))| (number, Audit { adjustment, at: NOON, before, after }.into()))
        .collect();
    assert_eq!(audits, expected);
    assert_eq!(block_on(site.sqlite().ledger().audits(3, 10)).unwrap(), expected[3..]);
}

#[test]
fn time_never_goes_back_not_even_from_one_process_to_the_next() {
    let mut site = Site::new();
    site.set_time(NEXT_DAY);
    Tested(&site).hold(&call(1, tokens(10), [line(Scope::Global, 100)]));
    site.step_clock(NOON);
    let second = Tested(&site).hold(&call(2, tokens(10), [line(Scope::Global, 100)])).reservation;
    assert_eq!((second.at, second.counters[0].period.begins()), (NEXT_DAY, NEXT_DAY));
    site.restart();
    let third = Tested(&site).hold(&call(3, tokens(10), [line(Scope::Global, 100)])).reservation;
    assert_eq!((third.at, third.counters[0].period.begins()), (NEXT_DAY, NEXT_DAY));
    assert_eq!(Tested(&site).counts().len(), 1);
    site.step_clock(NEXT_DAY + 1);
    let fourth = Tested(&site).hold(&call(4, tokens(10), [line(Scope::Global, 100)])).reservation;
    assert_eq!(fourth.at, NEXT_DAY + 1);
}

#[test]
fn counters_that_are_gone_are_removed_from_the_file_and_never_made_again() {
    let site = Site::new();
    let store = Tested(&site);
    store.set_time(NOON);
    let lines = Window::ALL.map(|window| by(window, line(Scope::Global, 100)));
    let [first, second] = [1, 2].map(|number| store.hold(&call(number, tokens(10), lines.clone())).reservation);
    let there = || {
        let connection = rusqlite::Connection::open(site.path()).unwrap();
        connection.query_row("SELECT count(*) FROM counters", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(there(), 3);
    store.set_time(NOON + 49 * HOUR);
    store.expire(0);
    assert_eq!(there(), 2);
    assert_eq!(store.commit(&first, tokens(10)), Settled::Now);
    assert_eq!(there(), 2, "that of the hour is left out");
    store.set_time(NEXT_DAY + 48 * HOUR);
    store.expire(0);
    assert_eq!(there(), 0);
    assert_eq!(store.commit(&second, tokens(10)), Settled::Late { is_new: true });
    assert_eq!(there(), 0);
}

#[test]
fn a_store_whose_file_is_gone_has_lost_its_counters_until_it_is_back() {
    let site = Site::new();
    let store = Tested(&site);
    store.set_time(NOON);
    let reserve = call(1, tokens(10), [line(Scope::Global, 100)]);
    let held = store.hold(&reserve);
    let aside = site.path().with_extension("aside");
    std::fs::rename(site.path(), &aside).unwrap();
    assert!(matches!(block_on(site.store().reserve(&reserve)), Err(StoreError::Lost(_))));
    std::fs::rename(&aside, site.path()).unwrap();
    assert_eq!(store.hold(&reserve), held);
}

#[test]
fn a_clock_that_is_set_far_ahead_is_believed_when_that_has_lasted() {
    let site = Site::new();
    let store = Tested(&site);
    store.set_time(NOON);
    let lines = [line(Scope::Global, 100)];
    store.commit(&store.hold(&call(1, tokens(10), lines.clone())).reservation, tokens(10));
    let far = NOON + 5 * 24 * HOUR;
    store.step_clock(far);
    assert_eq!(store.hold(&call(2, tokens(10), lines.clone())).reservation.at, NOON);
    store.set_time(far + 2);
    assert_eq!(store.expire(10), [], "two seconds have passed");
    store.step_clock(NOON + 2);
    assert_eq!(store.now(), NOON + 2);
    assert_eq!(store.counts(), [(format!("day:{DAY}:tokens:global"), 10, 10)], "as if nothing had been");
    // Not so far, it is believed at once.
    store.step_clock(NOON + HOUR);
    assert_eq!(store.now(), NOON + HOUR);
    store.step_clock(far);
    for (wait, now) in [(0, NOON + HOUR), (299, NOON + HOUR + 299), (300, far + 300), (301, far + 301)] {
        store.set_time(far + wait);
        assert_eq!(store.now(), now, "after {wait} seconds");
    }
}

#[test]
fn a_clock_that_is_far_ahead_at_the_start_takes_no_counters_away_before_that_has_lasted() {
    let mut site = Site::new();
    let there = |site: &Site| {
        let connection = rusqlite::Connection::open(site.path()).unwrap();
        connection.query_row("SELECT count(*) FROM counters", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    site.set_time(NOON);
    Tested(&site).hold(&call(1, tokens(10), [line(Scope::Global, 100)]));
    let far = NOON + 5 * 24 * HOUR;
    site.step_clock(far);
    site.restart();
    Tested(&site).expire(10);
    assert_eq!((Tested(&site).now(), there(&site)), (far, 1));
    site.set_time(far + 300);
    Tested(&site).expire(10);
    assert_eq!(there(&site), 0);
}

#[test]
fn a_time_whose_transaction_failed_is_written_with_the_next_one() {
    let site = Site::new();
    let store = Tested(&site);
    store.set_time(NOON);
    let newest = || {
        let connection = rusqlite::Connection::open(site.path()).unwrap();
        connection.query_row("SELECT newest FROM file", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let connection = rusqlite::Connection::open(site.path()).unwrap();
    connection.execute_batch("ALTER TABLE holds RENAME TO aside").unwrap();
    let reserve = call(1, tokens(10), [line(Scope::Global, 100)]);
    assert!(matches!(block_on(site.store().reserve(&reserve)), Err(StoreError::Unavailable(_))));
    connection.execute_batch("ALTER TABLE aside RENAME TO holds").unwrap();
    assert_eq!(newest(), 0);
    store.hold(&reserve);
    assert_eq!(newest(), i64::try_from(NOON).unwrap());
}

#[test]
fn a_hold_that_cannot_be_read_keeps_no_other_from_ending() {
    let site = Site::new();
    let store = Tested(&site);
    store.set_time(NOON);
    for number in [1, 2, 3] {
        store.hold(&call(number, tokens(10), [line(Scope::Global, 100)]));
    }
    let connection = rusqlite::Connection::open(site.path()).unwrap();
    let damaged = connection.execute("UPDATE holds SET counters = 'nonsense' WHERE id = ?1", [id(1).0]).unwrap();
    assert_eq!(damaged, 1);
    store.set_time(NOON + 60);
    assert_eq!(store.expire(1)[0].reservation.id, id(2));
    assert_eq!(store.expire(10).len(), 1);
    let holds = store.holds(&Scopes::All, 10);
    assert_eq!((holds.listed.len(), holds.all), (0, 1), "it is seen that there is one");
}
