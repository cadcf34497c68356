//! A companion that lies: what it does to a VM is to be refused.

use std::time::Duration;

use tollgate_host_tests::{LogLevel, VmOptions};

use crate::feed::{self, FromWorker};
use crate::metadata::person;
use crate::plugin::{CONFIG, Plugin, options};
use crate::policies::{compiled, content, documents_by_token, id, nothing};
use crate::request::Request;
use crate::wire::message;

const SECOND: Duration = Duration::from_secs(1);

/// A VM that may take 64 MiB for a message, 48 MiB besides, and no more.
fn deciding() -> Plugin {
    let options = VmOptions { memory_limit: 112 << 20, call_limit: 0, ..options() };
    let mut plugin = Plugin::with_options(CONFIG, options);
    plugin.publish(&documents_by_token(), id(5, 5));
    plugin
}

/// Snapshot 5.5 is in force and decides.
fn assert_unharmed(plugin: &mut Plugin) {
    let view = |role| Request::get("/documents/1").metadata(person("ann", role));
    assert!(plugin.ask(&view("editor")).is_allowed());
    assert_eq!(plugin.ask(&view("viewer")).status(), 403);
    plugin.vm.tick().unwrap();
    let metrics = plugin.vm.metrics();
    let gauges = ["epoch", "version"].map(|name| metrics.gauge(&format!("tollgate.snapshot.{name}")));
    assert_eq!(gauges, [Some(5), Some(5)]);
}

#[test]
fn nothing_that_a_liar_sends_is_taken() {
    let mut plugin = deciding();
    let full = |epoch, version| feed::snapshot(id(epoch, version), &compiled(&nothing(), id(epoch, version)));
    let delta = |from, to| {
        let content = content(&nothing()).delta(&content(&documents_by_token()), from, to, &[]);
        feed::delta(to, from, &content)
    };
    let mut wrong_digest = content(&nothing()).delta(&content(&documents_by_token()), id(5, 5), id(5, 6), &[]);
    let last = wrong_digest.len() - 1;
    wrong_digest[last] ^= 1;
    let lies = [
        full(4, 99),
        full(5, 4),
        full(5, 5),
        feed::snapshot(id(9, 9), &compiled(&nothing(), id(4, 9))),
        feed::snapshot(id(5, 6), &compiled(&nothing(), id(5, 6))[..100]),
        feed::snapshot(id(5, 6), &[0xff; 1000]),
        delta(id(5, 4), id(5, 6)),
        delta(id(5, 5), id(5, 4)),
        feed::delta(id(5, 6), id(5, 5), &wrong_digest),
        feed::delta(id(5, 6), id(5, 5), &compiled(&nothing(), id(5, 6))),
        feed::snapshot(id(5, 6), &content(&nothing()).delta(&content(&documents_by_token()), id(5, 5), id(5, 6), &[])),
        feed::delta(id(5, 6), id(5, 5), &wrong_digest[..last]),
        feed::delta(id(5, 6), id(5, 5), b""),
        vec![0xff; 100],
        message(3, b"\x0a"),
        [full(5, 6), feed::current(id(5, 6))].concat(),
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let said = plugin.deliver(lie);
        assert!(matches!(said.as_slice(), [FromWorker::Nack { .. }]), "lie {number}: {said:?}");
        assert_unharmed(&mut plugin);
    }
}

#[test]
fn giant_frames_neither_stay_nor_pile_up() {
    let mut plugin = deciding();
    let mut sizes = Vec::new();
    for turn in 0..4 {
        let giant = vec![turn; (64 << 20) - 100];
        for message in [
            feed::snapshot(id(5, 6), &giant),
            feed::delta(id(5, 6), id(5, 5), &giant),
            message(15, &giant),
            vec![0; 65 << 20],
        ] {
            plugin.deliver(message);
        }
        sizes.push(plugin.vm.memory_size());
        assert_unharmed(&mut plugin);
    }
    assert_eq!(sizes[1..], [sizes[1]; 3], "{sizes:?}");
}

#[test]
fn a_stream_of_refusals_is_given_up_and_asked_for_again_ever_less_often() {
    let mut plugin = deciding();
    let mut waits = Vec::new();
    for _ in 0..12 {
        for _ in 0..8 {
            assert!(plugin.has_feed());
            plugin.deliver(b"\xff".to_vec());
        }
        assert!(!plugin.has_feed());
        let given_up = plugin.vm.clock().now();
        plugin.reconnect();
        waits.push(plugin.vm.clock().now() - given_up);
        assert_unharmed(&mut plugin);
    }
    assert!(waits[0] <= SECOND && waits[11] >= 15 * SECOND && waits[11] <= 31 * SECOND, "{waits:?}");
    let warnings = plugin.logged(LogLevel::Warn);
    assert!(warnings.iter().any(|line| line.contains("nothing that it brings can be used")));
    plugin.deliver(feed::snapshot(id(5, 6), &compiled(&documents_by_token(), id(5, 6))));
    assert_eq!(plugin.counter("tollgate.snapshots.result.applied"), 2);
}

#[test]
fn messages_without_end_are_given_up_on() {
    let mut plugin = deciding();
    let warm = plugin.vm.memory_size();
    for _ in 0..3 {
        let mut messages = 0;
        plugin.reconnect();
        while plugin.has_feed() {
            messages += 1;
            plugin.deliver(if messages % 2 == 0 { feed::current(id(9, 9)) } else { message(15, "more to come") });
        }
        assert!((500..2000).contains(&messages), "{messages}");
        assert_unharmed(&mut plugin);
    }
    assert!(plugin.vm.memory_size() - warm <= 1 << 17);
}
