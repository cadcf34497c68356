use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

fn global(used: u64, held: u64) -> Vec<(String, u64, u64)> {
    vec![(format!("day:{DAY}:tokens:global"), used, held)]
}

/// 50 tokens, of which the prompt has 5, for a minute from noon.
fn hold(store: &Tested<'_>) -> Reservation {
    store.set_time(NOON);
    store.hold(&call(1, tokens(50), [line(Scope::Global, 100)])).reservation
}

pub(crate) fn a_lease_that_ends_settles_at_the_prompt(subject: &dyn Subject) {
    let store = Tested(subject);
    let reservation = hold(&store);
    store.set_time(NOON + 59);
    assert_eq!(store.expire(10), []);
    assert_eq!(store.counts(), global(0, 50));
    store.set_time(NOON + 60);
    assert_eq!(store.expire(10), [Expired { reservation, used: tokens(5) }]);
    assert_eq!(store.counts(), global(5, 0));
    assert_eq!(store.holds(&Scopes::All, 10).all, 0);
    assert_eq!(store.expire(10), []);
    assert_eq!(store.reserve(&call(1, tokens(50), [line(Scope::Global, 100)])), Reserved::Settled);
}

pub(crate) fn a_lease_that_ends_settles_at_what_was_last_said(subject: &dyn Subject) {
    let store = Tested(subject);
    let reservation = hold(&store);
    assert!(store.renew(id(1), tokens(20), seconds(1)));
    store.set_time(NOON + 60);
    assert_eq!(store.expire(10), [Expired { reservation, used: tokens(20) }]);
    assert_eq!(store.counts(), global(20, 0));
}

pub(crate) fn a_renewed_reservation_lives_on(subject: &dyn Subject) {
    let store = Tested(subject);
    hold(&store);
    store.set_time(NOON + 59);
    assert!(store.renew(id(1), tokens(7), seconds(60)));
    store.set_time(NOON + 118);
    assert_eq!(store.expire(10), []);
    let holds = store.holds(&Scopes::All, 10).listed;
    assert_eq!((holds[0].so_far, holds[0].lease_ends), (tokens(7), NOON + 119));
    store.set_time(NOON + 119);
    assert_eq!(store.expire(10)[0].used, tokens(7));
}

pub(crate) fn a_renewal_takes_nothing_back(subject: &dyn Subject) {
    let store = Tested(subject);
    hold(&store);
    assert!(store.renew(id(1), Amounts::new(30, 1), seconds(500)));
    assert!(store.renew(id(1), Amounts::new(20, 2), seconds(10)), "it comes late");
    let holds = store.holds(&Scopes::All, 10).listed;
    assert_eq!((holds[0].so_far, holds[0].lease_ends), (Amounts::new(30, 2), NOON + 500));
}

pub(crate) fn what_is_not_held_is_not_renewed(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    assert!(!store.renew(id(9), tokens(1), seconds(60)));
    let reservation = hold(&store);
    store.set_time(NOON + 60);
    assert!(store.renew(id(1), tokens(1), seconds(60)), "nobody has ended it");
    store.set_time(NOON + 120);
    store.expire(10);
    assert!(!store.renew(id(1), tokens(1), seconds(60)));
    store.commit(&reservation, tokens(10));
    assert!(!store.renew(id(1), tokens(1), seconds(60)));
    assert_eq!(store.counts(), global(10, 0));
}

pub(crate) fn a_commit_after_the_lease_replaces_the_estimate_once(subject: &dyn Subject) {
    let store = Tested(subject);
    let reservation = hold(&store);
    store.set_time(NOON + 60);
    store.expire(10);
    assert_eq!(store.commit(&reservation, tokens(42)), Settled::Corrected { estimate: tokens(5) });
    assert_eq!(store.counts(), global(42, 0));
    assert_eq!(store.commit(&reservation, tokens(43)), Settled::Before);
    assert_eq!(store.release(&reservation), Settled::Before);
    assert_eq!(store.counts(), global(42, 0));
}

pub(crate) fn a_release_after_the_lease_replaces_the_estimate_by_nothing(subject: &dyn Subject) {
    let store = Tested(subject);
    let reservation = hold(&store);
    store.set_time(NOON + 60);
    store.expire(10);
    assert_eq!(store.release(&reservation), Settled::Corrected { estimate: tokens(5) });
    assert_eq!(store.counts(), []);
    assert_eq!(store.commit(&reservation, tokens(42)), Settled::Before);
}

pub(crate) fn leases_end_the_longest_ended_first_and_so_many_at_most(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    for (number, lease) in [(1, 30), (2, 10), (3, 20), (4, 10), (5, 600)] {
        let reserve = call(number, tokens(10), [line(Scope::Global, 100)]);
        store.hold(&Reserve { lease: seconds(lease), ..reserve });
    }
    store.set_time(NOON + 60);
    let ids = |expired: Vec<Expired>| expired.into_iter().map(|it| it.reservation.id).collect::<Vec<_>>();
    assert_eq!(ids(store.expire(0)), []);
    assert_eq!(ids(store.expire(3)), [id(2), id(4), id(3)]);
    assert_eq!(ids(store.expire(3)), [id(1)]);
    assert_eq!(store.counts(), global(4, 10));
}
