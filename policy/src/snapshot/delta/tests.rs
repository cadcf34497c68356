use std::sync::Arc;

use proptest::prelude::*;

use super::super::tests::{ID, everything};
use super::super::{Compiler, Content, DecodeError, Snapshot, SnapshotId};
use super::DeltaError;
use crate::engine::Effect;
use crate::set::{Names, Policy, PolicySet};

const NEXT: SnapshotId = SnapshotId { version: ID.version + 1, ..ID };

fn content(set: &PolicySet) -> Content {
    Compiler::default().compile(set).unwrap()
}

fn snapshot(content: &Content, id: SnapshotId) -> Snapshot {
    Snapshot::decode(content.encode(id, &[])).unwrap()
}

fn many(count: usize) -> PolicySet {
    let policies = (0..count).map(|number| policy(&format!("policy-{number:05}"), "view"));
    PolicySet { policies: policies.collect(), ..everything() }
}

fn policy(name: &str, action: &str) -> Arc<Policy> {
    let names = |name: &str| Names::Of(vec![name.to_owned()]);
    let (kinds, actions, roles) = (names("document"), names(action), names("editor"));
    Arc::new(Policy { kinds, actions, roles, ..Policy::new(name, Effect::Allow) })
}

#[test]
fn a_delta_leads_to_exactly_the_later_snapshot() {
    let (old, mut set) = (content(&many(300)), many(300));
    set.policies[7] = policy(&set.policies[7].name.clone(), "edit");
    set.routes.pop();
    set.principals.clear();
    set.policies.truncate(250);
    let new = content(&set);
    let mut applied = snapshot(&old, ID);
    applied.apply(&new.delta(&old, ID, NEXT, &[])).unwrap();
    assert_eq!((applied.id(), applied.digest(), applied.policy_count()), (NEXT, new.digest(), 250));
    assert!(applied.encode() == new.encode(NEXT, &[]));
}

#[test]
fn the_delta_of_one_policy_is_small() {
    let mut set = many(10_000);
    let old = content(&set);
    for number in [0, 77, 5_000, 9_999] {
        let before = std::mem::replace(&mut set.policies[number], policy(&format!("policy-{number:05}"), "delete"));
        let delta = content(&set).delta(&old, ID, NEXT, &[]);
        assert!(delta.len() < 600, "{} bytes", delta.len());
        set.policies[number] = before;
    }
    set.policies.push(policy("added", "share"));
    assert!(content(&set).delta(&old, ID, NEXT, &[]).len() < 2048);
}

#[test]
fn a_delta_from_elsewhere_is_refused() {
    let (old, new) = (content(&many(30)), content(&many(31)));
    let delta = new.delta(&old, ID, NEXT, &[]);
    let mut later = snapshot(&old, NEXT);
    assert_eq!(later.apply(&delta), Err(DeltaError::Base { expected: NEXT, found: ID }));
    let mut other = snapshot(&content(&many(29)), ID);
    assert_eq!(other.apply(&delta), Err(DeltaError::Content(ID)));
    assert_eq!(other.policy_count(), 29);
    let whole = new.encode(NEXT, &[]);
    assert_eq!(other.apply(&whole), Err(DeltaError::Decode(DecodeError::NotASnapshot)));
}

#[test]
fn a_delta_that_leads_elsewhere_is_refused_and_changes_nothing() {
    let (old, new, other) = (content(&many(300)), content(&many(301)), content(&many(302)));
    let mut snapshot = snapshot(&old, ID);
    // The head of one, the changes of another.
    let [delta, wrong] = [&new, &other].map(|target| target.delta(&old, ID, NEXT, &[]));
    let head = 6 + 2 + 16 + 32 + 16 + 32 + 8;
    let mixed = [&delta[..head], &wrong[head..]].concat();
    assert_eq!(snapshot.apply(&mixed), Err(DeltaError::Digest(other.digest())));
    assert!(snapshot.encode() == old.encode(ID, &[]) && snapshot.policy_count() == 300);
    snapshot.apply(&delta).unwrap();
    assert_eq!(snapshot.policy_count(), 301);
}

#[test]
fn every_truncation_of_a_delta_and_any_trailing_byte_is_noticed() {
    let (old, new) = (content(&everything()), content(&many(3)));
    let mut delta = new.delta(&old, ID, NEXT, &[]);
    let mut snapshot = snapshot(&old, ID);
    for len in 0..delta.len() {
        assert!(snapshot.apply(&delta[..len]).is_err(), "{len} bytes");
    }
    delta.push(0);
    assert_eq!(snapshot.apply(&delta), Err(DeltaError::Decode(DecodeError::Trailing(1, "delta"))));
    assert!(snapshot.encode() == old.encode(ID, &[]));
}

#[test]
fn chunks_that_no_snapshot_has_are_refused_under_a_right_digest() {
    let old = content(&everything());
    let mut snapshot = snapshot(&old, ID);
    let broken = Content::of(super::ChunkKind::ALL.into_iter().flat_map(|kind| {
        old.chunks(kind).iter().map(move |chunk| (kind, chunk.iter().rev().copied().collect::<Vec<u8>>().into()))
    }));
    let refused = snapshot.apply(&broken.delta(&old, ID, NEXT, &[])).unwrap_err();
    assert!(matches!(refused, DeltaError::Decode(_)), "{refused}");
    assert!(snapshot.encode() == old.encode(ID, &[]) && snapshot.id() == ID && snapshot.policy_count() == 5);
}

/// A delta whose changes are chunks of policies, each so many bytes that are copies of what it was, after junk of its own.
fn bomb(old: &Content, junk: usize, chunks: &[usize]) -> Vec<u8> {
    let mut bomb = old.delta(old, ID, NEXT, &[]);
    assert_eq!(bomb.pop(), Some(0), "no changes");
    let mut out = super::Writer::default();
    out.len(chunks.len());
    for (place, bytes) in chunks.iter().enumerate() {
        let len = old.chunk(super::ChunkKind::Policies, place).unwrap().len();
        let copies = bytes / len;
        out.byte(super::ChunkKind::Policies.code());
        out.len(place);
        out.len(junk + copies * len);
        out.len(junk << 1);
        out.bytes(&vec![0; junk]);
        for _ in 0..copies {
            out.varint((len as u64) << 1 | 1);
            out.len(0);
        }
    }
    bomb.extend(out.0);
    bomb
}

#[test]
fn a_delta_that_makes_much_of_little_is_refused_before_it_is_made() {
    let old = content(&many(300));
    let mut snapshot = snapshot(&old, ID);
    let refused = snapshot.apply(&bomb(&old, 1, &[30 << 20])).unwrap_err();
    assert!(refused.to_string().starts_with("invalid length"), "{refused}");
    // Enough of its own to make that much of, but no snapshot holds it: nothing is made beyond the limit.
    let refused = snapshot.apply(&bomb(&old, 4 << 20, &[30 << 20, 30 << 20, 30 << 20])).unwrap_err();
    assert!(refused.to_string().contains("more bytes than the limit"), "{refused}");
    assert!(snapshot.encode() == old.encode(ID, &[]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn damaged_deltas_never_panic_and_change_nothing(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (old, new) = (content(&everything()), content(&many(25)));
        let mut delta = new.delta(&old, ID, NEXT, &[]);
        for (at, byte) in edits {
            let at = at.index(delta.len());
            delta[at] = byte;
        }
        let mut snapshot = snapshot(&old, ID);
        match snapshot.apply(&delta) {
            Ok(()) => prop_assert_eq!(snapshot.digest(), new.digest()),
            Err(_) => prop_assert!(snapshot.encode() == old.encode(ID, &[])),
        }
    }
}
