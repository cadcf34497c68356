//! A configuration that holds its snapshot itself: no companion, no stream.

use std::time::Duration;

use base64::prelude::*;
use tollgate_host_tests::{HostError, LogLevel, RootId};
use tollgate_policy::snapshot::Attestation;

use crate::metadata::{entry, object, person, string};
use crate::plugin::{Plugin, options};
use crate::policies::{compiled, content, documents_by_token, id, nothing};
use crate::request::Request;
use crate::signatures::{attest, keys};

fn editor() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

fn config(snapshot: &[u8]) -> String {
    format!(r#"{{"standalone": {{"snapshot": "{}"}}}}"#, BASE64_STANDARD.encode(snapshot))
}

/// The line of a refusal.
fn refusal(result: Result<RootId, HostError>, plugin: &mut Plugin) -> String {
    assert!(matches!(result, Err(HostError::Refused { callback: "proxy_on_configure" })), "{result:?}");
    plugin.logged(LogLevel::Error).join("\n")
}

#[test]
fn requests_are_decided_without_any_stream() {
    let mut plugin = Plugin::configured(&config(&compiled(&documents_by_token(), id(3, 7))));
    assert!(plugin.ask(&editor()).is_allowed());
    assert_eq!(plugin.ask(&Request::get("/documents/1")).status(), 401);
    plugin.vm.advance(Duration::from_secs(3600)).unwrap();
    assert!(plugin.ask(&editor()).is_allowed());
    assert_eq!(plugin.vm.grpc_streams().count(), 0);
    let metrics = plugin.vm.metrics();
    assert_eq!(metrics.counter("tollgate.decisions.verdict.allow"), Some(1), "told on the tick");
    assert_eq!(metrics.gauge("tollgate.snapshot.epoch"), Some(3));
    assert_eq!(metrics.gauge("tollgate.feed.connected"), Some(0));
    let calls = plugin.vm.take_call_lines(&[]);
    assert!(!calls.iter().any(|call| call.contains("shared_data") || call.contains("grpc")), "{calls:?}");
}

#[test]
fn an_update_replaces_it_at_once_whatever_its_number() {
    let mut plugin = Plugin::configured(&config(&compiled(&documents_by_token(), id(3, 7))));
    let old = plugin.root;
    plugin.root = plugin.vm.create_root(config(&compiled(&nothing(), id(1, 1)))).unwrap();
    assert_eq!(plugin.ask(&editor()).status(), 403);
    plugin.vm.shutdown_root(old).unwrap();
    assert_eq!(plugin.ask(&editor()).status(), 403);
}

#[test]
fn a_bad_one_is_refused_and_the_one_before_goes_on() {
    let mut plugin = Plugin::configured(&config(&compiled(&documents_by_token(), id(1, 1))));
    let good = compiled(&nothing(), id(1, 2));
    for bad in [&b""[..], b"nonsense", &good[..good.len() - 1]] {
        let result = plugin.vm.create_root(config(bad));
        let why = refusal(result, &mut plugin);
        assert!(why.contains("the configuration's snapshot cannot be used"), "{why}");
    }
    let result = plugin.vm.create_root(r#"{"standalone": {"snapshot": "!"}}"#);
    assert!(refusal(result, &mut plugin).contains("not the base64"));
    assert!(plugin.ask(&editor()).is_allowed());
}

#[test]
fn a_feed_and_a_snapshot_of_its_own_take_turns() {
    let mut plugin = Plugin::deciding(crate::plugin::CONFIG, &documents_by_token());
    let old = plugin.root;
    plugin.root = plugin.vm.create_root(config(&compiled(&nothing(), id(1, 1)))).unwrap();
    plugin.vm.shutdown_root(old).unwrap();
    assert_eq!(plugin.ask(&editor()).status(), 403);
    assert!(!plugin.has_feed());
    plugin.root = plugin.vm.create_root(crate::plugin::CONFIG).unwrap();
    assert!(plugin.has_feed());
}

#[test]
fn with_keys_it_has_to_be_signed() {
    let set = content(&documents_by_token());
    let configured = |attestations: &[Attestation]| {
        let snapshot = BASE64_STANDARD.encode(set.encode(id(1, 1), attestations));
        format!(r#"{{"standalone": {{"snapshot": "{snapshot}", "audience": "prod", "keys": {}}}}}"#, keys(b"a"))
    };
    let mut plugin = Plugin::configured(&configured(&[attest(b'a', "prod", &set, id(1, 1), Duration::ZERO)]));
    assert!(plugin.ask(&editor()).is_allowed(), "whenever it was signed");
    let result = plugin.vm.create_root(configured(&[]));
    assert!(refusal(result, &mut plugin).contains("it is not signed"));
    let result = plugin.vm.create_root(configured(&[attest(b'b', "prod", &set, id(1, 1), Duration::ZERO)]));
    assert!(refusal(result, &mut plugin).contains("none of the configured keys"));
}

#[test]
fn it_may_come_in_a_struct() {
    let snapshot = BASE64_STANDARD.encode(compiled(&documents_by_token(), id(1, 1)));
    let mut vm = Plugin::start_vm(options());
    let root = vm.create_root(entry("standalone", &object(&[("snapshot", string(&snapshot))]))).unwrap();
    let mut plugin = Plugin { vm, root };
    assert!(plugin.ask(&editor()).is_allowed());
}
