//! `max_staleness`: what nobody confirms to be the current snapshot decides for so long and no longer.

use std::time::Duration;

use tollgate_host_tests::{Fault, GrpcStatus, HostFn, LogLevel, Status};

use crate::metadata::person;
use crate::plugin::{CONFIG, Plugin};
use crate::policies::{compiled, documents_by_token, id};
use crate::request::Request;

const SECOND: Duration = Duration::from_secs(1);
const TEN_SECONDS: &str = r#"{"feed": {"cluster": "companion", "max_staleness": "10s"}, "explain": true}"#;

fn editor() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

/// The companion is out of reach.
fn cut_off(plugin: &mut Plugin) {
    plugin.vm.inject(Fault::always(HostFn::GrpcStream, Status::InternalFailure));
    let feed = plugin.feed();
    plugin.vm.close_grpc_stream(feed, GrpcStatus::UNAVAILABLE, "gone").unwrap();
}

#[test]
fn unless_it_is_set_a_snapshot_decides_for_ever() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    cut_off(&mut plugin);
    plugin.vm.advance(3600 * SECOND).unwrap();
    assert!(plugin.ask(&editor()).is_allowed());
    assert_eq!(plugin.vm.metrics().gauge("tollgate.snapshot.staleness_seconds"), Some(3600));
}

#[test]
fn what_has_gone_unconfirmed_for_longer_refuses_everything_until_it_is_confirmed() {
    let mut plugin = Plugin::deciding(TEN_SECONDS, &documents_by_token());
    plugin.vm.advance(10 * SECOND).unwrap();
    assert!(plugin.ask(&editor()).is_allowed());
    plugin.vm.advance(SECOND).unwrap();
    for request in [editor(), Request::get("/pages/1"), Request::empty()] {
        let answer = plugin.ask(&request);
        assert_eq!((answer.status(), &*answer.code()), (503, "POLICY_UNAVAILABLE"));
        assert_eq!(answer.problem()["reason"], "the snapshot has gone unconfirmed for too long");
    }
    assert_eq!(plugin.counter("tollgate.decisions.verdict.stale"), 3);
    assert_eq!(plugin.counter("tollgate.decisions.verdict.unavailable"), 0);
    plugin.confirm(id(1, 2));
    assert_eq!(plugin.ask(&editor()).status(), 503, "another one is current");
    plugin.confirm(id(1, 1));
    assert!(plugin.ask(&editor()).is_allowed(), "from then on, not from the next tick");
    let logged = plugin.logged(LogLevel::Warn);
    assert_eq!(logged.iter().filter(|line| line.contains("unconfirmed for too long")).count(), 1, "{logged:?}");
}

#[test]
fn a_companion_that_goes_on_confirming_keeps_it_fresh() {
    let mut plugin = Plugin::deciding(TEN_SECONDS, &documents_by_token());
    for _ in 0..10 {
        plugin.vm.advance(9 * SECOND).unwrap();
        plugin.confirm(id(1, 1));
        assert!(plugin.ask(&editor()).is_allowed());
    }
    plugin.vm.tick().unwrap();
    assert_eq!(plugin.vm.metrics().gauge("tollgate.snapshot.staleness_seconds"), Some(0));
    assert_eq!(plugin.vm.metrics().gauge("tollgate.snapshot.age_seconds"), Some(90));
}

#[test]
fn a_newer_snapshot_is_as_good_as_a_confirmation() {
    let mut plugin = Plugin::deciding(TEN_SECONDS, &documents_by_token());
    plugin.vm.advance(11 * SECOND).unwrap();
    assert_eq!(plugin.ask(&editor()).status(), 503);
    plugin.publish(&documents_by_token(), id(1, 2));
    assert!(plugin.ask(&editor()).is_allowed());
}

#[test]
fn the_same_snapshot_again_says_nothing_of_what_is_current() {
    let mut plugin = Plugin::deciding(TEN_SECONDS, &documents_by_token());
    plugin.vm.advance(11 * SECOND).unwrap();
    plugin.offer(id(1, 1), &compiled(&documents_by_token(), id(1, 1)));
    assert_eq!(plugin.ask(&editor()).status(), 503);
}

#[test]
fn a_vm_that_is_started_again_is_no_fresher_than_the_one_before() {
    let mut plugin = Plugin::deciding(TEN_SECONDS, &documents_by_token());
    plugin.vm.advance(3 * SECOND).unwrap();
    plugin.confirm(id(1, 1));
    cut_off(&mut plugin);
    plugin.vm.clock().advance(9 * SECOND);
    let mut again = plugin.restart(TEN_SECONDS);
    assert!(again.ask(&editor()).is_allowed());
    again.vm.advance(2 * SECOND).unwrap();
    assert_eq!(again.ask(&editor()).status(), 503);
    let mut late = again.restart(TEN_SECONDS);
    assert_eq!(late.ask(&editor()).status(), 503, "before its first tick");
    late.confirm(id(1, 1));
    assert!(late.ask(&editor()).is_allowed());
}
