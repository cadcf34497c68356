use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

const TWO_DAYS: u64 = 48 * HOUR;

pub(crate) fn what_is_settled_after_its_counters_are_gone_makes_none_again(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let lines = [line(Scope::Global, 100)];
    let reservations = [1, 2, 3].map(|number| store.hold(&call(number, tokens(10), lines.clone())).reservation);
    store.set_time(NEXT_DAY + TWO_DAYS - 1);
    assert_eq!(store.commit(&reservations[0], tokens(7)), Settled::Now, "the last second in which they are kept");
    assert_eq!(store.counts(), [(format!("day:{DAY}:tokens:global"), 7, 20)]);
    store.set_time(NEXT_DAY + TWO_DAYS);
    assert_eq!(store.commit(&reservations[1], tokens(7)), Settled::Late { is_new: true });
    assert_eq!(store.release(&reservations[2]), Settled::Late { is_new: true });
    assert_eq!(store.commit(&reservations[1], tokens(7)), Settled::Late { is_new: false }, "again");
    let counters = Lines::new(lines.to_vec()).unwrap().at(NOON);
    let unknown = Reservation { id: id(4), at: NOON, counters, held: tokens(10), least: tokens(1) };
    assert_eq!(store.commit(&unknown, tokens(7)), Settled::Late { is_new: true });
    assert_eq!(store.counts(), []);
    assert_eq!(store.holds(&Scopes::All, 10).all, 0);
}

pub(crate) fn shorter_counters_that_are_gone_are_left_out(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(DAY);
    let lines = [line(Scope::Global, 100), by(Window::Hour, line(Scope::Global, 100))];
    let reservations = [1, 2].map(|number| store.hold(&call(number, tokens(10), lines.clone())).reservation);
    store.set_time(DAY + HOUR + TWO_DAYS);
    assert_eq!(store.commit(&reservations[0], tokens(7)), Settled::Now);
    assert_eq!(store.release(&reservations[1]), Settled::Now);
    assert_eq!(store.counts(), [(format!("day:{DAY}:tokens:global"), 7, 0)]);
}

pub(crate) fn a_hold_whose_counters_are_gone_still_ends(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let reservation = store.hold(&call(1, tokens(10), [line(Scope::Global, 100)])).reservation;
    store.set_time(NEXT_DAY + TWO_DAYS);
    assert_eq!(store.holds(&Scopes::All, 10).all, 1);
    let expired = store.expire(10);
    assert_eq!(expired, [Expired { reservation: reservation.clone(), used: tokens(1) }]);
    assert_eq!(store.holds(&Scopes::All, 10).all, 0);
    assert_eq!(store.counts(), []);
    assert_eq!(store.commit(&reservation, tokens(9)), Settled::Late { is_new: true });
}
