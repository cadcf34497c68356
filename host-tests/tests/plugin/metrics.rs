//! Counters and gauges: told on the tick, each count once.

use std::time::Duration;

use tollgate_host_tests::{Fault, GrpcStatus, HostCall, HostFn, Status};

use crate::metadata::person;
use crate::plugin::{CONFIG, Plugin};
use crate::policies::{documents_by_token, id, nothing};
use crate::request::Request;

const SECOND: Duration = Duration::from_secs(1);

fn deciding() -> Plugin {
    Plugin::deciding(CONFIG, &documents_by_token())
}

fn editor() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

fn gauge(plugin: &Plugin, name: &str) -> Option<u64> {
    plugin.vm.metrics().gauge(name)
}

/// The counters that are not zero.
fn counted(plugin: &Plugin) -> Vec<(String, u64)> {
    let metrics = plugin.vm.metrics();
    metrics.counters().filter(|(_, value)| *value > 0).map(|(name, value)| (name.to_owned(), value)).collect()
}

#[test]
fn every_kind_of_verdict_is_counted_on_the_tick() {
    let open = documents_by_token().replace("has(principal.locked) && ", "") + "unmatched: allow\n";
    let mut plugin = Plugin::configured(CONFIG);
    plugin.ask(&editor());
    plugin.publish(&documents_by_token(), id(1, 1));
    for _ in 0..3 {
        plugin.ask(&editor());
    }
    plugin.ask(&Request::get("/documents/1"));
    plugin.ask(&Request::get("/documents/1"));
    plugin.ask(&Request::empty());
    plugin.publish(&open, id(1, 2));
    plugin.ask(&Request::get("/nowhere"));
    plugin.ask(&editor());
    plugin.offer(id(0, 1), b"");
    assert_eq!(counted(&plugin), []);
    plugin.vm.tick().unwrap();
    let expected = [
        ("tollgate.condition_errors", 1),
        ("tollgate.decisions.verdict.allow", 4),
        ("tollgate.decisions.verdict.deny", 1),
        ("tollgate.decisions.verdict.invalid", 1),
        ("tollgate.decisions.verdict.unauthenticated", 2),
        ("tollgate.decisions.verdict.unavailable", 1),
        ("tollgate.identity_cache.hits", 2),
        ("tollgate.identity_cache.misses", 2),
        ("tollgate.snapshots.result.applied", 2),
        ("tollgate.snapshots.result.refused", 1),
        ("tollgate.unmatched_allowed", 1),
    ];
    assert_eq!(counted(&plugin), expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn counts_are_told_once() {
    let mut plugin = deciding();
    plugin.ask(&editor());
    for _ in 0..3 {
        assert_eq!(plugin.counter("tollgate.decisions.verdict.allow"), 1);
    }
    plugin.ask(&editor());
    assert_eq!(plugin.counter("tollgate.decisions.verdict.allow"), 2);
}

#[test]
fn a_count_that_could_not_be_told_is_told_later() {
    let mut plugin = deciding();
    plugin.ask(&editor());
    plugin.vm.inject(Fault::always(HostFn::IncrementMetric, Status::InternalFailure));
    assert_eq!(plugin.counter("tollgate.decisions.verdict.allow"), 0);
    plugin.ask(&editor());
    plugin.vm.clear_faults();
    assert_eq!(plugin.counter("tollgate.decisions.verdict.allow"), 2);
}

#[test]
fn a_root_that_goes_tells_what_it_has_counted() {
    let mut plugin = deciding();
    plugin.ask(&editor());
    plugin.vm.shutdown_root(plugin.root).unwrap();
    assert_eq!(plugin.vm.metrics().counter("tollgate.decisions.verdict.allow"), Some(1));
}

#[test]
fn the_gauges_show_what_is_in_force_and_for_how_long() {
    let mut plugin = Plugin::configured(CONFIG);
    plugin.vm.tick().unwrap();
    assert_eq!(gauge(&plugin, "tollgate.feed.connected"), Some(0));
    plugin.publish(&documents_by_token(), id(7, 3));
    plugin.vm.advance(5 * SECOND).unwrap();
    assert_eq!(gauge(&plugin, "tollgate.snapshot.epoch"), Some(7));
    assert_eq!(gauge(&plugin, "tollgate.snapshot.version"), Some(3));
    assert_eq!(gauge(&plugin, "tollgate.snapshot.age_seconds"), Some(5));
    assert_eq!(gauge(&plugin, "tollgate.feed.connected"), Some(1));
    plugin.publish(&nothing(), id(7, 4));
    plugin.vm.tick().unwrap();
    assert_eq!(gauge(&plugin, "tollgate.snapshot.version"), Some(4));
    assert_eq!(gauge(&plugin, "tollgate.snapshot.age_seconds"), Some(0));
}

#[test]
fn a_lost_feed_shows_while_the_snapshot_ages() {
    let mut plugin = deciding();
    plugin.vm.inject(Fault::always(HostFn::GrpcStream, Status::InternalFailure));
    let feed = plugin.feed();
    plugin.vm.close_grpc_stream(feed, GrpcStatus::UNAVAILABLE, "").unwrap();
    plugin.vm.advance(10 * SECOND).unwrap();
    assert_eq!(gauge(&plugin, "tollgate.feed.connected"), Some(0));
    assert_eq!(gauge(&plugin, "tollgate.snapshot.age_seconds"), Some(10));
}

#[test]
fn metrics_are_defined_once_for_all_roots_of_a_vm() {
    let mut plugin = deciding();
    let defined = plugin.vm.metric_definitions();
    assert_eq!(defined, 28);
    plugin.vm.create_root(CONFIG).unwrap();
    assert_eq!(plugin.vm.metric_definitions(), defined);
}

#[test]
fn failing_metrics_change_no_decision() {
    let mut plugin = deciding();
    plugin.vm.inject(Fault::when(|call| {
        let is_metric = matches!(call, HostCall::IncrementMetric { .. } | HostCall::RecordMetric { .. });
        is_metric.then_some(Status::BadArgument)
    }));
    for _ in 0..3 {
        plugin.vm.tick().unwrap();
        assert!(plugin.ask(&editor()).is_allowed());
        assert_eq!(plugin.ask(&Request::get("/documents/1")).status(), 401);
    }
}
