use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

const ALL: UsageFilter =
    UsageFilter { scopes: Scopes::All, window: None, unit: None, at: None, after: None, most: usize::MAX };

pub(crate) fn counters_are_found_by_scope_window_unit_and_time(subject: &dyn Subject) {
    let store = Tested(subject);
    for (number, at) in [(1, NOON), (2, NEXT_DAY)] {
        store.set_time(at);
        let acme = line(org("acme"), 1000);
        let lines =
            [line(Scope::Global, 1000), acme.clone(), by(Window::Month, in_dollars(acme)), line(org("b"), 1000)];
        let held = store.hold(&call(number, Amounts::new(10, 20), lines));
        store.commit(&held.reservation, Amounts::new(5, 6));
    }
    store.hold(&call(3, tokens(8), [line(user("ada"), 1000)]));
    let found = |filter: &UsageFilter| {
        let short = |it: Standing| {
            assert_eq!(it.limit, None);
            let period = it.counter.period;
            (it.counter.scope, period.window(), period.begins() >= NEXT_DAY, it.used, it.held)
        };
        store.usage(filter).into_iter().map(short).collect::<Vec<_>>()
    };
    assert_eq!(found(&ALL).len(), 9);
    let day = |scope, is_next| (scope, Window::Day, is_next, 5, 0);
    let orgs = UsageFilter { scopes: Scopes::Kind(ScopeKind::Org), unit: Some(Unit::Tokens), ..ALL };
    assert_eq!(
        found(&orgs),
        [day(org("acme"), false), day(org("acme"), true), day(org("b"), false), day(org("b"), true)]
    );
    assert_eq!(found(&UsageFilter { most: 1, ..orgs.clone() }), [day(org("acme"), false)]);
    let all = store.usage(&ALL);
    for (place, standing) in all.iter().enumerate() {
        let after = UsageFilter { after: Some(standing.counter.clone()), ..ALL };
        assert_eq!(store.usage(&after), all[place + 1..]);
        let next = UsageFilter { most: 1, ..after };
        assert_eq!(store.usage(&next).first(), all.get(place + 1));
    }
    let after = Some(all.last().unwrap().counter.clone());
    assert_eq!(found(&UsageFilter { after, ..orgs.clone() }), []);
    assert_eq!(found(&UsageFilter { at: Some(NEXT_DAY), ..orgs }), [day(org("acme"), true), day(org("b"), true)]);
    let months = UsageFilter { window: Some(Window::Month), ..ALL };
    let month = |is_next| (org("acme"), Window::Month, is_next, 6, 0);
    assert_eq!(found(&months), [month(false), month(true)]);
    let one = UsageFilter { scopes: Scopes::One(user("ada")), ..ALL };
    assert_eq!(found(&one), [(user("ada"), Window::Day, true, 0, 8)]);
    assert_eq!(found(&UsageFilter { scopes: Scopes::One(user("ad")), ..ALL }), []);
}

pub(crate) fn counters_are_gone_two_days_after_their_period(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let lines = Window::ALL.map(|window| by(window, line(Scope::Global, 1000)));
    let held = store.hold(&call(1, tokens(10), lines));
    store.commit(&held.reservation, tokens(10));
    for (gone_at, left) in [(NOON + HOUR, 2), (NEXT_DAY, 0)] {
        store.set_time(gone_at + 48 * HOUR - 1);
        // The month ends with the day.
        assert_eq!(store.usage(&ALL).len(), if left == 2 { 3 } else { 2 });
        store.set_time(gone_at + 48 * HOUR);
        assert_eq!(store.usage(&ALL).len(), left);
    }
}

pub(crate) fn holds_are_found_by_scope_the_oldest_first(subject: &dyn Subject) {
    let store = Tested(subject);
    for (number, at, scope) in [(7, 0, org("a")), (9, 1, org("b")), (8, 1, org("a")), (1, 2, user("a"))] {
        store.set_time(NOON + at);
        store.hold(&call(number, tokens(10), [line(Scope::Global, 1000), line(scope, 1000)]));
    }
    let found = |scopes: &Scopes, most| {
        let Holds { listed, all } = store.holds(scopes, most);
        assert_eq!(all, 4);
        listed.into_iter().map(|hold| hold.reservation.id).collect::<Vec<_>>()
    };
    assert_eq!(found(&Scopes::All, 10), [id(7), id(8), id(9), id(1)]);
    assert_eq!(found(&Scopes::All, 2), [id(7), id(8)]);
    assert_eq!(found(&Scopes::Kind(ScopeKind::Org), 10), [id(7), id(8), id(9)]);
    assert_eq!(found(&Scopes::One(org("a")), 10), [id(7), id(8)]);
    assert_eq!(found(&Scopes::One(org("c")), 10), []);
    let hold = store.holds(&Scopes::One(user("a")), 1).listed.remove(0);
    assert_eq!((hold.so_far, hold.lease_ends), (Amounts::NONE, NOON + 62));
    assert_eq!(hold.reservation, store.hold(&call(1, tokens(10), hold_lines())).reservation);
}

fn hold_lines() -> [Line; 2] {
    [line(Scope::Global, 1000), line(user("a"), 1000)]
}
