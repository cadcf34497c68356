//! Snapshots that cannot be used: refused with a reason, while the one in force goes on deciding.

use std::time::Duration;

use tollgate_policy::snapshot::{FORMAT, SnapshotId};

use crate::feed::{FromWorker, id_message, snapshot};
use crate::metadata::person;
use crate::plugin::{CONFIG, Plugin};
use crate::policies::{compiled, documents_by_token, id, nothing};
use crate::request::Request;
use crate::wire::{message, number};

const REFUSED: &str = "tollgate.snapshots.result.refused";

fn deciding() -> Plugin {
    Plugin::deciding(CONFIG, &documents_by_token())
}

/// Holds that the message is refused for this reason, under this id, and changes nothing.
fn assert_refused(plugin: &mut Plugin, message: Vec<u8>, expected: Option<SnapshotId>, because: &str) {
    let before = plugin.counter(REFUSED);
    let said = plugin.deliver(message);
    let [FromWorker::Nack { id, reason, .. }] = said.as_slice() else { panic!("not refused: {said:?}") };
    assert_eq!(*id, expected);
    assert!(!reason.is_empty() && reason.len() <= 256, "{reason}");
    assert!(reason.contains(because), "`{reason}` does not say `{because}`");
    assert_eq!(plugin.counter(REFUSED), before + 1);
    assert_still_deciding(plugin);
}

/// Snapshot 1.1 is in force.
fn assert_still_deciding(plugin: &mut Plugin) {
    plugin.vm.tick().unwrap();
    let view = |role| Request::get("/documents/1").metadata(person("ann", role));
    assert!(plugin.ask(&view("editor")).is_allowed());
    assert_eq!(plugin.ask(&view("viewer")).status(), 403);
    assert_eq!(plugin.vm.metrics().gauge("tollgate.snapshot.version"), Some(1));
}

/// Offers the one in force again now and then, so that the stream is not given up.
fn take_the_edge_off(plugin: &mut Plugin, turn: usize) {
    if turn.is_multiple_of(7) {
        plugin.publish(&documents_by_token(), id(1, 1));
        plugin.vm.advance(Duration::from_secs(1)).unwrap();
    }
}

/// The set that allows nothing: it would be noticed.
fn other(id: SnapshotId) -> Vec<u8> {
    compiled(&nothing(), id)
}

#[test]
fn a_snapshot_cut_short_anywhere_is_refused() {
    let mut plugin = deciding();
    let whole = other(id(1, 2));
    for length in 0..whole.len() {
        take_the_edge_off(&mut plugin, length);
        let said = plugin.offer(id(1, 2), &whole[..length]);
        assert!(matches!(said.as_slice(), [FromWorker::Nack { .. }]), "{length} bytes: {said:?}");
    }
    assert_still_deciding(&mut plugin);
    assert_eq!(plugin.counter(REFUSED), whole.len() as u64);
}

#[test]
fn a_snapshot_with_any_bit_flipped_is_refused() {
    let mut plugin = deciding();
    let whole = other(id(1, 2));
    for at in 0..whole.len() * 8 {
        take_the_edge_off(&mut plugin, at);
        let mut damaged = whole.clone();
        damaged[at / 8] ^= 1 << (at % 8);
        let said = plugin.offer(id(1, 2), &damaged);
        assert!(matches!(said.as_slice(), [FromWorker::Nack { .. }]), "bit {at}: {said:?}");
    }
    assert_still_deciding(&mut plugin);
}

#[test]
fn a_snapshot_with_something_behind_it_is_refused() {
    let mut content = other(id(1, 2));
    content.push(0);
    assert_refused(&mut deciding(), snapshot(id(1, 2), &content), Some(id(1, 2)), "cannot be used");
}

#[test]
fn a_snapshot_under_another_id_is_refused() {
    let message = snapshot(id(1, 3), &other(id(1, 2)));
    assert_refused(&mut deciding(), message, Some(id(1, 3)), "snapshot 1.3 calls itself 1.2");
}

#[test]
fn an_older_snapshot_is_refused() {
    let message = snapshot(id(0, 99), &other(id(0, 99)));
    assert_refused(&mut deciding(), message, Some(id(0, 99)), "older than 1.1");
}

#[test]
fn an_older_snapshot_does_not_come_in_under_a_newer_id() {
    let message = snapshot(id(2, 0), &other(id(0, 99)));
    assert_refused(&mut deciding(), message, Some(id(2, 0)), "calls itself 0.99");
}

#[test]
fn another_snapshot_under_the_id_in_force_is_refused() {
    let message = snapshot(id(1, 1), &other(id(1, 1)));
    assert_refused(&mut deciding(), message, Some(id(1, 1)), "in force already, with another content");
}

#[test]
fn a_snapshot_of_another_format_is_refused() {
    for format in [0, FORMAT - 1, FORMAT + 1, u16::MAX] {
        let mut content = other(id(1, 2));
        content[6..8].copy_from_slice(&format.to_le_bytes());
        assert_refused(&mut deciding(), snapshot(id(1, 2), &content), Some(id(1, 2)), "format");
    }
}

#[test]
fn a_snapshot_without_content_is_refused() {
    assert_refused(&mut deciding(), snapshot(id(1, 2), b""), Some(id(1, 2)), "cannot be used");
    let without_field = message(1, message(1, id_message(id(1, 2))));
    assert_refused(&mut deciding(), without_field, Some(id(1, 2)), "cannot be used");
}

#[test]
fn a_snapshot_without_an_id_is_refused() {
    let unnamed = message(1, message(2, other(id(1, 2))));
    assert_refused(&mut deciding(), unnamed, None, "names no snapshot id");
}

#[test]
fn a_message_that_is_no_protobuf_is_refused() {
    assert_refused(&mut deciding(), b"\xff\xff\xff".to_vec(), None, "cannot be decoded");
    let whole = snapshot(id(1, 2), &other(id(1, 2)));
    assert_refused(&mut deciding(), whole[..whole.len() / 2].to_vec(), None, "cannot be decoded");
}

#[test]
fn a_message_of_an_unknown_kind_is_passed_over() {
    let mut plugin = deciding();
    assert_eq!(plugin.deliver(message(15, "from a later version")), []);
    assert_eq!(plugin.deliver(number(14, 1)), []);
    assert_eq!(plugin.deliver(Vec::new()), []);
    assert_eq!(plugin.counter(REFUSED), 0);
    assert_still_deciding(&mut plugin);
}

#[test]
fn a_giant_message_is_refused_unread_by_the_id_it_begins_with() {
    let mut plugin = deciding();
    let before = plugin.vm.memory_size();
    let giant = snapshot(id(1, 2), &vec![0; (64 << 20) + 1]);
    assert_refused(&mut plugin, giant, Some(id(1, 2)), "more than 67108864");
    let nameless = message(1, message(2, vec![0; (64 << 20) + 1]));
    assert_refused(&mut plugin, nameless, None, "more than 67108864");
    assert!(plugin.vm.memory_size() - before < 1 << 20);
}

#[test]
fn the_largest_message_that_is_read_and_is_nonsense_is_refused() {
    let content = vec![0; (64 << 20) - 64];
    assert_refused(&mut deciding(), snapshot(id(1, 2), &content), Some(id(1, 2)), "cannot be used");
}

#[test]
fn a_refused_first_snapshot_leaves_the_plugin_without_one() {
    let mut plugin = Plugin::configured(CONFIG);
    let mut content = documents_by_token_content();
    content.truncate(40);
    plugin.offer(id(1, 1), &content);
    let view = Request::get("/documents/1").metadata(person("ann", "editor"));
    assert_eq!(plugin.ask(&view).status(), 503);
    plugin.publish(&documents_by_token(), id(1, 1));
    assert!(plugin.ask(&view).is_allowed());
}

fn documents_by_token_content() -> Vec<u8> {
    compiled(&documents_by_token(), id(1, 1))
}
