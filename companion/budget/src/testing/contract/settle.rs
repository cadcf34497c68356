use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

fn global(used: u64, held: u64) -> (String, u64, u64) {
    (format!("day:{DAY}:tokens:global"), used, held)
}

pub(crate) fn a_commit_counts_what_was_used_and_frees_what_was_held(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let lines = [line(Scope::Global, 100), in_dollars(line(Scope::Global, 1000))];
    let held = store.hold(&call(1, Amounts::new(80, 500), lines));
    assert_eq!(store.commit(&held.reservation, Amounts::new(30, 90)), Settled::Now);
    assert_eq!(store.counts(), [global(30, 0), (format!("day:{DAY}:microDollars:global"), 90, 0)]);
    assert_eq!(store.holds(&Scopes::All, 10).all, 0);
}

pub(crate) fn a_release_frees_what_was_held(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let held = store.hold(&call(1, tokens(100), [line(Scope::Global, 100)]));
    assert_eq!(store.release(&held.reservation), Settled::Now);
    assert_eq!(store.counts(), []);
    assert_eq!(store.holds(&Scopes::All, 10), Holds::default());
    store.hold(&call(2, tokens(100), [line(Scope::Global, 100)]));
}

pub(crate) fn what_was_settled_stays_as_it_was(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let committed = store.hold(&call(1, tokens(50), [line(Scope::Global, 100)])).reservation;
    let released = store.hold(&call(2, tokens(50), [line(Scope::Global, 100)])).reservation;
    store.commit(&committed, tokens(20));
    store.release(&released);
    for reservation in [&committed, &released] {
        assert_eq!(store.commit(reservation, tokens(20)), Settled::Before);
        assert_eq!(store.commit(reservation, tokens(30)), Settled::Before);
        assert_eq!(store.release(reservation), Settled::Before);
    }
    assert_eq!(store.counts(), [global(20, 0)]);
    assert_eq!(store.expire(10), []);
}

pub(crate) fn more_than_was_held_is_counted_whole(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let held = store.hold(&call(1, tokens(10), [line(Scope::Global, 100)]));
    assert_eq!(store.commit(&held.reservation, tokens(700)), Settled::Now);
    assert_eq!(store.counts(), [global(700, 0)]);
    let refused = store.refuse(&call(2, tokens(1), [line(Scope::Global, 100)]));
    assert_eq!((refused.standing.used, refused.standing.left()), (700, Some(0)));
}

pub(crate) fn a_commit_after_midnight_counts_for_the_day_before(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NEXT_DAY - 1);
    let held = store.hold(&call(1, tokens(50), [line(Scope::Global, 100), by(Window::Hour, line(Scope::Global, 100))]));
    store.set_time(NEXT_DAY + HOUR);
    assert_eq!(store.commit(&held.reservation, tokens(40)), Settled::Now);
    let hour = format!("hour:{}:tokens:global", NEXT_DAY - HOUR);
    assert_eq!(store.counts(), [(hour, 40, 0), global(40, 0)]);
    assert_eq!(store.hold(&call(2, tokens(100), [line(Scope::Global, 100)])).standings[0].used, 0);
}

pub(crate) fn a_commit_that_the_store_does_not_know_counts_in_its_own_periods(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NEXT_DAY);
    let counters = Lines::new(vec![line(Scope::Global, 100)]).unwrap().at(NOON);
    let reservation = Reservation { id: id(1), at: NOON, counters, held: tokens(60), least: tokens(6) };
    assert_eq!(store.commit(&reservation, tokens(40)), Settled::Now);
    assert_eq!(store.commit(&reservation, tokens(40)), Settled::Before);
    assert_eq!(store.counts(), [global(40, 0)]);
}

pub(crate) fn what_is_released_before_it_is_reserved_is_never_held(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    // Whoever never got an answer knows no more than the name.
    let counters = Counters::default();
    let unknown = Reservation { id: id(1), at: 0, counters, held: Amounts::NONE, least: Amounts::NONE };
    assert_eq!(store.release(&unknown), Settled::Now);
    assert_eq!(store.reserve(&call(1, tokens(60), [line(Scope::Global, 100)])), Reserved::Settled);
    assert_eq!(store.counts(), []);
    assert_eq!(store.release(&unknown), Settled::Before);
}

pub(crate) fn what_is_committed_before_it_is_reserved_is_not_held_again(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let reserve = call(1, tokens(60), [line(Scope::Global, 100)]);
    let counters = reserve.candidates.first().lines.at(NOON);
    let reservation = Reservation { id: id(1), at: NOON, counters, held: tokens(60), least: tokens(6) };
    assert_eq!(store.commit(&reservation, tokens(10)), Settled::Now);
    assert_eq!(store.reserve(&reserve), Reserved::Settled);
    assert_eq!(store.counts(), [global(10, 0)]);
}

pub(crate) fn a_release_that_knows_only_the_name_frees_the_hold(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    store.hold(&call(1, tokens(60), [line(Scope::Global, 100)]));
    let counters = Counters::default();
    let unknown = Reservation { id: id(1), at: 0, counters, held: Amounts::NONE, least: Amounts::NONE };
    assert_eq!(store.release(&unknown), Settled::Now);
    assert_eq!((store.counts(), store.holds(&Scopes::All, 1).all), (vec![], 0));
}
