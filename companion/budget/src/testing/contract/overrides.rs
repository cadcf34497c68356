use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

fn acme(window: &str) -> Measure {
    measure(&format!("{window}:{}:tokens:org:acme", if window == "month" { 1_706_745_600 } else { DAY }))
}

/// What they are for, to what, and until when.
fn short(overrides: Vec<Override>) -> Vec<(Measure, Option<u64>, u64)> {
    overrides.into_iter().map(|it| (it.measure, it.limit, it.until)).collect()
}

pub(crate) fn a_limit_that_is_set_counts_until_its_period_ends(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON + 10);
    assert_eq!(store.overrides(), []);
    for (number, window, until) in [(1, "hour", NOON + HOUR), (2, "day", NEXT_DAY), (3, "month", NEXT_DAY)] {
        let change = set(number, acme(window), Some(500));
        let OverrideChange { id, measure, who, why, .. } = change.clone();
        let expected = Override { id, measure, limit: Some(500), at: NOON + 10, until, who, why };
        assert_eq!(store.override_limit(&change), Overridden::Now(Some(expected)));
    }
    assert_eq!(store.overrides().len(), 3);
    store.set_time(NOON + HOUR - 1);
    assert_eq!(store.overrides().len(), 3);
    store.set_time(NOON + HOUR);
    let rest = [(acme("day"), Some(500), NEXT_DAY), (acme("month"), Some(500), NEXT_DAY)];
    assert_eq!(short(store.overrides()), rest);
    store.set_time(NEXT_DAY);
    assert_eq!(store.overrides(), []);
}

pub(crate) fn a_limit_that_is_set_until_a_time_counts_until_then(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let until = NEXT_DAY + 3 * HOUR;
    let set = Overriding::Set { limit: None, until: Some(until) };
    store.override_limit(&overriding(1, acme("day"), set));
    store.set_time(until - 1);
    assert_eq!(short(store.overrides()), [(acme("day"), None, until)]);
    store.set_time(until);
    assert_eq!(store.overrides(), []);
}

pub(crate) fn a_limit_that_is_set_again_is_the_later_one(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let other = Measure { unit: Unit::MicroDollars, ..acme("day") };
    for (number, measure, limit) in
        [(1, acme("day"), Some(5)), (2, other.clone(), Some(0)), (3, acme("day"), Some(u64::MAX))]
    {
        store.override_limit(&set(number, measure, limit));
    }
    let expected = [(acme("day"), Some(MOST_COUNTED), NEXT_DAY), (other, Some(0), NEXT_DAY)];
    assert_eq!(short(store.overrides()), expected);
}

pub(crate) fn a_limit_that_is_taken_away_counts_no_more(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    store.override_limit(&set(1, acme("day"), Some(5)));
    store.override_limit(&set(2, acme("hour"), Some(6)));
    assert_eq!(store.override_limit(&unset(3, acme("day"))), Overridden::Now(None));
    assert_eq!(store.override_limit(&unset(4, acme("month"))), Overridden::Now(None), "there was none");
    assert_eq!(short(store.overrides()), [(acme("hour"), Some(6), NOON + HOUR)]);
    store.override_limit(&set(5, acme("day"), Some(7)));
    assert_eq!(store.overrides().len(), 2);
}

pub(crate) fn asking_again_overrides_nothing_again(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let (first, second, gone) = (set(1, acme("day"), Some(5)), set(2, acme("day"), Some(6)), unset(3, acme("day")));
    let made = store.override_limit(&first);
    store.set_time(NOON + 9);
    assert_eq!(store.override_limit(&first), made);
    let made = store.override_limit(&second);
    assert_eq!(store.override_limit(&first), made, "as it is now");
    store.override_limit(&gone);
    assert_eq!(store.override_limit(&second), Overridden::Now(None));
    store.override_limit(&set(4, acme("day"), Some(8)));
    assert!(matches!(store.override_limit(&gone), Overridden::Now(Some(_))));
    assert_eq!(store.overrides().len(), 1);
}

pub(crate) fn what_is_over_is_not_set(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    store.override_limit(&set(1, acme("day"), Some(5)));
    for until in [0, NOON - 1, NOON] {
        let change = overriding(2, acme("day"), Overriding::Set { limit: Some(6), until: Some(until) });
        assert_eq!(store.override_limit(&change), Overridden::Over);
    }
    assert_eq!(short(store.overrides()), [(acme("day"), Some(5), NEXT_DAY)]);
}

pub(crate) fn so_many_limits_are_set_and_no_more(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let change = |number: usize| {
        let measure = Measure { scope: user(&format!("u{number}")), window: Window::Hour, unit: Unit::Tokens };
        let id = AdjustmentId(((7 << 100) + number as u128).to_be_bytes());
        OverrideChange { id, ..set(1, measure, Some(5)) }
    };
    (0..MOST_OVERRIDES).for_each(|number| {
        assert!(matches!(store.override_limit(&change(number)), Overridden::Now(Some(_))));
    });
    assert_eq!(store.override_limit(&change(MOST_OVERRIDES)), Overridden::Full);
    let again = OverrideChange { id: AdjustmentId([9; 16]), ..change(0) };
    assert!(matches!(store.override_limit(&again), Overridden::Now(Some(_))), "one that is there");
    assert_eq!(store.overrides().len(), MOST_OVERRIDES);
    // Those that have ended make room.
    store.set_time(NOON + HOUR);
    assert!(matches!(store.override_limit(&change(MOST_OVERRIDES)), Overridden::Now(Some(_))));
    assert_eq!(store.overrides().len(), 1);
}
