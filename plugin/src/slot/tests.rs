use super::*;
use crate::fixture;

const EARLY: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_secs(9);

fn id(version: u64) -> SnapshotId {
    SnapshotId { epoch: 1, version }
}

fn slot_with(version: u64) -> Slot {
    let slot = Slot::default();
    slot.offer(id(version), fixture::snapshot(&fixture::set(), version), EARLY).unwrap();
    slot
}

#[test]
fn the_first_snapshot_is_taken_and_ages() {
    assert!(Slot::default().current().is_none() && Slot::default().age(LATE).is_none());
    let slot = slot_with(1);
    assert_eq!(slot.id(), Some(id(1)));
    assert_eq!(slot.age(LATE), Some(LATE - EARLY));
}

#[test]
fn a_newer_one_replaces_it_while_requests_keep_what_they_hold() {
    let slot = slot_with(1);
    let held = slot.current().unwrap();
    slot.offer(id(2), fixture::snapshot(&fixture::set(), 2), LATE).unwrap();
    assert_eq!((held.id(), slot.id()), (id(1), Some(id(2))));
    assert_eq!(slot.age(LATE), Some(Duration::ZERO));
}

#[test]
fn an_older_one_is_refused() {
    let slot = slot_with(2);
    let refusal = slot.offer(id(1), fixture::snapshot(&fixture::set(), 1), LATE).unwrap_err();
    assert_eq!(refusal.to_string(), "snapshot 1.1 is older than 1.2, which is in force");
    assert_eq!(slot.id(), Some(id(2)));
}

#[test]
fn the_same_one_again_is_accepted_and_does_not_rejuvenate() {
    let slot = slot_with(1);
    slot.offer(id(1), fixture::snapshot(&fixture::set(), 1), LATE).unwrap();
    assert_eq!(slot.age(LATE), Some(LATE - EARLY));
}

#[test]
fn another_content_under_the_same_id_is_refused() {
    let slot = slot_with(1);
    let mut other = fixture::set();
    other.policies.truncate(1);
    let refusal = slot.offer(id(1), fixture::snapshot(&other, 1), LATE);
    assert!(matches!(refusal, Err(Refused::Conflicting { .. })));
}

#[test]
fn damage_is_refused_and_the_good_one_stays() {
    let slot = slot_with(1);
    let good = fixture::snapshot(&fixture::set(), 2);
    for position in 0..good.len() {
        let mut damaged = good.clone();
        damaged[position] ^= 0x10;
        assert!(slot.offer(id(2), &damaged, LATE).is_err(), "byte {position}");
    }
    assert!(slot.offer(id(2), [], LATE).is_err());
    assert_eq!(slot.id(), Some(id(1)));
}

#[test]
fn a_snapshot_under_another_ones_id_is_refused() {
    let slot = Slot::default();
    let refusal = slot.offer(id(3), fixture::snapshot(&fixture::set(), 2), EARLY);
    assert!(matches!(refusal, Err(Refused::Mislabelled { .. })));
    assert!(slot.current().is_none());
}
