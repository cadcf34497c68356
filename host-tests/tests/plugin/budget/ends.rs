//! Calls that end before their time, in every order: what they cost, exactly once.

use tollgate_host_tests::{Fault, GrpcStatus, HostFn, Status, StreamId};

use super::caller::{
    CHAT, EVENTS, JSON, PLAIN, STREAMED, admitted, answer, begin, body, call, outcome_of, plugin, settlements_of,
    upstream,
};
use super::wire::Outcome::{self, Estimated, Released};
use super::wire::{ACME, exceeded, held};
use crate::plugin::Plugin;

const TEXT: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello, world, and whoever else reads\"}}]}\n\n";

fn all_that_was_held(outcome: Outcome) -> bool {
    matches!(outcome, Estimated((5.., 1000, 0)))
}

/// The proxy knows the connection on which the request was sent.
fn sent(plugin: &mut Plugin, stream: StreamId) {
    plugin.vm.set_stream_property(stream, &["upstream", "local_address"], "10.0.0.1:4000").unwrap();
}

#[test]
fn a_client_that_goes_while_its_call_is_reserved_has_used_nothing() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.finish(call.stream).unwrap();
    assert_eq!(settlements_of(&mut plugin), []);
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
    assert_eq!(outcome_of(&mut plugin), Released);
}

#[test]
fn a_client_that_goes_while_its_call_is_refused_is_owed_nothing() {
    for reply in [Some(exceeded(&ACME, 5)), Some(vec![0xff]), None] {
        let mut plugin = plugin();
        let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
        plugin.vm.finish(call.stream).unwrap();
        match reply {
            Some(reply) => plugin.vm.answer_grpc_call(call.grpc, reply).unwrap(),
            None => plugin.vm.fail_grpc_call(call.grpc, GrpcStatus::DEADLINE_EXCEEDED, "").unwrap(),
        }
        assert_eq!(settlements_of(&mut plugin), []);
    }
}

#[test]
fn a_client_that_goes_before_its_call_is_sent_has_used_nothing() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, PLAIN);
    plugin.vm.finish(stream).unwrap();
    assert_eq!(outcome_of(&mut plugin), Released);
}

#[test]
fn a_client_that_goes_before_the_answer_pays_for_what_was_held() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, PLAIN);
    sent(&mut plugin, stream);
    plugin.vm.finish(stream).unwrap();
    assert!(all_that_was_held(outcome_of(&mut plugin)));
}

#[test]
fn nobody_who_cannot_be_asked_says_that_a_call_was_not_sent() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, PLAIN);
    plugin.vm.inject(Fault::always(HostFn::GetProperty, Status::InternalFailure));
    plugin.vm.finish(stream).unwrap();
    assert!(all_that_was_held(outcome_of(&mut plugin)));
}

#[test]
fn a_stream_that_is_cut_costs_its_prompt_and_what_was_streamed_or_what_was_held_if_nothing_was() {
    for (text, least, most) in
        [(TEXT.repeat(3), 10, 60), (TEXT.repeat(3) + "data: {\"choi", 10, 60), (String::new(), 1000, 1000)]
    {
        let mut plugin = plugin();
        let stream = admitted(&mut plugin, CHAT, STREAMED);
        answer(&mut plugin, stream, &EVENTS, false);
        plugin.vm.response_body(stream, &text, false).unwrap();
        assert_eq!(settlements_of(&mut plugin), []);
        plugin.vm.finish(stream).unwrap();
        let outcome = outcome_of(&mut plugin);
        let Estimated((input, output, 0)) = outcome else { panic!("{outcome:?}") };
        assert!(input > 4 && (least..=most).contains(&output), "{outcome:?}");
    }
}

#[test]
fn a_stream_that_ends_without_its_end_is_estimated() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, STREAMED);
    answer(&mut plugin, stream, &EVENTS, false);
    body(&mut plugin, stream, &[TEXT.as_bytes()]);
    assert!(matches!(outcome_of(&mut plugin), Estimated((_, 1.., 0))));
}

#[test]
fn the_proxys_own_answer_costs_nothing_unless_the_call_was_sent() {
    for (details, was_sent) in [
        ("no_healthy_upstream", false),
        ("upstream_reset_before_response_started{remote_connection_failure}", false),
        ("upstream_response_timeout", true),
        ("upstream_reset_before_response_started{connection_termination}", true),
    ] {
        let mut plugin = plugin();
        let stream = admitted(&mut plugin, CHAT, PLAIN);
        if was_sent {
            sent(&mut plugin, stream);
        }
        plugin.vm.set_stream_property(stream, &["response", "code_details"], details).unwrap();
        plugin.vm.response_headers(stream, &[(":status", "503"), ("content-type", "text/plain")], false).unwrap();
        plugin.vm.response_body(stream, "upstream connect error", true).unwrap();
        let outcome = outcome_of(&mut plugin);
        assert!(if was_sent { all_that_was_held(outcome) } else { outcome == Released }, "{details}: {outcome:?}");
        plugin.vm.finish(stream).unwrap();
        assert_eq!(settlements_of(&mut plugin), []);
    }
}

#[test]
fn what_the_proxy_answers_itself_is_no_answer_whatever_its_status() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, PLAIN);
    plugin.vm.set_stream_property(stream, &["response", "code_details"], "direct_response").unwrap();
    plugin.vm.response_headers(stream, &JSON, false).unwrap();
    plugin.vm.response_body(stream, r#"{"usage": {"prompt_tokens": 3, "completion_tokens": 4}}"#, true).unwrap();
    assert_eq!(outcome_of(&mut plugin), Released);
}

#[test]
fn a_prompt_that_the_providers_filter_refuses_is_paid_for() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, PLAIN);
    answer(&mut plugin, stream, &[(":status", "400"), ("content-type", "application/json")], false);
    let error = r#"{"error": {"code": "content_filter", "message": "the prompt was filtered"}}"#;
    let (one, other) = error.split_at(20);
    assert_eq!(body(&mut plugin, stream, &[one.as_bytes(), other.as_bytes()]), error.as_bytes());
    assert!(matches!(outcome_of(&mut plugin), Estimated((5.., 0, 0))));
}

#[test]
fn an_error_that_is_cut_costs_nothing() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, PLAIN);
    answer(&mut plugin, stream, &[(":status", "500"), ("content-type", "application/json")], false);
    plugin.vm.response_body(stream, "{\"er", false).unwrap();
    plugin.vm.finish(stream).unwrap();
    assert_eq!(outcome_of(&mut plugin), Released);
}

#[test]
fn an_answer_may_come_before_the_request_has_gone_on_and_after_it_was_refused() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    // The proxy's own, as after a timeout of the stream.
    assert!(plugin.vm.response_headers(call.stream, &[(":status", "408")], false).unwrap().goes_on);
    assert!(plugin.vm.response_body(call.stream, "timeout", true).unwrap().goes_on);
    plugin.vm.finish(call.stream).unwrap();
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
    assert_eq!(outcome_of(&mut plugin), Released);

    let call = begin(&mut plugin, &super::caller::call(CHAT, PLAIN), PLAIN);
    plugin.vm.answer_grpc_call(call.grpc, exceeded(&ACME, 5)).unwrap();
    assert!(plugin.vm.response_headers(call.stream, &[(":status", "429")], false).unwrap().goes_on);
    assert!(plugin.vm.response_body(call.stream, "{}", true).unwrap().goes_on);
    plugin.vm.finish(call.stream).unwrap();
    assert_eq!(settlements_of(&mut plugin), []);
}

#[test]
fn an_answer_whose_headers_or_body_cannot_be_read_costs_what_was_held() {
    let unreadable = |function, skip, is_body: bool| {
        let mut plugin = plugin();
        let stream = admitted(&mut plugin, CHAT, PLAIN);
        if !is_body {
            plugin.vm.inject(Fault::once_after(skip, function, Status::InternalFailure));
        }
        answer(&mut plugin, stream, &JSON, false);
        if is_body {
            plugin.vm.inject(Fault::once_after(skip, function, Status::InternalFailure));
        }
        assert_eq!(body(&mut plugin, stream, &[b"{", b"}"]), b"{}");
        outcome_of(&mut plugin)
    };
    for outcome in [
        unreadable(HostFn::GetHeaderMapPairs, 0, false),
        unreadable(HostFn::GetBufferBytes, 0, true),
        unreadable(HostFn::GetBufferBytes, 1, true),
    ] {
        assert!(matches!(outcome, Estimated((5.., 1000, 0))), "{outcome:?}");
    }
}

#[test]
fn a_body_that_cannot_be_changed_ends_the_answer() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, STREAMED);
    answer(&mut plugin, stream, &EVENTS, false);
    plugin.vm.inject(Fault::always(HostFn::SetBufferBytes, Status::InternalFailure));
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":34}}\n\n";
    plugin.vm.response_body(stream, usage, false).unwrap();
    assert!(plugin.vm.stream(stream).unwrap().reset().is_some());
    plugin.vm.finish(stream).unwrap();
    assert_eq!(outcome_of(&mut plugin), Outcome::Used((12, 34, 0)));
}

#[test]
fn answers_of_calls_that_are_over_change_nothing() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
    // The proxy forgets a call that is answered: there is no second answer that it would deliver.
    assert!(plugin.vm.answer_grpc_call(call.grpc, exceeded(&ACME, 5)).is_err());
    assert_eq!(upstream(&plugin, call.stream).1, PLAIN);
    plugin.vm.finish(call.stream).unwrap();
    assert_eq!(outcome_of(&mut plugin), Released);
}

#[test]
fn a_configuration_that_comes_meanwhile_loses_no_call() {
    let mut plugin = plugin();
    let waiting = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    let stream = admitted(&mut plugin, CHAT, PLAIN);
    let old = plugin.root;
    plugin.root = plugin.vm.create_root(crate::plugin::CONFIG).unwrap();
    plugin.vm.shutdown_root(old).unwrap();
    plugin.reconnect();
    plugin.deliver(crate::feed::current(crate::policies::id(1, 1)));
    answer(&mut plugin, stream, &JSON, false);
    body(&mut plugin, stream, &[br#"{"usage": {"prompt_tokens": 3, "completion_tokens": 4}}"#]);
    plugin.vm.advance(std::time::Duration::from_secs(1)).unwrap();
    assert_eq!(outcome_of(&mut plugin), Outcome::Used((3, 4, 0)));
    plugin.vm.answer_grpc_call(waiting.grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
    assert_eq!(upstream(&plugin, waiting.stream).1, PLAIN);
}
