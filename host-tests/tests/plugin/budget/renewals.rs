//! Calls that go on for longer than their lease would.

use std::time::Duration;

use super::caller::{CHAT, EVENTS, STREAMED, admitted, answer, outcome_of, plugin, settlements_of};
use super::wire::Outcome::{Estimated, SoFar};

#[test]
fn a_call_that_goes_on_is_told_of_every_third_of_its_lease() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, STREAMED);
    answer(&mut plugin, stream, &EVENTS, false);
    plugin.vm.advance(Duration::from_secs(290)).unwrap();
    assert_eq!(settlements_of(&mut plugin), []);
    plugin
        .vm
        .response_body(stream, "data: {\"choices\":[{\"delta\":{\"content\":\"some words\"}}]}\n\n", false)
        .unwrap();
    plugin.vm.advance(Duration::from_secs(16)).unwrap();
    let SoFar((5.., 1..10, 0)) = outcome_of(&mut plugin) else { panic!("it goes on") };
    plugin.vm.advance(Duration::from_secs(280)).unwrap();
    assert_eq!(settlements_of(&mut plugin), []);
    plugin.vm.advance(Duration::from_secs(25)).unwrap();
    let SoFar((5.., 1..10, 0)) = outcome_of(&mut plugin) else { panic!("it still goes on") };
    plugin.vm.finish(stream).unwrap();
    assert!(matches!(outcome_of(&mut plugin), Estimated(_)));
}

#[test]
fn a_call_that_is_over_is_not_told_of_as_one_that_goes_on() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, STREAMED);
    plugin.vm.advance(Duration::from_secs(310)).unwrap();
    // The companion has not acknowledged that it goes on when it ends.
    let so_far = settlements_of(&mut plugin);
    assert!(matches!(so_far[0].outcome, SoFar(_)), "{so_far:?}");
    answer(&mut plugin, stream, &EVENTS, false);
    plugin.vm.finish(stream).unwrap();
    plugin.vm.advance(Duration::from_secs(20)).unwrap();
    let last = settlements_of(&mut plugin);
    assert!(last.iter().all(|one| matches!(one.outcome, Estimated(_))) && !last.is_empty(), "{last:?}");
}
