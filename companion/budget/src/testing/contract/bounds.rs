use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

pub(crate) fn a_limit_beyond_all_numbers_is_a_limit(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let reserve = call(1, Amounts::new(u64::MAX, 0), [line(Scope::Global, u64::MAX)]);
    let held = store.hold(&reserve);
    assert_eq!(held.reservation.held, tokens(MOST_OF_A_CALL));
    assert_eq!((held.standings[0].limit, held.standings[0].held), (Some(u64::MAX), MOST_OF_A_CALL));
    assert_eq!(store.commit(&held.reservation, tokens(u64::MAX)), Settled::Now);
    let refused = store.refuse(&call(2, tokens(1), [line(Scope::Global, MOST_OF_A_CALL)]));
    assert_eq!((refused.standing.used, refused.standing.left()), (MOST_OF_A_CALL, Some(0)));
}

pub(crate) fn a_spare_larger_than_its_limit_leaves_nothing(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let refused = store.refuse(&call(1, tokens(1), [sparing(u64::MAX, line(Scope::Global, 100))]));
    assert_eq!(refused.standing.left(), Some(100));
}

pub(crate) fn nobody_leads_a_counter_past_what_is_counted_strictly_or_not(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let counter = format!("day:{DAY}:tokens:global");
    let almost = i64::try_from(MOST_COUNTED - 10).unwrap();
    store.adjust(&adjustment(1, &counter, Change::By(almost)));
    let lines = [counted(line(Scope::Global, 0)), line(org("acme"), 5)];
    let fitting = Lines::new(lines[..1].to_vec()).unwrap();
    let strict = |number, amount| ways(number, [Candidate { lines: fitting.clone(), ..way(tokens(amount), []) }]);
    for reserve in [strict(1, 11), advisory(call(1, tokens(11), lines.clone()))] {
        let refused = store.refuse(&reserve);
        let standing = &refused.standing;
        assert_eq!((standing.counter.to_string(), standing.limit, refused.asked), (counter.clone(), None, 11));
    }
    assert_eq!(store.hold(&advisory(call(2, tokens(10), lines))).passed, [1]);
    store.refuse(&strict(3, 1));
    store.hold(&strict(4, 0));
}

pub(crate) fn names_with_every_mark_are_told_apart(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let long = "x".repeat(512);
    let names = ["a", "A", "a:b", "{a}", "a|b", "*", "a b", "\u{e9}", "e\u{301}", "'", "\"", "\\", "%", "?", &long];
    for (number, name) in (0..).zip(names) {
        store.hold(&call(number, tokens(10), [line(user(name), 10), line(org(name), 10)]));
    }
    assert_eq!(store.counts().len(), 2 * names.len());
    for name in names {
        let filter = UsageFilter {
            scopes: Scopes::One(user(name)),
            window: None,
            unit: None,
            at: None,
            after: None,
            most: usize::MAX,
        };
        let standings = store.usage(&filter);
        assert_eq!(standings.len(), 1, "{name}");
        assert_eq!((&standings[0].counter.scope, standings[0].held), (&user(name), 10));
    }
}

pub(crate) fn a_call_that_counts_for_nothing_is_held_and_settled(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let held = store.hold(&call(1, tokens(10), []));
    assert_eq!((held.standings.len(), held.reservation.counters.len()), (0, 0));
    assert_eq!(store.holds(&Scopes::All, 10).listed[0].reservation, held.reservation);
    assert_eq!(store.commit(&held.reservation, tokens(10)), Settled::Now);
    assert_eq!(store.commit(&held.reservation, tokens(10)), Settled::Before);
    store.hold(&call(2, tokens(10), []));
    store.set_time(NOON + 60);
    assert_eq!(store.expire(10).len(), 1);
}

pub(crate) fn a_call_has_as_many_lines_and_ways_as_there_may_be(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let lines: Vec<_> = (0..MOST_COUNTERS).map(|number| line(user(&number.to_string()), 10)).collect();
    let failing = way(tokens(11), lines.clone());
    let mut candidates = vec![failing; MOST_CANDIDATES - 1];
    candidates.push(way(tokens(10), lines));
    assert_eq!(store.hold(&ways(1, candidates)).candidate, MOST_CANDIDATES - 1);
    assert_eq!(store.counts().len(), MOST_COUNTERS);
}
