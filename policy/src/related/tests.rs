use std::collections::HashMap;
use std::sync::Arc;

use crate::set::{Names, PolicySet};
use crate::snapshot::{Snapshot, SnapshotId, encode};

use super::*;

fn snapshot(names: &[&str]) -> Snapshot {
    let policy = |name: &&str| {
        Arc::new(crate::set::Policy {
            kinds: Names::Of(vec!["document".into()]),
            actions: Names::Of(vec!["view".into()]),
            roles: Names::Any,
            ..crate::set::Policy::new(name, crate::engine::Effect::Allow)
        })
    };
    let set = PolicySet { policies: names.iter().map(policy).collect(), ..PolicySet::default() };
    Snapshot::decode(encode(&set, SnapshotId { epoch: 1, version: 1 }).unwrap()).unwrap()
}

fn id(generation: u64, parts: u16, number: u16) -> PartId {
    PartId { model: "v1".to_owned(), generation, revision: 7, parts, number }
}

fn policy(name: &str, neighbours: &[(&str, f32)]) -> Policy {
    let neighbour = |(name, cosine): &(&str, f32)| (PolicyKey::of(name), Similarity::of_cosine(*cosine).unwrap());
    Policy { key: PolicyKey::of(name), neighbours: neighbours.iter().map(neighbour).collect() }
}

fn encoded(id: &PartId, mut policies: Vec<Policy>) -> Vec<u8> {
    policies.retain(|policy| policy.key.part(id.parts.into()) == usize::from(id.number));
    policies.sort_by_key(|policy| policy.key);
    PartContent::new(id, &policies).encode(&[])
}

fn part_of(name: &str, parts: u16) -> u16 {
    PolicyKey::of(name).part(parts.into()) as u16
}

/// All parts of these policies.
fn index_snapshot(generation: u64, parts: u16, policies: &[Policy]) -> IndexSnapshot {
    let mut index = IndexSnapshot::default();
    for number in 0..parts {
        index.take(Part::decode(encoded(&id(generation, parts, number), policies.to_vec())).unwrap());
    }
    index
}

fn related(index: &IndexSnapshot, policy: &str, snapshot: &Snapshot) -> Vec<String> {
    let shown = |related: Related<'_>| format!("{} {}", related.policy, related.similarity);
    index.related(policy, snapshot).map(shown).collect()
}

#[test]
fn what_is_related_is_named_most_similar_first() {
    let snapshot = snapshot(&["a", "b", "c", "d"]);
    let policies = [policy("a", &[("c", 0.999), ("b", 0.5), ("d", 0.1)]), policy("b", &[("a", 1.0)]), policy("c", &[])];
    for parts in [1, 2, 16, MAX_PARTS as u16] {
        let index = index_snapshot(1, parts, &policies);
        assert_eq!(related(&index, "a", &snapshot), ["c 1.00", "b 0.50", "d 0.10"]);
        assert_eq!(related(&index, "b", &snapshot), ["a 1.00"]);
        for none in ["c", "d", "e", ""] {
            assert_eq!(related(&index, none, &snapshot), [""; 0], "{none}");
        }
    }
    assert_eq!(related(&IndexSnapshot::default(), "a", &snapshot), [""; 0]);
}

#[test]
fn what_the_policies_no_longer_have_is_not_named() {
    let index = index_snapshot(1, 2, &[policy("a", &[("b", 0.9), ("c", 0.8), ("d", 0.7)])]);
    assert_eq!(related(&index, "a", &snapshot(&["a", "c"])), ["c 0.80"]);
    assert_eq!(related(&index, "a", &snapshot(&["b", "c"])), [""; 0]);
    assert_eq!(related(&index, "a", &snapshot(&[])), [""; 0]);
}

#[test]
fn policies_that_share_a_key_are_not_named() {
    let mut seen: HashMap<PolicyKey, String> = HashMap::new();
    let (one, two) = (0..)
        .find_map(|number| {
            let name = format!("policy-{number}");
            seen.insert(PolicyKey::of(&name), name.clone()).map(|other| (other, name))
        })
        .unwrap();
    let index = index_snapshot(1, 1, &[policy("a", &[(&one, 0.9), ("b", 0.8)]), policy(&one, &[("a", 0.9)])]);
    let both = snapshot(&["a", "b", &one, &two]);
    assert_eq!(related(&index, "a", &both), ["b 0.80"]);
    assert_eq!(related(&index, &one, &both), [""; 0]);
    // The one that is left is taken for the one that is gone.
    assert_eq!(related(&index, "a", &snapshot(&["a", "b", &two])), [format!("{two} 0.90"), "b 0.80".to_owned()]);
}

#[test]
fn every_policy_of_a_snapshot_is_found_by_its_key() {
    let names: Vec<String> = (0..3000).map(|number| format!("policy-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for count in [1, 19, 20, 21, 100, 640, 641, 3000] {
        let snapshot = snapshot(&names[..count]);
        for name in &names {
            let expected = names[..count].contains(name).then_some(*name);
            assert_eq!(snapshot.policy_of(PolicyKey::of(name)), expected);
        }
    }
}

#[test]
fn a_part_replaces_the_one_before_and_another_index_snapshot_all() {
    let snapshot = snapshot(&["a", "b", "c"]);
    let mut index = index_snapshot(1, 2, &[policy("a", &[("c", 0.9)]), policy("b", &[("c", 0.9)])]);
    let (a, b) = (part_of("a", 2), part_of("b", 2));
    assert_ne!(a, b, "two parts");
    let of_a = |id| Part::decode(encoded(&id, vec![policy("a", &[("b", 0.3)])])).unwrap();
    index.take(of_a(id(1, 2, a)));
    assert_eq!(related(&index, "a", &snapshot), ["b 0.30"]);
    assert_eq!(related(&index, "b", &snapshot), ["c 0.90"]);
    let other_model = PartId { model: "v2".to_owned(), ..id(1, 2, a) };
    let other_division = id(1, 4, part_of("a", 4));
    for other in [id(2, 2, a), other_model, other_division] {
        let mut index = index_snapshot(1, 2, &[policy("b", &[("c", 0.9)])]);
        index.take(of_a(other));
        assert_eq!(related(&index, "a", &snapshot), ["b 0.30"]);
        assert_eq!(related(&index, "b", &snapshot), [""; 0], "of another model, generation or division");
    }
}

#[test]
fn every_damaged_part_is_refused() {
    let attestation = crate::snapshot::Attestation {
        key: "k".to_owned(),
        audience: "prod".to_owned(),
        issued_at: 5,
        signature: [9; 64],
    };
    let policies = vec![policy("a", &[("b", 0.9)]), policy("b", &[("a", 0.9), ("c", 0.2)])];
    let mut policies = policies;
    policies.sort_by_key(|policy| policy.key);
    let whole = PartContent::new(&id(1, 1, 0), &policies).encode(&[attestation]);
    Part::decode(whole.clone()).unwrap();
    for cut in 0..whole.len() {
        Part::decode(whole[..cut].to_vec()).unwrap_err();
    }
    Part::decode([&whole[..], b"\0"].concat()).unwrap_err();
    for bit in 0..whole.len() * 8 {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        Part::decode(damaged).unwrap_err();
    }
}

#[test]
fn what_no_encoder_writes_is_refused_whatever_its_digest() {
    let good = || vec![policy("a", &[("b", 0.9)]), policy("b", &[("a", 0.9)])];
    let refused = |id: PartId, policies: &[Policy]| {
        let error = Part::decode(PartContent::new(&id, policies).encode(&[])).unwrap_err().to_string();
        assert!(error.contains("part"), "{error}");
    };
    let mut descending = good();
    descending.sort_by_key(|policy| std::cmp::Reverse(policy.key));
    refused(id(1, 1, 0), &descending);
    refused(id(1, 1, 0), &[good()[0].clone(), good()[0].clone()]);
    refused(id(1, 1, 0), &[policy("a", &[("a", 0.9)])]);
    refused(id(1, 1, 0), &[policy("a", &[("b", 0.8), ("c", 0.9)])]);
    refused(id(1, 2, 1 - part_of("a", 2)), &[policy("a", &[])]);
    refused(id(1, 3, 0), &[]);
    refused(id(1, 0, 0), &[]);
    refused(id(1, 2, 2), &[]);
    refused(id(1, 2 * MAX_PARTS as u16, 0), &[]);
    refused(PartId { model: String::new(), ..id(1, 1, 0) }, &[]);
    refused(PartId { model: "x".repeat(201), ..id(1, 1, 0) }, &[]);
    let many: Vec<Policy> =
        (0..=MAX_POLICIES as u32).map(|key| Policy { key: PolicyKey(key), neighbours: vec![] }).collect();
    refused(id(1, 1, 0), &many);
    Part::decode(PartContent::new(&id(1, 1, 0), &many[1..]).encode(&[])).unwrap();
}

#[test]
fn a_signature_over_a_snapshot_is_none_over_a_part() {
    let digest = crate::digest::Digest([3; 32]);
    let of_snapshot = crate::snapshot::Attestation::statement("prod", SnapshotId { epoch: 1, version: 2 }, &digest, 9);
    let of_part = PartHead::statement("prod", &digest, 9);
    assert!(!of_snapshot.starts_with(&of_part[..22]) && of_part.starts_with(b"tollgate index snapshot"));
    assert_ne!(PartHead::statement("prod", &digest, 10), of_part);
    assert_ne!(PartHead::statement("test", &digest, 9), of_part);
}

#[test]
fn looking_up_allocates_nothing() {
    let snapshot = snapshot(&["a", "b", "c"]);
    let index = index_snapshot(1, 2, &[policy("a", &[("b", 0.9), ("c", 0.8)])]);
    let mut found = 0;
    let info = allocation_counter::measure(|| found = index.related("a", &snapshot).count());
    assert_eq!((found, info.count_total), (2, 0));
}

#[test]
fn similarities_are_cosines_above_nothing() {
    for (cosine, shown) in [(1.0, "1.00"), (1.5, "1.00"), (0.5, "0.50"), (0.004, "0.00")] {
        assert_eq!(Similarity::of_cosine(cosine).unwrap().to_string(), shown);
    }
    for nothing in [0.0, -0.3, 0.0019, f32::NAN] {
        assert_eq!(Similarity::of_cosine(nothing), None);
    }
}
