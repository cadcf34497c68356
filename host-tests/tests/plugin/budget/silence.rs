//! A companion that does not answer, or not always.

use std::time::Duration;

use tollgate_host_tests::{GrpcId, GrpcStatus, LogLevel, StreamId};
use tollgate_policy::set::budget::Environment;

use super::caller::{CHAT, PLAIN, begin, call, plugin, plugin_with, refusal, set, upstream};
use super::wire::{Reserve, disabled, held, invalid, unavailable};
use crate::plugin::Plugin;
use crate::policies::{compiled_for, id};

const LATE: GrpcStatus = GrpcStatus::DEADLINE_EXCEEDED;

/// The reserves that wait for an answer.
fn asked(plugin: &Plugin) -> Vec<GrpcId> {
    plugin.vm.grpc_calls().map(|call| call.id).collect()
}

/// Sends a call; which of its reserves waits, if one does.
fn send(plugin: &mut Plugin) -> (StreamId, Option<GrpcId>) {
    let before = asked(plugin);
    let (stream, _) = plugin.begin(&call(CHAT, PLAIN), false);
    plugin.vm.request_body(stream, PLAIN, true).unwrap();
    (stream, asked(plugin).into_iter().find(|call| !before.contains(call)))
}

fn is_sent(plugin: &Plugin, stream: StreamId) -> bool {
    plugin.vm.stream(stream).unwrap().request().is_released()
}

#[test]
fn a_connection_that_breaks_is_tried_once_more_with_the_same_call() {
    for status in [GrpcStatus::UNAVAILABLE, GrpcStatus::INTERNAL] {
        let mut plugin = plugin();
        let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
        plugin.vm.advance(Duration::from_millis(100)).unwrap();
        plugin.vm.fail_grpc_call(call.grpc, status, "").unwrap();
        let again = plugin.vm.grpc_calls().next().expect("another reserve").clone();
        assert_eq!(Reserve::read(&again.message), call.reserve);
        assert_eq!(again.timeout.as_millis(), 300);
        plugin.vm.answer_grpc_call(again.id, held(b"r", "gpt-4o", 300, 900)).unwrap();
        assert_eq!(upstream(&plugin, call.stream).1, PLAIN);
    }
}

#[test]
fn a_connection_that_breaks_again_or_late_is_given_up() {
    let mut plugin = plugin();
    let (stream, first) = send(&mut plugin);
    plugin.vm.fail_grpc_call(first.unwrap(), GrpcStatus::UNAVAILABLE, "").unwrap();
    plugin.vm.fail_grpc_call(asked(&plugin)[0], GrpcStatus::UNAVAILABLE, "").unwrap();
    assert_eq!((refusal(&plugin, stream).0.status, asked(&plugin)), (503, vec![]));
    let (stream, first) = send(&mut plugin);
    plugin.vm.advance(Duration::from_millis(360)).unwrap();
    plugin.vm.fail_grpc_call(first.unwrap(), GrpcStatus::UNAVAILABLE, "").unwrap();
    assert_eq!((refusal(&plugin, stream).0.status, asked(&plugin)), (503, vec![]));
    // The companion says no, or takes too long: there is no time for another try.
    for status in [LATE, GrpcStatus::PERMISSION_DENIED, GrpcStatus::OK] {
        let (stream, first) = send(&mut plugin);
        plugin.vm.fail_grpc_call(first.unwrap(), status, "").unwrap();
        assert_eq!((refusal(&plugin, stream).0.status, asked(&plugin)), (503, vec![]));
    }
}

#[test]
fn what_was_given_back_when_its_connection_broke_is_not_the_clients_fault() {
    let mut plugin = plugin();
    let (stream, first) = send(&mut plugin);
    plugin.vm.fail_grpc_call(first.unwrap(), GrpcStatus::UNAVAILABLE, "").unwrap();
    let settled = invalid("RESERVATION_SETTLED", "the call was settled before it was reserved");
    plugin.vm.answer_grpc_call(asked(&plugin)[0], settled).unwrap();
    assert_eq!(refusal(&plugin, stream).0.status, 503);
}

#[test]
fn who_goes_while_it_is_tried_once_more_gives_back_what_comes_to_be_held() {
    let mut plugin = plugin();
    let (stream, first) = send(&mut plugin);
    plugin.vm.fail_grpc_call(first.unwrap(), GrpcStatus::UNAVAILABLE, "").unwrap();
    plugin.vm.finish(stream).unwrap();
    plugin.vm.answer_grpc_call(asked(&plugin)[0], held(b"r", "gpt-4o", 300, 900)).unwrap();
    assert_eq!(super::caller::outcome_of(&mut plugin), super::wire::Outcome::Released);
}

#[test]
fn nobody_waits_for_a_companion_that_is_silent_but_one_call_a_second() {
    for (budget, goes_on) in [("mode: strict", false), ("mode: advisory", true)] {
        let mut plugin = plugin_with(budget);
        for _ in 0..5 {
            let (_, reserve) = send(&mut plugin);
            plugin.vm.fail_grpc_call(reserve.expect("a reserve"), LATE, "").unwrap();
        }
        for _ in 0..3 {
            for _ in 0..10 {
                let (stream, reserve) = send(&mut plugin);
                assert_eq!((reserve, is_sent(&plugin, stream)), (None, goes_on));
            }
            plugin.vm.advance(Duration::from_millis(1001)).unwrap();
            let (stream, probe) = send(&mut plugin);
            let (_, none) = send(&mut plugin);
            assert_eq!(none, None);
            plugin.vm.fail_grpc_call(probe.expect("a reserve"), LATE, "").unwrap();
            assert_eq!(is_sent(&plugin, stream), goes_on);
        }
        plugin.vm.advance(Duration::from_millis(1001)).unwrap();
        let (_, probe) = send(&mut plugin);
        // Whatever it says, it is back.
        plugin.vm.answer_grpc_call(probe.unwrap(), unavailable(1)).unwrap();
        for _ in 0..3 {
            let (_, reserve) = send(&mut plugin);
            plugin.vm.answer_grpc_call(reserve.expect("a reserve"), disabled()).unwrap();
        }
    }
}

#[test]
fn the_operator_is_told_once_a_minute_what_becomes_of_calls_and_why() {
    for (budget, what) in [("mode: strict", "are refused"), ("mode: advisory", "pass without being counted")] {
        let mut plugin = plugin_with(budget);
        plugin.logged(LogLevel::Warn);
        let fail = |plugin: &mut Plugin, times| {
            for _ in 0..times {
                let (_, reserve) = send(plugin);
                if let Some(reserve) = reserve {
                    plugin.vm.fail_grpc_call(reserve, LATE, "").unwrap();
                }
            }
            plugin.logged(LogLevel::Warn)
        };
        let told = fail(&mut plugin, 20);
        assert_eq!(told, [format!("calls of models {what}: the companion did not answer: gRPC status 4")]);
        plugin.vm.advance(Duration::from_secs(61)).unwrap();
        plugin.logged(LogLevel::Warn);
        let told = fail(&mut plugin, 1);
        assert!(told.len() == 1 && told[0].contains("19 more since"), "{told:?}");
    }
}

#[test]
fn the_companions_reason_is_in_the_log() {
    let mut plugin = plugin();
    plugin.logged(LogLevel::Warn);
    let (_, reserve) = send(&mut plugin);
    plugin.vm.answer_grpc_call(reserve.unwrap(), unavailable(2)).unwrap();
    let told = plugin.logged(LogLevel::Warn);
    assert_eq!(told, ["calls of models are refused: the companion says: the store is away"]);
}

#[test]
fn a_route_that_says_nothing_does_as_its_environment_while_the_companion_is_silent() {
    let text = set("").replace(
        "    dev: {limits: [{scope: org, tokens: 1000000}]}",
        "    dev: {mode: advisory}\n    staging: {mode: disabled}\n    prod: {mode: strict}",
    );
    for (environment, goes_on) in [(Environment::Dev, true), (Environment::Staging, true), (Environment::Prod, false)] {
        let mut plugin = plugin();
        plugin.offer(id(1, 2), &compiled_for(environment, &text, id(1, 2)));
        let (stream, reserve) = send(&mut plugin);
        plugin.vm.fail_grpc_call(reserve.unwrap(), LATE, "").unwrap();
        assert_eq!(is_sent(&plugin, stream), goes_on, "{environment}");
    }
}
