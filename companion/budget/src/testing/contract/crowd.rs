use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

pub(crate) fn callers_at_once_never_pass_the_limit(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let lines = [line(Scope::Global, 1000), line(org("acme"), 700), line(user("ada"), 900)];
    let reserves: Vec<_> = (0..100).map(|number| call(number, tokens(13), lines.clone())).collect();
    let held: Vec<_> = store
        .reserve_all(&reserves)
        .into_iter()
        .filter_map(|answer| match answer {
            Reserved::Held(held) => Some(held),
            Reserved::Refused(refused) => {
                assert_eq!(refused.standing.counter.scope, org("acme"));
                None
            }
            Reserved::Settled => panic!("nothing was settled"),
        })
        .collect();
    assert_eq!(held.len(), 700 / 13);
    assert!(held.iter().all(|held| held.standings.iter().all(|standing| standing.left().unwrap() > 0)));
    assert!(store.counts().iter().all(|(_, used, held)| (*used, *held) == (0, 700 / 13 * 13)));
}

pub(crate) fn callers_at_once_with_one_name_are_one(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let reserves = vec![call(1, tokens(13), [line(Scope::Global, 1000)]); 20];
    let answers = store.reserve_all(&reserves);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(store.counts(), [(format!("day:{DAY}:tokens:global"), 0, 13)]);
}
