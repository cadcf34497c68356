//! From configuration to decisions, and through the loss of the companion.

use std::time::Duration;

use tollgate_host_tests::{Fault, GrpcStatus, GrpcStreamState, HostFn, Status, VmOptions};
use tollgate_policy::snapshot::FORMAT;

use crate::feed::{FromWorker, Hello};
use crate::metadata::person;
use crate::plugin::{CONFIG, EXPLAINING, Plugin, options};
use crate::policies::{compiled, content, documents_by_token, id, nothing};
use crate::request::Request;

const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(100);

fn editor() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

fn viewer() -> Request {
    Request::get("/documents/1").metadata(person("vic", "viewer"))
}

fn hello(said: &[FromWorker]) -> &Hello {
    match said {
        [FromWorker::Hello(hello)] => hello,
        other => panic!("not a hello alone: {other:?}"),
    }
}

#[test]
fn configuring_opens_the_feed_of_the_cluster_and_says_hello() {
    let mut vm = Plugin::start_vm(options());
    vm.set_property(&["xds", "node", "id"], "proxy-7");
    vm.set_property(&["xds", "node", "cluster"], "edge");
    let root = vm.create_root(CONFIG).unwrap();
    let mut plugin = Plugin { vm, root };
    let stream = plugin.vm.grpc_streams().next().unwrap();
    // The cluster, and that Envoy keeps no message of more than 64 MiB and 64 KiB.
    assert_eq!(stream.target.upstream, b"\x0a\x12\x0a\x09companion\x22\x05\x08\x80\x80\x84\x20");
    assert_eq!((&*stream.target.service, &*stream.target.method), ("tollgate.v1.Feed", "Connect"));
    assert!(stream.target.initial_metadata.is_empty());
    let said = plugin.said();
    let hello = hello(&said);
    assert_eq!(hello.vm_id.len(), 16);
    assert_eq!((&*hello.node_id, &*hello.node_cluster), ("proxy-7", "edge"));
    assert_eq!(hello.build, env!("CARGO_PKG_VERSION"));
    assert_eq!((hello.applied, &*hello.applied_digest), (None, &[][..]));
    assert_eq!((hello.format, hello.warm), (FORMAT.into(), false));
}

#[test]
fn a_proxy_without_node_names_is_no_obstacle() {
    let said = Plugin::configured(CONFIG).said();
    assert_eq!((&*hello(&said).node_id, &*hello(&said).node_cluster), ("", ""));
}

#[test]
fn two_vms_have_different_ids() {
    let fresh = || Plugin::with_options(CONFIG, VmOptions { seed: None, ..options() });
    let (one, two) = (fresh().said(), fresh().said());
    assert_ne!(hello(&one).vm_id, hello(&two).vm_id);
}

#[test]
fn before_the_first_snapshot_nothing_passes() {
    let mut plugin = Plugin::configured(EXPLAINING);
    for request in [editor(), viewer(), Request::get("/pages/1"), Request::empty()] {
        let answer = plugin.ask(&request);
        assert_eq!((answer.status(), &*answer.code()), (503, "POLICY_UNAVAILABLE"));
        assert_eq!(answer.problem()["reason"], "there is no snapshot yet");
    }
    let silent = Plugin::configured(CONFIG).ask(&editor());
    assert_eq!(silent.problem().get("reason"), None);
}

#[test]
fn a_snapshot_is_acknowledged_and_decides_from_then_on() {
    let mut plugin = Plugin::configured(CONFIG);
    let ack = plugin.offer(id(3, 9), &compiled(&documents_by_token(), id(3, 9)));
    assert_eq!(ack, [FromWorker::Ack(id(3, 9))]);
    assert!(plugin.ask(&editor()).is_allowed());
    let denied = plugin.ask(&viewer());
    assert_eq!((denied.status(), &*denied.code()), (403, "FORBIDDEN"));
    let unknown = plugin.ask(&Request::get("/documents/1"));
    assert_eq!((unknown.status(), &*unknown.code()), (401, "UNAUTHENTICATED"));
}

#[test]
fn a_newer_snapshot_replaces_the_one_in_force_between_two_requests() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    assert!(plugin.ask(&editor()).is_allowed());
    plugin.publish(&nothing(), id(1, 2));
    assert_eq!(plugin.ask(&editor()).status(), 403);
    plugin.publish(&documents_by_token(), id(2, 0));
    assert!(plugin.ask(&editor()).is_allowed());
}

#[test]
fn the_snapshot_in_force_is_acknowledged_again_if_it_comes_again() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    plugin.publish(&documents_by_token(), id(1, 1));
    assert_eq!(plugin.counter("tollgate.snapshots.result.applied"), 1);
}

#[test]
fn the_plugin_beats_every_second_and_tells_what_it_enforces() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    plugin.said();
    let beat = |serving| FromWorker::Heartbeat { applied: Some(id(1, 1)), serving };
    plugin.vm.advance(3 * SECOND).unwrap();
    assert_eq!(plugin.said(), [beat(false), beat(false), beat(false)]);
    plugin.ask(&viewer());
    plugin.vm.advance(SECOND).unwrap();
    assert_eq!(plugin.said(), [beat(true)]);
}

#[test]
fn a_companion_that_is_silent_hears_the_beat_all_the_same() {
    let mut plugin = Plugin::configured(CONFIG);
    plugin.said();
    plugin.vm.advance(2 * SECOND).unwrap();
    assert_eq!(plugin.said(), vec![FromWorker::Heartbeat { applied: None, serving: false }; 2]);
}

#[test]
fn decisions_go_on_while_the_companion_is_away() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let lost = plugin.feed();
    plugin.vm.close_grpc_stream(lost, GrpcStatus::UNAVAILABLE, "gone").unwrap();
    plugin.vm.inject(Fault::always(HostFn::GrpcStream, Status::InternalFailure));
    for _ in 0..20 {
        plugin.vm.advance(SECOND).unwrap();
        assert!(plugin.ask(&editor()).is_allowed());
        assert_eq!(plugin.ask(&viewer()).status(), 403);
    }
}

#[test]
fn a_lost_feed_comes_back_and_says_what_is_in_force() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let lost = plugin.feed();
    plugin.vm.close_grpc_stream(lost, GrpcStatus::UNAVAILABLE, "gone").unwrap();
    let state = plugin.vm.grpc_streams().find(|stream| stream.id == lost).unwrap().state;
    assert_eq!(state, GrpcStreamState::Gone, "the proxy frees a stream only when told so");
    plugin.vm.advance(3 * MOMENT).unwrap();
    let said = plugin.said();
    assert_eq!(hello(&said).applied, Some(id(1, 1)));
    assert_eq!(hello(&said).applied_digest, content(&documents_by_token()).digest().0);
    assert_eq!(plugin.counter("tollgate.feed.reconnects"), 1);
    plugin.publish(&nothing(), id(1, 2));
    assert_eq!(plugin.ask(&editor()).status(), 403);
}

#[test]
fn attempts_to_connect_are_spread_and_at_most_about_a_second_apart() {
    let mut plugin = Plugin::configured(CONFIG);
    let mut waits = Vec::new();
    for _ in 0..12 {
        let stream = plugin.feed();
        // What a stream that fails at once brings; it says nothing of the companion.
        plugin.vm.deliver_grpc_initial_metadata::<&str, &str>(stream, &[]).unwrap();
        plugin.vm.close_grpc_stream(stream, GrpcStatus::UNAVAILABLE, "refused").unwrap();
        let (before, closed) = (plugin.vm.grpc_streams().count(), plugin.vm.clock().now());
        while plugin.vm.grpc_streams().count() == before {
            plugin.vm.advance(MOMENT).unwrap();
        }
        waits.push(plugin.vm.clock().now() - closed);
    }
    assert!(waits[0] <= 2 * MOMENT, "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= SECOND + MOMENT), "{waits:?}");
    assert!(waits[6..].iter().all(|wait| *wait >= SECOND / 2), "{waits:?}");
}

#[test]
fn a_stream_that_cannot_be_written_is_given_up_for_another() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let first = plugin.feed();
    plugin.vm.inject(Fault::once(HostFn::GrpcSend, Status::NotFound));
    plugin.vm.advance(2 * SECOND).unwrap();
    assert_ne!(plugin.feed(), first);
    assert_eq!(hello(&plugin.said()[..1]).applied, Some(id(1, 1)));
    assert!(plugin.ask(&editor()).is_allowed());
}

#[test]
fn a_message_that_cannot_be_read_has_the_feed_start_over() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let first = plugin.feed();
    plugin.vm.inject(Fault::once(HostFn::GetBufferBytes, Status::InternalFailure));
    plugin.vm.deliver_grpc_message(first, "lost on the way").unwrap();
    plugin.vm.advance(2 * MOMENT).unwrap();
    assert_ne!(plugin.feed(), first);
    assert_eq!(hello(&plugin.said()).applied, Some(id(1, 1)));
}

#[test]
fn a_feed_that_cannot_be_opened_is_tried_again() {
    for status in [Status::InternalFailure, Status::ParseFailure] {
        let mut vm = Plugin::start_vm(options());
        vm.inject(Fault::always(HostFn::GrpcStream, status));
        let root = vm.create_root(CONFIG).unwrap();
        vm.advance(5 * SECOND).unwrap();
        assert_eq!(vm.grpc_streams().count(), 0);
        vm.clear_faults();
        vm.advance(2 * SECOND).unwrap();
        let mut plugin = Plugin { vm, root };
        assert_eq!(plugin.ask(&editor()).status(), 503);
        plugin.publish(&documents_by_token(), id(1, 1));
        assert!(plugin.ask(&editor()).is_allowed());
    }
}

#[test]
fn initial_and_trailing_metadata_do_no_harm() {
    let mut plugin = Plugin::configured(CONFIG);
    let feed = plugin.feed();
    plugin.vm.deliver_grpc_initial_metadata(feed, &[("content-type", "application/grpc")]).unwrap();
    plugin.publish(&documents_by_token(), id(1, 1));
    plugin.vm.deliver_grpc_trailing_metadata(feed, &[("grpc-status", "0")]).unwrap();
    plugin.vm.close_grpc_stream(feed, GrpcStatus::OK, "").unwrap();
    assert!(plugin.ask(&editor()).is_allowed());
}

#[test]
fn a_companion_that_says_what_is_current_is_connected_to_at_once_when_it_comes_back() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    for _ in 0..10 {
        let stream = plugin.feed();
        plugin.vm.deliver_grpc_initial_metadata(stream, &[("content-type", "application/grpc")]).unwrap();
        plugin.confirm(id(1, 1));
        plugin.vm.close_grpc_stream(stream, GrpcStatus::UNAVAILABLE, "restarting").unwrap();
        plugin.vm.advance(2 * MOMENT).unwrap();
        assert_ne!(plugin.feed(), stream);
    }
}
