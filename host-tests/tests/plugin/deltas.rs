//! Deltas: what differs, applied to the snapshot in force between two requests.

use std::time::Duration;

use tollgate_host_tests::VmOptions;
use tollgate_policy::snapshot::SnapshotId;

use crate::feed::{self, FromWorker};
use crate::metadata::person;
use crate::plugin::{CONFIG, Plugin, options};
use crate::policies::{compiled, content, documents_by_token, id, nothing, on_body};
use crate::request::Request;

fn editor() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

/// What leads from one set to another.
fn delta(from: (&str, SnapshotId), to: (&str, SnapshotId)) -> Vec<u8> {
    content(to.0).delta(&content(from.0), from.1, to.1, &[])
}

/// Delivers one that claims to be what its own head says.
fn offer(plugin: &mut Plugin, base: SnapshotId, id: SnapshotId, delta: &[u8]) -> Vec<FromWorker> {
    plugin.deliver(feed::delta(id, base, delta))
}

fn assert_wants_full(said: &[FromWorker], because: &str) {
    let [FromWorker::Nack { reason, wants_full: true, .. }] = said else { panic!("{said:?}") };
    assert!(reason.contains(because), "`{reason}` does not say `{because}`");
}

#[test]
fn a_delta_changes_decisions_from_the_next_request_on() {
    let (full, none) = (documents_by_token(), nothing());
    let mut plugin = Plugin::deciding(CONFIG, &full);
    assert!(plugin.ask(&editor()).is_allowed());
    let (first, second, third) = (id(1, 1), id(1, 2), id(2, 0));
    let there = delta((&full, first), (&none, second));
    assert_eq!(offer(&mut plugin, first, second, &there), [FromWorker::Ack(second)]);
    assert_eq!(plugin.ask(&editor()).status(), 403);
    let back = delta((&none, second), (&full, third));
    assert_eq!(offer(&mut plugin, second, third, &back), [FromWorker::Ack(third)]);
    assert!(plugin.ask(&editor()).is_allowed());
    assert_eq!(plugin.counter("tollgate.snapshots.result.applied"), 3);
    assert_eq!(plugin.vm.metrics().gauge("tollgate.snapshot.epoch"), Some(2));
}

#[test]
fn a_delta_is_much_smaller_than_the_snapshot_that_it_leads_to() {
    let one_more = documents_by_token().replace("roles: [editor]}", "roles: [editor, auditor]}");
    let size = delta((&documents_by_token(), id(1, 1)), (&one_more, id(1, 2))).len();
    assert!(size < compiled(&one_more, id(1, 2)).len() / 2, "{size}");
}

#[test]
fn principals_are_read_anew_after_a_delta() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let viewer = Request::get("/documents/1").metadata(person("vic", "viewer"));
    assert_eq!(plugin.ask(&viewer).status(), 403);
    let opened = documents_by_token().replace("roles: [editor]}", "roles: [viewer]}");
    let change = delta((&documents_by_token(), id(1, 1)), (&opened, id(1, 2)));
    offer(&mut plugin, id(1, 1), id(1, 2), &change);
    assert!(plugin.ask(&viewer).is_allowed());
    assert_eq!(plugin.ask(&editor()).status(), 403);
}

#[test]
fn a_request_whose_body_is_awaited_is_decided_by_what_is_in_force_in_the_end() {
    let options = VmOptions { allow_on_headers_stop_iteration: true, ..options() };
    let [open, shut] = ["true", "false"].map(|ok| on_body(&format!("request.body.ok == {ok}"), 1000));
    let mut plugin = Plugin::with_options(CONFIG, options);
    plugin.publish(&open, id(1, 1));
    let request =
        Request::get("/documents/1").metadata(person("ann", "editor")).header("content-type", "application/json");
    let (stream, outcome) = plugin.begin(&request, false);
    assert!(!outcome.goes_on, "it is held");
    let change = delta((&open, id(1, 1)), (&shut, id(1, 2)));
    assert_eq!(offer(&mut plugin, id(1, 1), id(1, 2), &change), [FromWorker::Ack(id(1, 2))]);
    plugin.vm.request_body(stream, r#"{"ok": true}"#, true).unwrap();
    assert_eq!(plugin.vm.stream(stream).unwrap().local_responses()[0].status, 403);
    plugin.vm.finish(stream).unwrap();
}

#[test]
fn a_delta_of_anything_but_what_is_in_force_asks_for_the_whole() {
    let (full, none) = (documents_by_token(), nothing());
    let mut cold = Plugin::configured(CONFIG);
    let change = delta((&full, id(1, 1)), (&none, id(1, 2)));
    assert_wants_full(&offer(&mut cold, id(1, 1), id(1, 2), &change), "a delta of 1.1, which is not in force");
    let mut plugin = Plugin::deciding(CONFIG, &full);
    let elsewhere = delta((&full, id(1, 2)), (&none, id(1, 3)));
    assert_wants_full(&offer(&mut plugin, id(1, 2), id(1, 3), &elsewhere), "a delta of 1.2, which is not in force");
    let another = delta((&none, id(1, 1)), (&full, id(1, 2)));
    assert_wants_full(&offer(&mut plugin, id(1, 1), id(1, 2), &another), "a delta of 1.1, which is not in force");
    assert!(plugin.ask(&editor()).is_allowed());
    plugin.publish(&none, id(1, 3));
    assert_eq!(plugin.ask(&editor()).status(), 403);
}

#[test]
fn a_damaged_delta_changes_nothing_and_asks_for_the_whole() {
    let (full, none) = (documents_by_token(), nothing());
    let mut plugin = Plugin::deciding(CONFIG, &full);
    let good = delta((&full, id(1, 1)), (&none, id(1, 2)));
    let cut = (0..good.len()).map(|length| good[..length].to_vec());
    let flipped = (0..good.len() * 8).map(|bit| {
        let mut damaged = good.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        damaged
    });
    for (turn, damaged) in cut.chain(flipped).enumerate() {
        if turn % 7 == 0 {
            plugin.publish(&full, id(1, 1));
            plugin.vm.advance(Duration::from_secs(1)).unwrap();
        }
        assert_wants_full(&offer(&mut plugin, id(1, 1), id(1, 2), &damaged), "");
    }
    assert!(plugin.ask(&editor()).is_allowed());
    assert_eq!(offer(&mut plugin, id(1, 1), id(1, 2), &good), [FromWorker::Ack(id(1, 2))]);
    assert_eq!(plugin.ask(&editor()).status(), 403);
}

#[test]
fn memory_does_not_grow_with_the_deltas() {
    let (full, none) = (documents_by_token(), nothing());
    let mut plugin = Plugin::deciding(CONFIG, &full);
    let mut version = 1;
    let mut go_on = |times: usize| {
        for _ in 0..times {
            for (from, to) in [(&full, &none), (&none, &full)] {
                let change = delta((from, id(1, version)), (to, id(1, version + 1)));
                assert_eq!(offer(&mut plugin, id(1, version), id(1, version + 1), &change).len(), 1);
                version += 1;
            }
            plugin.ask(&editor());
            plugin.vm.tick().unwrap();
        }
        plugin.vm.memory_size()
    };
    let warm = go_on(20);
    assert_eq!(go_on(100), warm);
}
