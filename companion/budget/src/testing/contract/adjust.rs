use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

fn global() -> String {
    format!("day:{DAY}:tokens:global")
}

/// 30 used and 10 held.
fn prepare(store: &Tested<'_>) {
    store.set_time(NOON);
    let first = store.hold(&call(1, tokens(50), [line(Scope::Global, 100)]));
    store.commit(&first.reservation, tokens(30));
    store.hold(&call(2, tokens(10), [line(Scope::Global, 100)]));
}

pub(crate) fn used_is_changed_by_so_much_and_never_below_nothing(subject: &dyn Subject) {
    let store = Tested(subject);
    prepare(&store);
    for (number, change, used) in [(1, 45, 75), (2, -5, 70), (3, i64::MAX, MOST_COUNTED), (4, i64::MIN, 0), (5, 8, 8)] {
        let standing = store.adjust(&adjustment(number, &global(), Change::By(change))).unwrap();
        assert_eq!((standing.counter.to_string(), standing.limit), (global(), None));
        assert_eq!((standing.used, standing.held), (used, 10), "by {change}");
        assert_eq!(store.counts(), [(global(), used, 10)]);
    }
    assert_eq!(store.refuse(&call(3, tokens(83), [line(Scope::Global, 100)])).standing.used, 8);
    store.hold(&call(3, tokens(82), [line(Scope::Global, 100)]));
}

pub(crate) fn a_reset_counter_has_used_nothing_and_holds_what_it_held(subject: &dyn Subject) {
    let store = Tested(subject);
    prepare(&store);
    let standing = store.adjust(&adjustment(1, &global(), Change::Reset)).unwrap();
    assert_eq!((standing.used, standing.held), (0, 10));
    assert_eq!(store.counts(), [(global(), 0, 10)]);
}

pub(crate) fn asking_again_adjusts_nothing_again(subject: &dyn Subject) {
    let store = Tested(subject);
    prepare(&store);
    let more = adjustment(1, &global(), Change::By(5));
    assert_eq!(store.adjust(&more).unwrap().used, 35);
    assert_eq!(store.adjust(&more).unwrap().used, 35);
    store.adjust(&adjustment(2, &global(), Change::Reset));
    assert_eq!(store.adjust(&more).unwrap().used, 0, "as it stands now");
}

pub(crate) fn a_counter_that_is_kept_no_more_is_not_adjusted(subject: &dyn Subject) {
    let store = Tested(subject);
    prepare(&store);
    store.set_time(NEXT_DAY + 48 * HOUR - 1);
    assert_eq!(store.adjust(&adjustment(1, &global(), Change::By(5))).unwrap().used, 35);
    store.set_time(NEXT_DAY + 48 * HOUR);
    assert_eq!(store.adjust(&adjustment(2, &global(), Change::By(5))), None);
    assert_eq!(store.counts(), []);
}

pub(crate) fn a_counter_that_nobody_used_can_be_adjusted(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let counter = format!("month:{}:microDollars:user:ada", 1_706_745_600);
    assert_eq!(store.adjust(&adjustment(1, &counter, Change::By(-3))).unwrap().used, 0);
    assert_eq!(store.adjust(&adjustment(2, &counter, Change::By(3))).unwrap().used, 3);
    assert_eq!(store.counts(), [(counter, 3, 0)]);
}
