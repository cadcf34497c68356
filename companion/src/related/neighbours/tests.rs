use std::cell::Cell;

use tollgate_policy::digest::Digest;
use tollgate_search::{Dimensions, Entry, Model, ModelVersion, Settings, Vector};

use super::*;

fn index() -> Index {
    let model = Model {
        version: ModelVersion::default(),
        fingerprint: Digest([0; 32]),
        dimensions: Dimensions::new(2).unwrap(),
    };
    Index::in_memory(model, Settings::default())
}

/// A policy that is as far from another as their angles are, in degrees.
fn put(index: &Index, name: &str, degrees: f32) {
    let vector = Vector::normalised(vec![degrees.to_radians().cos(), degrees.to_radians().sin()]).unwrap();
    index.insert(&[Entry { name, text: TextHash::of(&format!("{name} {degrees}")), vector: &vector }]).unwrap();
}

fn up_to_date(neighbours: &mut Neighbours, index: &Index) -> Vec<PolicyKey> {
    neighbours.update(index, &|| true).unwrap();
    let mut touched: Vec<_> = neighbours.take_touched().into_iter().collect();
    touched.sort();
    touched
}

fn keys(names: &[&str]) -> Vec<PolicyKey> {
    let mut keys: Vec<_> = names.iter().map(|name| PolicyKey::of(name)).collect();
    keys.sort();
    keys
}

fn near(neighbours: &Neighbours, name: &str) -> Vec<PolicyKey> {
    let key = PolicyKey::of(name);
    let mut found = neighbours.policies(|other| other == key);
    found.next().map(|policy| policy.neighbours.iter().map(|(near, _)| *near).collect()).unwrap_or_default()
}

fn named(names: &[&str]) -> Vec<PolicyKey> {
    names.iter().map(|name| PolicyKey::of(name)).collect()
}

#[test]
fn neighbours_are_the_nearest_that_are_near_at_all() {
    let index = index();
    for (name, degrees) in [("a", 0.0), ("b", 10.0), ("c", 25.0), ("far", 90.0), ("back", 180.0)] {
        put(&index, name, degrees);
    }
    let mut neighbours = Neighbours::default();
    assert_eq!(up_to_date(&mut neighbours, &index), keys(&["a", "b", "back", "c", "far"]));
    assert_eq!(near(&neighbours, "a"), named(&["b", "c"]));
    assert_eq!(near(&neighbours, "b"), named(&["a", "c"]));
    assert_eq!(near(&neighbours, "back"), []);
    assert_eq!(up_to_date(&mut neighbours, &index), [], "nothing has changed");
}

#[test]
fn what_comes_changes_and_goes_is_so_for_those_beside_it() {
    let index = index();
    put(&index, "a", 0.0);
    put(&index, "b", 60.0);
    put(&index, "c", 100.0);
    let mut neighbours = Neighbours::default();
    up_to_date(&mut neighbours, &index);
    put(&index, "new", 10.0);
    assert_eq!(up_to_date(&mut neighbours, &index), keys(&["a", "b", "new"]));
    assert_eq!(near(&neighbours, "a"), named(&["new", "b"]));
    put(&index, "new", 110.0);
    up_to_date(&mut neighbours, &index);
    assert_eq!(near(&neighbours, "a"), named(&["b"]));
    assert_eq!(near(&neighbours, "c"), named(&["new", "b"]));
    index.remove(&["new"]).unwrap();
    assert_eq!(up_to_date(&mut neighbours, &index), keys(&["b", "c", "new"]));
    assert_eq!(near(&neighbours, "c"), named(&["b"]));
    assert_eq!(near(&neighbours, "new"), []);
    assert_eq!(neighbours.len(), 3);
}

#[test]
fn what_was_interrupted_is_gone_on_with() {
    let index = index();
    let names: Vec<String> = (0..40).map(|number| format!("p{number}")).collect();
    for (name, degrees) in names.iter().zip([0.0, 7.0, 15.0, 24.0, 34.0].into_iter().cycle()) {
        put(&index, name, degrees);
    }
    let mut stepwise = Neighbours::default();
    for round in 0..60 {
        if round == 30 {
            put(&index, "p3", 80.0);
            index.remove(&["p7", "p8"]).unwrap();
        }
        let left = Cell::new(3_u32);
        stepwise.update(&index, &|| left.replace(left.get().saturating_sub(1)) > 0).unwrap();
    }
    assert!(stepwise.beside.is_empty());
    let mut whole = Neighbours::default();
    up_to_date(&mut whole, &index);
    let all = |neighbours: &Neighbours| neighbours.policies(|_| true).map(|policy| policy.key).collect::<Vec<_>>();
    assert_eq!(all(&stepwise), all(&whole));
    assert_eq!(near(&stepwise, "p3"), near(&whole, "p3"));
    for name in &names {
        let of = |neighbours: &Neighbours| {
            let mut found = neighbours.policies(|key| key == PolicyKey::of(name));
            found.next().map(|policy| policy.neighbours.iter().map(|(_, similarity)| *similarity).collect::<Vec<_>>())
        };
        assert_eq!(of(&stepwise), of(&whole), "{name}");
    }
}
