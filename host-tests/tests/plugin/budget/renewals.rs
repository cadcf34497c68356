//! Calls that go on for longer than their lease would.

use std::time::Duration;

use tollgate_host_tests::{GrpcId, GrpcStreamState, RootId};

use super::caller::{CHAT, EVENTS, STREAMED, admitted, answer, begin, call, outcome_of, plugin, settlements_of};
use super::wire::Outcome::{Estimated, SoFar};
use super::wire::{held, settlements};
use crate::feed::current;
use crate::plugin::{CONFIG, Plugin};
use crate::policies::id;

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

#[test]
fn a_call_that_goes_on_is_told_of_on_the_stream_of_its_own_root_whichever_root_ticks() {
    // Two listeners with one VM, or an update of the configuration while calls go on.
    let mut plugin = plugin();
    plugin.vm.advance(Duration::from_millis(500)).unwrap();
    plugin.root = plugin.vm.create_root(CONFIG).unwrap();
    let feeds = |plugin: &Plugin| -> Vec<(RootId, GrpcId)> {
        let open = plugin.vm.grpc_streams().filter(|stream| stream.state == GrpcStreamState::Open);
        open.map(|stream| (stream.root, stream.id)).collect()
    };
    let before = feeds(&plugin);
    assert_eq!(before.len(), 2);
    for (_, feed) in &before {
        plugin.vm.deliver_grpc_message(*feed, current(id(1, 1))).unwrap();
    }
    let stream = admitted(&mut plugin, CHAT, STREAMED);
    answer(&mut plugin, stream, &EVENTS, false);
    for _ in 0..3 {
        // The first root ticks first.
        plugin.vm.advance(Duration::from_secs(301)).unwrap();
        let said = before.iter().flat_map(|(_, feed)| plugin.vm.take_grpc_sent(*feed).unwrap()).collect::<Vec<_>>();
        assert!(said.iter().filter_map(|message| settlements(message)).flatten().count() > 0);
        assert_eq!(feeds(&plugin), before);
    }
}

#[test]
fn a_call_with_a_short_lease_is_told_of_in_time() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, STREAMED), STREAMED);
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 1000, 9)).unwrap();
    answer(&mut plugin, call.stream, &EVENTS, false);
    plugin.vm.advance(Duration::from_secs(4)).unwrap();
    assert!(matches!(outcome_of(&mut plugin), SoFar(_)));
}
