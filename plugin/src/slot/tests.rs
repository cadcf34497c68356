use tollgate_policy::snapshot::Compiler;

use super::*;
use crate::fixture;

const EARLY: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_secs(9);

fn put(slot: &Slot, version: u64, now: Duration) {
    let content = fixture::snapshot(&fixture::set(), version);
    slot.replace(Snapshot::decode(content).unwrap(), Confirmed::at(now), now);
}

fn version(slot: &Slot) -> Option<u64> {
    slot.standing().map(|standing| standing.id.version)
}

#[test]
fn a_snapshot_ages_from_the_time_it_is_put_in_force() {
    let slot = Slot::default();
    assert!(slot.current().is_none() && slot.age(LATE).is_none() && slot.staleness(LATE).is_none());
    put(&slot, 1, EARLY);
    assert_eq!((version(&slot), slot.age(LATE)), (Some(1), Some(LATE - EARLY)));
}

#[test]
fn requests_keep_what_they_hold() {
    let slot = Slot::default();
    put(&slot, 1, EARLY);
    let held = slot.current().unwrap();
    put(&slot, 2, LATE);
    assert_eq!((held.id().version, version(&slot)), (1, Some(2)));
    assert_eq!(slot.age(LATE), Some(Duration::ZERO));
}

#[test]
fn what_is_confirmed_is_fresh_and_no_younger() {
    let slot = Slot::default();
    slot.confirm(EARLY);
    put(&slot, 1, EARLY);
    assert_eq!(slot.staleness(LATE), Some(LATE - EARLY));
    slot.confirm(LATE);
    assert_eq!(slot.staleness(LATE), Some(Duration::ZERO));
    assert_eq!(slot.age(LATE), Some(LATE - EARLY));
}

#[test]
fn what_was_confirmed_before_the_vm_started_goes_on_aging() {
    let content = fixture::snapshot(&fixture::set(), 1);
    let slot = Slot::default();
    slot.replace(Snapshot::decode(content).unwrap(), Confirmed { at: EARLY, before: LATE }, EARLY);
    assert_eq!(slot.staleness(EARLY), Some(LATE));
    assert_eq!(slot.staleness(LATE), Some(LATE + LATE - EARLY));
}

#[test]
fn the_newer_of_two_slots_is_taken_over() {
    let (one, other) = (Slot::default(), Slot::default());
    one.take_over(&other);
    assert_eq!(version(&one), None);
    put(&other, 2, EARLY);
    one.take_over(&other);
    assert_eq!((version(&one), one.age(LATE)), (Some(2), Some(LATE - EARLY)));
    put(&one, 3, LATE);
    one.take_over(&other);
    assert_eq!(version(&one), Some(3));
}

#[test]
fn a_delta_changes_what_is_in_force_and_nothing_else() {
    let id = |version| SnapshotId { epoch: 1, version };
    let mut other = fixture::set();
    other.policies.truncate(1);
    let content = |set| Compiler::default().compile(set).unwrap();
    let delta = content(&other).delta(&content(&fixture::set()), id(1), id(2), &[]);
    let slot = Slot::default();
    assert!(matches!(slot.apply(&delta, LATE), Err(NotApplied::NoBase)));
    put(&slot, 1, EARLY);
    let held = slot.current();
    assert!(matches!(slot.apply(&delta, LATE), Err(NotApplied::NoBase)), "a request may hold it");
    drop(held);
    assert!(matches!(slot.apply(&delta[1..], LATE), Err(NotApplied::Delta(_))));
    assert_eq!((version(&slot), slot.age(LATE)), (Some(1), Some(LATE - EARLY)));
    slot.apply(&delta, LATE).unwrap();
    assert_eq!(
        (version(&slot), slot.age(LATE), slot.staleness(LATE)),
        (Some(2), Some(Duration::ZERO), Some(Duration::ZERO))
    );
    assert_eq!(slot.current().unwrap().policy_count(), 1);
}

fn related(slot: &Slot) -> Vec<String> {
    let snapshot = slot.current().unwrap();
    slot.index().related("editors-view", &snapshot).map(|related| related.policy.to_owned()).collect()
}

#[test]
fn the_index_snapshot_stays_whatever_comes_in_force_and_is_not_taken_over() {
    let slot = Slot::default();
    slot.take_part(Part::decode(fixture::part(1, &[])).unwrap());
    put(&slot, 1, EARLY);
    assert_eq!(related(&slot), ["documents-locked"]);
    put(&slot, 2, LATE);
    assert_eq!(related(&slot), ["documents-locked"]);
    let other = Slot::default();
    other.take_over(&slot);
    assert_eq!(version(&other), Some(2));
    assert_eq!(related(&other), [""; 0], "who is trusted for one may not be for the other");
}
