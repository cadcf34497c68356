//! What was settled reaches the companion, whatever becomes of streams.

use std::time::Duration;

use tollgate_host_tests::{GrpcStatus, StreamId};

use super::caller::{CHAT, JSON, PLAIN, admitted_as, answer, body, plugin, settlements_of};
use super::wire::{Outcome, Settlement, settled};
use crate::feed::current;
use crate::plugin::Plugin;
use crate::policies::id;

const SECOND: Duration = Duration::from_secs(1);

fn serve(plugin: &mut Plugin, reservation: &str) {
    let stream: StreamId = admitted_as(plugin, CHAT, PLAIN, reservation.as_bytes());
    answer(plugin, stream, &JSON, false);
    body(plugin, stream, &[br#"{"usage": {"prompt_tokens": 3, "completion_tokens": 4}}"#]);
    plugin.vm.finish(stream).unwrap();
}

fn names(settlements: &[Settlement]) -> Vec<(u64, &str)> {
    let of = |settlement: &Settlement| std::str::from_utf8(&settlement.reservation).map(str::to_owned);
    settlements.iter().map(|one| (one.sequence, &*of(one).unwrap().leak())).collect()
}

fn acknowledge(plugin: &mut Plugin, sequences: &[u64]) {
    let feed = plugin.feed();
    plugin.vm.deliver_grpc_message(feed, settled(sequences)).unwrap();
}

#[test]
fn a_call_is_settled_at_once_and_what_follows_waits_for_its_acknowledgement() {
    let mut plugin = plugin();
    for name in ["a", "b", "c"] {
        serve(&mut plugin, name);
    }
    let first = settlements_of(&mut plugin);
    assert_eq!(names(&first), [(1, "a")]);
    assert_eq!(first[0].outcome, Outcome::Used((3, 4, 0)));
    acknowledge(&mut plugin, &[1]);
    assert_eq!(names(&settlements_of(&mut plugin)), [(2, "b"), (3, "c")]);
    acknowledge(&mut plugin, &[3, 2]);
    plugin.vm.advance(60 * SECOND).unwrap();
    assert_eq!(settlements_of(&mut plugin), []);
}

#[test]
fn what_waits_goes_with_the_next_beat_at_the_latest() {
    let mut plugin = plugin();
    serve(&mut plugin, "a");
    serve(&mut plugin, "b");
    settlements_of(&mut plugin);
    plugin.vm.advance(SECOND).unwrap();
    assert_eq!(names(&settlements_of(&mut plugin)), [(2, "b")]);
}

#[test]
fn what_nobody_acknowledges_is_sent_again() {
    let mut plugin = plugin();
    serve(&mut plugin, "a");
    assert_eq!(names(&settlements_of(&mut plugin)), [(1, "a")]);
    plugin.vm.advance(14 * SECOND).unwrap();
    assert_eq!(settlements_of(&mut plugin), []);
    plugin.vm.advance(2 * SECOND).unwrap();
    assert_eq!(names(&settlements_of(&mut plugin)), [(1, "a")]);
}

#[test]
fn another_stream_brings_everything_again_that_was_not_acknowledged() {
    let mut plugin = plugin();
    for name in ["a", "b", "c"] {
        serve(&mut plugin, name);
    }
    acknowledge(&mut plugin, &[1]);
    acknowledge(&mut plugin, &[3]);
    let feed = plugin.feed();
    plugin.vm.close_grpc_stream(feed, GrpcStatus::UNAVAILABLE, "").unwrap();
    serve(&mut plugin, "d");
    plugin.reconnect();
    assert_eq!(settlements_of(&mut plugin), []);
    // Only who answers is told.
    plugin.confirm(id(1, 1));
    plugin.vm.advance(SECOND).unwrap();
    assert_eq!(names(&settlements_of(&mut plugin)), [(2, "b"), (4, "d")]);
}

#[test]
fn acknowledgements_of_what_nobody_sent_change_nothing() {
    let mut plugin = plugin();
    serve(&mut plugin, "a");
    settlements_of(&mut plugin);
    acknowledge(&mut plugin, &[0, 2, 7, u64::MAX]);
    acknowledge(&mut plugin, &[]);
    plugin.vm.advance(16 * SECOND).unwrap();
    assert_eq!(names(&settlements_of(&mut plugin)), [(1, "a")]);
    acknowledge(&mut plugin, &[1, 1]);
    acknowledge(&mut plugin, &[1]);
    plugin.vm.advance(16 * SECOND).unwrap();
    assert_eq!(settlements_of(&mut plugin), []);
}

#[test]
fn as_many_acknowledgements_as_there_are_settlements_do_not_end_the_stream() {
    let mut plugin = plugin();
    let feed = plugin.feed();
    for sequence in 1..=1500 {
        serve(&mut plugin, "a");
        acknowledge(&mut plugin, &[sequence]);
    }
    assert_eq!(plugin.feed(), feed);
}

#[test]
fn a_companion_that_is_away_for_long_is_told_of_what_there_is_room_for() {
    let mut plugin = plugin();
    let feed = plugin.feed();
    plugin.vm.close_grpc_stream(feed, GrpcStatus::UNAVAILABLE, "").unwrap();
    let long = "r".repeat(40_000);
    for _ in 0..250 {
        serve(&mut plugin, &long);
    }
    let dropped = plugin.counter("tollgate.settlements.dropped");
    assert!((30..60).contains(&dropped), "{dropped}");
    plugin.reconnect();
    plugin.deliver(current(id(1, 1)));
    plugin.vm.advance(SECOND).unwrap();
    let count = settlements_of(&mut plugin).len() as u64;
    assert_eq!(count + dropped, 250);
}

#[test]
fn a_root_that_goes_leaves_what_is_not_settled_to_the_next() {
    let mut plugin = plugin();
    serve(&mut plugin, "a");
    plugin.vm.shutdown_root(plugin.root).unwrap();
    plugin.root = plugin.vm.create_root(crate::plugin::CONFIG).unwrap();
    plugin.deliver(current(id(1, 1)));
    plugin.vm.advance(SECOND).unwrap();
    assert_eq!(names(&settlements_of(&mut plugin)), [(1, "a")]);
}
