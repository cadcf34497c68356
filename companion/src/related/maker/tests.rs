use tollgate_policy::digest::Digest;
use tollgate_policy::engine::Effect;
use tollgate_policy::related::IndexSnapshot;
use tollgate_policy::set::{Names, Policy, PolicySet};
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};
use tollgate_search::{Dimensions, Entry, Model, ModelVersion, Settings, TextHash, Vector};

use super::*;

fn index(policies: usize) -> Index {
    let dimensions = Dimensions::new(2).unwrap();
    let model = Model { version: ModelVersion::default(), fingerprint: Digest([0; 32]), dimensions };
    let index = Index::in_memory(model, Settings::default());
    (0..policies).for_each(|number| put(&index, number, number as f32 / 10.0));
    index
}

fn name(number: usize) -> String {
    format!("policy-{number}")
}

fn put(index: &Index, number: usize, degrees: f32) {
    let vector = Vector::normalised(vec![degrees.to_radians().cos(), degrees.to_radians().sin()]).unwrap();
    index.insert(&[Entry { name: &name(number), text: TextHash::of(&degrees.to_string()), vector: &vector }]).unwrap();
}

fn make(maker: &mut Maker, generation: u64, revision: u64, index: &Index) -> Arc<Extract> {
    maker.make(generation, revision, index, &|| true).unwrap()
}

/// As a VM takes it.
fn taken(extract: &Extract) -> IndexSnapshot {
    let mut index = IndexSnapshot::default();
    for part in &extract.parts {
        index.take(tollgate_policy::related::Part::decode(part.content.encode(&[])).unwrap());
    }
    index
}

#[test]
fn a_vm_finds_every_policy_in_its_part() {
    let extract = make(&mut Maker::default(), 3, 9, &index(800));
    assert_eq!((extract.parts.len(), extract.policies, extract.generation, extract.revision), (2, 800, 3, 9));
    let names = || Names::Of(vec!["x".to_owned()]);
    let policy = |number| {
        let policy = Policy::new(&name(number), Effect::Allow);
        Arc::new(Policy { kinds: names(), actions: names(), roles: names(), ..policy })
    };
    let policies = (0..800).map(policy).collect();
    let set = PolicySet { policies, ..PolicySet::default() };
    let snapshot = Snapshot::decode(encode(&set, SnapshotId { epoch: 1, version: 1 }).unwrap()).unwrap();
    let index = taken(&extract);
    for number in 0..800 {
        assert_eq!(index.related(&name(number), &snapshot).count(), 5, "{number}");
    }
}

#[test]
fn parts_in_which_nothing_changed_are_the_same() {
    let (index, mut maker) = (index(900), Maker::default());
    let first = make(&mut maker, 1, 1, &index);
    assert_eq!(first.parts.len(), 2);
    let again = make(&mut maker, 1, 2, &index);
    assert!(first.parts.iter().zip(&again.parts).all(|(a, b)| Arc::ptr_eq(a, b)), "nothing changed");
    put(&index, 900, -80.0);
    let next = make(&mut maker, 1, 3, &index);
    let changed: Vec<u64> = next.parts.iter().map(|part| part.revision).filter(|revision| *revision == 3).collect();
    assert_eq!(changed.len(), 1, "it is near nobody");
    let migrated = make(&mut maker, 2, 4, &index);
    assert!(migrated.parts.iter().all(|part| part.revision == 4), "another model says everything anew");
}

#[test]
fn of_too_many_policies_or_half_of_them_there_is_none() {
    let (index, mut maker) = (index(10), Maker::default());
    assert!(matches!(maker.make(1, 1, &index, &|| false), Err(NoExtract::Interrupted)));
    assert_eq!(make(&mut maker, 1, 1, &index).policies, 10);
    assert_eq!(NoExtract::TooMany(300_000).to_string().split(' ').next(), Some("300000"));
}
