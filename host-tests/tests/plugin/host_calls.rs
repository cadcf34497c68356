//! The exact host calls, WASI's among them, in order: each costs time on every request, so none slips in unseen.

use std::time::Duration;

use tollgate_host_tests::{HostFn, LogLevel, VmOptions};

use crate::metadata::{claims, person, string};
use crate::plugin::{CONFIG, Plugin, options};
use crate::policies::{ANYONE, GATEWAY, TOKEN, compiled, documents, id};
use crate::request::Request;

const FORWARDING: &str = r#"{"feed": {"cluster": "companion"}, "forward": {"x-principal": "principal.id"}}"#;

fn plugin(config: &str, sources: &[&str]) -> Plugin {
    Plugin::deciding(config, &documents(sources))
}

/// What a request costs from its first callback to its last.
fn calls(plugin: &mut Plugin, request: &Request) -> Vec<String> {
    plugin.vm.take_calls();
    plugin.ask(request);
    every_call(plugin)
}

/// Also those that `take_call_lines` leaves out.
fn every_call(plugin: &mut Plugin) -> Vec<String> {
    assert_eq!(plugin.vm.dropped_calls(), 0);
    plugin.vm.take_calls().iter().map(|record| record.call.to_string()).collect()
}

fn by_header(role: &str) -> Request {
    Request::get("/documents/1").header("x-user", "ann").header("x-user-roles", role)
}

fn by_gateway(role: &str) -> Request {
    by_header(role).peer("spiffe://prod/gateway")
}

#[test]
fn an_allowed_request_with_identity_headers_costs_one_call() {
    let mut plugin = plugin(CONFIG, &[ANYONE]);
    for _ in 0..2 {
        assert_eq!(calls(&mut plugin, &by_header("editor")), ["get_header_map_pairs(request_headers)"]);
    }
}

#[test]
fn a_denied_request_with_identity_headers_costs_the_answer_besides() {
    let mut plugin = plugin(CONFIG, &[ANYONE]);
    for _ in 0..2 {
        assert_eq!(
            calls(&mut plugin, &by_header("viewer")),
            ["get_header_map_pairs(request_headers)", "send_local_response(403, 108 bytes)"]
        );
    }
}

#[test]
fn what_follows_the_headers_of_an_allowed_request_costs_nothing() {
    let mut plugin = plugin(CONFIG, &[ANYONE]);
    let (stream, outcome) = plugin.begin(&by_header("editor"), false);
    assert!(outcome.goes_on);
    plugin.vm.take_calls();
    plugin.vm.request_body(stream, "{}", false).unwrap();
    plugin.vm.request_trailers(stream, &[("x-checksum", "1")]).unwrap();
    plugin.vm.response_headers(stream, &[(":status", "200")], false).unwrap();
    plugin.vm.response_body(stream, "a body", false).unwrap();
    plugin.vm.response_trailers(stream, &[("x-checksum", "1")]).unwrap();
    plugin.vm.finish(stream).unwrap();
    assert_eq!(every_call(&mut plugin), [""; 0]);
}

#[test]
fn an_allowed_request_with_a_token_costs_two_calls() {
    let request = Request::get("/documents/1").metadata(person("ann", "editor"));
    let mut plugin = plugin(CONFIG, &[TOKEN]);
    for _ in 0..2 {
        assert_eq!(calls(&mut plugin, &request), ["get_header_map_pairs(request_headers)", "get_property(metadata)"]);
    }
}

#[test]
fn a_denied_request_with_a_token_costs_the_answer_besides() {
    let request = Request::get("/documents/1").metadata(person("vic", "viewer"));
    assert_eq!(
        calls(&mut plugin(CONFIG, &[TOKEN]), &request),
        ["get_header_map_pairs(request_headers)", "get_property(metadata)", "send_local_response(403, 108 bytes)"]
    );
}

#[test]
fn every_forwarded_fact_costs_a_call_and_every_spoofed_copy_another() {
    let request = Request::get("/documents/1").metadata(person("ann", "editor")).header("X_Principal", "root");
    assert_eq!(
        calls(&mut plugin(FORWARDING, &[TOKEN]), &request),
        [
            "get_header_map_pairs(request_headers)",
            "get_property(metadata)",
            "remove_header_map_value(request_headers, x_principal)",
            "replace_header_map_value(request_headers, x-principal, ann)",
        ]
    );
}

const PEER: [&str; 5] = [
    "get_header_map_pairs(request_headers)",
    "get_property(connection.mtls)",
    "get_property(connection.peer_certificate_valid)",
    "get_property(connection.uri_san_peer_certificate)",
    "get_property(connection.dns_san_peer_certificate)",
];

#[test]
fn an_allowed_request_of_a_trusted_gateway_costs_a_call_for_each_property_of_the_peer() {
    assert_eq!(calls(&mut plugin(CONFIG, &[GATEWAY]), &by_gateway("editor")), PEER);
}

#[test]
fn a_denied_request_of_a_trusted_gateway_costs_the_answer_besides() {
    let calls = calls(&mut plugin(CONFIG, &[GATEWAY]), &by_gateway("viewer"));
    assert_eq!(calls[..5], PEER);
    assert_eq!(calls[5..], ["send_local_response(403, 108 bytes)"]);
}

#[test]
fn identity_headers_of_a_stranger_cost_their_removal() {
    let request = Request::get("/pages/1").header("x-user", "ann").header("x-user-roles", "editor");
    assert_eq!(
        calls(&mut plugin(CONFIG, &[GATEWAY]), &request),
        [
            "get_header_map_pairs(request_headers)",
            "get_property(connection.mtls)",
            "remove_header_map_value(request_headers, x-user)",
            "remove_header_map_value(request_headers, x-user-roles)",
        ]
    );
}

#[test]
fn a_request_without_a_route_asks_nothing_of_the_peer() {
    let request = Request::get("/nowhere").metadata(person("ann", "editor"));
    assert_eq!(
        calls(&mut plugin(CONFIG, &[TOKEN, GATEWAY]), &request),
        ["get_header_map_pairs(request_headers)", "send_local_response(403, 108 bytes)"]
    );
}

#[test]
fn without_a_snapshot_only_the_headers_are_read() {
    let mut plugin = Plugin::configured(CONFIG);
    assert_eq!(
        calls(&mut plugin, &by_gateway("editor")),
        ["get_header_map_pairs(request_headers)", "send_local_response(503, 127 bytes)"]
    );
}

#[test]
fn single_decisions_are_logged_only_for_an_operator_who_sees_debug_messages() {
    let options = VmOptions { log_level: LogLevel::Debug, ..options() };
    let mut plugin = Plugin::with_options(CONFIG, options);
    plugin.publish(&documents(&[TOKEN]), id(1, 1));
    let evil = claims(&[("sub", string("a\nb\u{1b}")), ("roles", string("editor"))]);
    let calls = calls(&mut plugin, &Request::get("/documents/1").metadata(evil));
    let log = &calls[2];
    assert!(log.starts_with("log(debug, decision ") && log.contains(": allow: "), "{log}");
    assert!(log.contains(r"principal `a\nb\u{1b}`") && log.contains("policy `editors-view`"), "{log}");
    assert_eq!(calls.len(), 3);
}

#[test]
fn a_tick_beats_and_shows_the_gauges() {
    let mut plugin = plugin(CONFIG, &[TOKEN]);
    plugin.ask(&by_header("viewer"));
    plugin.vm.take_calls();
    plugin.vm.advance(Duration::from_secs(1)).unwrap();
    let calls = plugin.vm.take_call_lines(&[]);
    assert_eq!(calls.len(), 9, "{calls:#?}");
    assert_eq!(calls[0], "get_log_level()");
    assert!(calls[1].starts_with("grpc_send("), "{calls:?}");
    assert!(calls[2..7].iter().all(|call| call.starts_with("record_metric(")), "{calls:?}");
    assert!(calls[7..].iter().all(|call| call.starts_with("increment_metric(")), "{calls:?}");
}

#[test]
fn configuring_defines_metrics_and_opens_the_feed() {
    let calls = Plugin::configured(CONFIG).vm.take_call_lines(&[HostFn::DefineMetric]);
    assert_eq!(
        calls,
        [
            "get_buffer_bytes(plugin_configuration)",
            "get_property(xds.node.id)",
            "get_property(xds.node.cluster)",
            "get_shared_data(tollgate.content\0companion)",
            "get_log_level()",
            r#"grpc_stream(\n\x12\n\tcompanion\"\x05\x08\x80\x80\x84 , tollgate.v1.Feed/Connect)"#,
            "grpc_send(6, 29 bytes)",
            "set_tick_period_milliseconds(100 ms)",
        ]
    );
}

#[test]
fn a_snapshot_is_fetched_once_and_acknowledged() {
    let mut plugin = Plugin::configured(CONFIG);
    let content = compiled(&documents(&[TOKEN]), id(1, 1));
    plugin.vm.take_calls();
    plugin.offer(id(1, 1), &content);
    assert_eq!(
        plugin.vm.take_call_lines(&[]),
        [
            "get_buffer_bytes(grpc_message)",
            "get_shared_data(tollgate.mark\0companion)",
            "get_current_time_nanoseconds()",
            "get_shared_data(tollgate.mark\0companion)",
            "set_shared_data(tollgate.mark\0companion, 64 bytes)",
            "log(info, snapshot 1.1 is in force)",
            "grpc_send(6, 8 bytes)",
            "log(info, the feed is connected)",
            "set_tick_period_milliseconds(1000 ms)",
        ]
    );
}

#[test]
fn what_is_current_is_marked_for_other_vms() {
    let mut plugin = plugin(CONFIG, &[TOKEN]);
    plugin.vm.advance(Duration::from_secs(1)).unwrap();
    plugin.vm.take_calls();
    plugin.confirm(id(1, 1));
    assert_eq!(
        plugin.vm.take_call_lines(&[]),
        [
            "get_buffer_bytes(grpc_message)",
            "get_current_time_nanoseconds()",
            "get_shared_data(tollgate.mark\0companion)",
            "set_shared_data(tollgate.mark\0companion, 64 bytes)",
        ]
    );
}
