//! What outlives a VM in the proxy's shared data: where it was, and the snapshot that it decided with.

use std::time::Duration;

use tollgate_host_tests::{Fault, HostFn, LogLevel, Process, Status, VmOptions};

use crate::feed::{self, FromWorker};
use crate::metadata::person;
use crate::plugin::{CONFIG, Plugin, options};
use crate::policies::{compiled, content, documents_by_token, id, nothing};
use crate::request::Request;
use crate::signatures::{attest, keys};

const SECOND: Duration = Duration::from_secs(1);
const CONTENT: &str = "tollgate.content\0companion";
const MARK: &str = "tollgate.mark\0companion";

fn editor() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

/// VMs of one proxy, each configured.
fn vms(count: usize) -> Vec<Plugin> {
    let options = VmOptions { process: Process::new(), seed: None, ..options() };
    (0..count).map(|_| Plugin::with_options(CONFIG, options.clone())).collect()
}

/// A VM that has decided for a while.
fn settled() -> Plugin {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    plugin.vm.advance(3 * SECOND).unwrap();
    plugin
}

fn hello(plugin: &mut Plugin) -> feed::Hello {
    match plugin.said().into_iter().next() {
        Some(FromWorker::Hello(hello)) => hello,
        other => panic!("no hello: {other:?}"),
    }
}

#[test]
fn a_vm_that_is_started_again_decides_before_any_stream() {
    let plugin = settled();
    plugin.vm.clock().advance(SECOND);
    let options = VmOptions { process: plugin.vm.process().clone(), ..options() };
    let mut vm = Plugin::start_vm(options);
    vm.inject(Fault::always(HostFn::GrpcStream, Status::InternalFailure));
    let root = vm.create_root(CONFIG).unwrap();
    let mut again = Plugin { vm, root };
    assert!(again.ask(&editor()).is_allowed());
    assert!(again.logged(LogLevel::Info).contains(&"snapshot 1.1 is in force, as another VM left it".to_owned()));
    again.vm.clear_faults();
    again.vm.advance(SECOND).unwrap();
    let hello = hello(&mut again);
    assert_eq!((hello.applied, hello.warm), (Some(id(1, 1)), true));
    assert_eq!(hello.applied_digest, content(&documents_by_token()).digest().0);
    let delta = content(&nothing()).delta(&content(&documents_by_token()), id(1, 1), id(1, 2), &[]);
    assert_eq!(again.deliver(feed::delta(id(1, 2), id(1, 1), &delta)), [FromWorker::Ack(id(1, 2))]);
    assert_eq!(again.ask(&editor()).status(), 403);
}

#[test]
fn of_several_vms_one_writes_and_first_of_all_one_without_requests() {
    let mut vms = vms(4);
    for vm in &mut vms[..3] {
        vm.publish(&documents_by_token(), id(1, 1));
        assert!(vm.ask(&editor()).is_allowed());
    }
    vms[3].publish(&documents_by_token(), id(1, 1));
    let written = |vm: &mut Plugin| {
        let lines = vm.vm.take_call_lines(&[]);
        lines.iter().filter(|line| line.starts_with("set_shared_data(tollgate.content")).count()
    };
    for _ in 0..10 {
        for vm in &mut vms {
            vm.vm.advance(SECOND / 2).unwrap();
        }
    }
    assert_eq!(vms.iter_mut().map(written).collect::<Vec<_>>(), [0, 0, 0, 1]);
}

#[test]
fn a_quick_succession_is_written_once() {
    let mut plugin = Plugin::configured(CONFIG);
    for version in 1..=8 {
        plugin.publish(&documents_by_token(), id(1, version));
        plugin.vm.advance(SECOND / 10).unwrap();
    }
    plugin.vm.take_calls();
    plugin.vm.advance(10 * SECOND).unwrap();
    let lines = plugin.vm.take_call_lines(&[]);
    assert_eq!(lines.iter().filter(|line| line.starts_with("set_shared_data(tollgate.content")).count(), 1);
    let written = plugin.vm.shared_data(CONTENT).unwrap().value;
    assert_eq!(*written, *compiled(&documents_by_token(), id(1, 8)));
}

#[test]
fn an_old_snapshot_is_a_replay_even_to_a_vm_without_any() {
    let mut plugin = settled();
    plugin.publish(&nothing(), id(1, 2));
    // The newer one has not been left yet, and the older one is not started with.
    let mut again = plugin.restart(CONFIG);
    assert_eq!(again.ask(&editor()).status(), 503);
    let warnings = again.logged(LogLevel::Warn);
    assert!(warnings[0].contains("is not used: snapshot 1.1 is being replayed"), "{warnings:?}");
    let said = again.offer(id(1, 1), &compiled(&documents_by_token(), id(1, 1)));
    let [FromWorker::Nack { reason, wants_full: true, ahead, .. }] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(reason, "snapshot 1.1 is being replayed: 1.2 has been in force in this Envoy");
    assert_eq!(*ahead, Some(id(1, 2)), "the companion has to know what to go beyond");
    let said = again.offer(id(1, 2), &compiled(&documents_by_token(), id(1, 2)));
    let [FromWorker::Nack { reason, .. }] = said.as_slice() else { panic!("{said:?}") };
    assert!(reason.contains("with another content"), "{reason}");
    assert_eq!(again.ask(&editor()).status(), 503);
    again.publish(&nothing(), id(1, 2));
    assert_eq!(again.ask(&editor()).status(), 403);
}

#[test]
fn older_content_under_a_newer_version_or_epoch_is_no_replay() {
    let mut plugin = settled();
    plugin.publish(&nothing(), id(1, 2));
    plugin.publish(&documents_by_token(), id(1, 3));
    assert!(plugin.ask(&editor()).is_allowed());
    plugin.publish(&documents_by_token(), id(2, 1));
    plugin.vm.advance(3 * SECOND).unwrap();
    let mut again = plugin.restart(CONFIG);
    assert_eq!(hello(&mut again).applied, Some(id(2, 1)));
}

#[test]
fn what_is_damaged_or_foreign_is_passed_over_with_a_warning() {
    let good = settled().vm.shared_data(CONTENT).unwrap().value;
    let mut flipped = good.to_vec();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    for left in [&b""[..], b"something else", &good[..good.len() / 2], &flipped] {
        let plugin = settled();
        plugin.vm.set_shared_data(CONTENT, left);
        let mut again = plugin.restart(CONFIG);
        assert_eq!(again.ask(&editor()).status(), 503);
        let warnings = again.logged(LogLevel::Warn);
        assert!(warnings[0].starts_with("what another VM left is not used: "), "{warnings:?}");
        again.publish(&documents_by_token(), id(1, 1));
        assert!(again.ask(&editor()).is_allowed());
    }
    for mark in [&b""[..], b"something else", &[0xff; 64]] {
        let plugin = settled();
        plugin.vm.set_shared_data(MARK, mark);
        let mut again = plugin.restart(CONFIG);
        assert!(again.ask(&editor()).is_allowed());
        assert!(again.logged(LogLevel::Warn)[0].contains("mark of the newest snapshot is damaged"));
    }
}

#[test]
fn shared_data_that_cannot_be_reached_stops_nothing() {
    for function in [HostFn::GetSharedData, HostFn::SetSharedData] {
        let mut plugin = Plugin::start_vm(options());
        plugin.inject(Fault::always(function, Status::InternalFailure));
        let root = plugin.create_root(CONFIG).unwrap();
        let mut plugin = Plugin { vm: plugin, root };
        plugin.publish(&documents_by_token(), id(1, 1));
        plugin.vm.advance(5 * SECOND).unwrap();
        assert!(plugin.ask(&editor()).is_allowed());
    }
}

#[test]
fn feeds_of_other_clusters_start_with_nothing() {
    let mut again = settled().restart(r#"{"feed": {"cluster": "elsewhere"}}"#);
    assert_eq!(again.ask(&editor()).status(), 503);
}

#[test]
fn with_keys_only_what_is_signed_is_started_with() {
    let config = format!(r#"{{"feed": {{"cluster": "companion", "audience": "prod", "keys": {}}}}}"#, keys(b"a"));
    let mut plugin = Plugin::configured(&config);
    let set = content(&documents_by_token());
    let attestation = attest(b'a', "prod", &set, id(1, 1), plugin.vm.clock().now());
    let signed = set.encode(id(1, 1), &[attestation]);
    plugin.offer(id(1, 1), &signed);
    plugin.vm.advance(3 * SECOND).unwrap();
    let key = "tollgate.content\0companion\0prod\0a";
    assert_eq!(*plugin.vm.shared_data(key).unwrap().value, *signed);
    let mut again = plugin.restart(&config);
    assert!(again.ask(&editor()).is_allowed());
    again.vm.set_shared_data(key, compiled(&documents_by_token(), id(1, 1)));
    let mut forged = again.restart(&config);
    assert_eq!(forged.ask(&editor()).status(), 503);
    assert!(forged.logged(LogLevel::Warn)[0].contains("it is not signed"));
}
