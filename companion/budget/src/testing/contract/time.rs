use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

pub(crate) fn the_time_is_that_of_the_clock(subject: &dyn Subject) {
    let store = Tested(subject);
    for now in [NOON, NOON + 1, NEXT_DAY, NEXT_DAY + 40 * 24 * HOUR] {
        store.set_time(now);
        assert_eq!(store.now(), now);
    }
    let held = store.hold(&call(1, tokens(10), [line(Scope::Global, 100)])).reservation;
    assert_eq!(store.now(), held.at);
}

pub(crate) fn time_goes_on_after_the_clock_was_set_back(subject: &dyn Subject) {
    let store = Tested(subject);
    let lines = [by(Window::Hour, line(Scope::Global, 100))];
    store.set_time(NEXT_DAY);
    store.hold(&call(1, tokens(10), lines.clone()));
    store.step_clock(NOON);
    let second = store.hold(&call(2, tokens(10), lines.clone())).reservation;
    assert_eq!((second.at, store.now()), (NEXT_DAY, NEXT_DAY), "it never goes back");
    store.set_time(NOON + 118);
    assert_eq!(store.expire(10), []);
    store.set_time(NOON + 120);
    assert_eq!(store.now(), NEXT_DAY + 60, "half as fast, so that the clock catches up");
    assert_eq!(store.expire(10).len(), 2);
    // In another hour.
    store.set_time(NOON + 2 * HOUR);
    let third = store.hold(&call(3, tokens(100), lines.clone())).reservation;
    assert_eq!(third.counters[0].period.begins(), NEXT_DAY + HOUR);
    // Set back even farther.
    store.step_clock(DAY);
    assert_eq!(store.now(), NEXT_DAY + HOUR);
    store.set_time(DAY + 20);
    assert_eq!(store.now(), NEXT_DAY + HOUR + 10);
    for since in [50 * HOUR - 2, 50 * HOUR, 50 * HOUR + 11] {
        store.set_time(DAY + since);
        let half = NEXT_DAY + HOUR + since / 2;
        assert_eq!(store.now(), half.max(DAY + since), "until it has caught up");
    }
}
