//! What conditions read of a request besides its headers costs a host call only where a condition reads it.

use std::time::Duration;

use tollgate_host_tests::{Fault, HostFn, Status};

use crate::metadata::person;
use crate::plugin::{CONFIG, Plugin};
use crate::policies::on_condition;
use crate::request::Request;

const HEADERS: &str = "get_header_map_pairs(request_headers)";
const METADATA: &str = "get_property(metadata)";

fn on(condition: &str) -> Plugin {
    Plugin::deciding(CONFIG, &on_condition(condition))
}

fn get(query: &str) -> Request {
    Request::get(&format!("/documents/1{query}")).metadata(person("ann", "editor"))
}

fn calls(condition: &str, request: &Request) -> Vec<String> {
    let mut plugin = on(condition);
    plugin.vm.take_calls();
    assert!(plugin.ask(request).is_allowed(), "{condition}");
    plugin.vm.take_call_lines(&[])
}

#[test]
fn query_parameters_cost_no_call() {
    assert_eq!(calls("request.query.tier == 'gold'", &get("?tier=gold")), [HEADERS, METADATA]);
}

#[test]
fn the_time_costs_a_call_where_it_is_read() {
    let condition = "request.time == request.time";
    assert_eq!(calls(condition, &get("")), [HEADERS, METADATA, "get_current_time_nanoseconds()"]);
}

#[test]
fn the_source_costs_a_call_where_it_is_read() {
    let condition = "request.source.ip == '10.0.0.7' && request.source.port == 4711";
    let request = get("").source("10.0.0.7:4711");
    assert_eq!(calls(condition, &request), [HEADERS, METADATA, "get_property(source.address)"]);
}

#[test]
fn what_is_not_read_is_not_fetched() {
    assert_eq!(calls("true", &get("?a=1&a=2").source("10.0.0.7:4711")), [HEADERS, METADATA]);
}

#[test]
fn repeated_parameters_are_refused_where_they_are_read() {
    let mut plugin = on("request.query.tier == 'gold'");
    for query in ["?tier=gold&tier=gold", "?tier=gold&%74ier=lead", "?tier=gold&tier[]=lead", "?tier=%g0"] {
        assert_eq!(plugin.ask(&get(query)).code(), "INVALID_REQUEST", "{query}");
    }
    assert!(plugin.ask(&get("?tier=gold&other=1&other=2")).is_allowed());
    assert_eq!(plugin.ask(&get("?tier=lead")).status(), 403);
    assert_eq!(plugin.ask(&get("")).status(), 403);
}

#[test]
fn a_source_that_is_no_ip_address_is_missing() {
    let mut plugin = on("request.source.ip != ''");
    for address in ["", "@/run/a.sock", "envoy://internal/1", "10.0.0.7", "\u{fffd}"] {
        assert_eq!(plugin.ask(&get("").source(address)).status(), 403, "{address}");
    }
    assert_eq!(plugin.ask(&get("")).status(), 403);
    for address in ["10.0.0.7:80", "[2001:db8::1]:80"] {
        assert!(plugin.ask(&get("").source(address)).is_allowed(), "{address}");
    }
}

#[test]
fn a_clock_that_fails_leaves_no_time() {
    let mut plugin = on("request.time == request.time");
    plugin.vm.inject(Fault::always(HostFn::GetCurrentTime, Status::InternalFailure));
    assert_eq!(plugin.ask(&get("")).status(), 403);
    plugin.vm.clear_faults();
    assert!(plugin.ask(&get("")).is_allowed());
}

#[test]
fn the_time_is_that_of_each_request() {
    let mut plugin = on("request.time < timestamp('2026-01-01T00:00:10Z')");
    assert!(plugin.ask(&get("")).is_allowed());
    plugin.vm.advance(Duration::from_secs(10)).unwrap();
    assert_eq!(plugin.ask(&get("")).status(), 403);
}
