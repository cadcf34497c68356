use crate::set::{DirectoryEntry, PolicySet};
use crate::snapshot::{SnapshotId, encode};

use super::*;

fn snapshot(set: &PolicySet) -> Snapshot {
    Snapshot::decode(encode(set, SnapshotId { epoch: 1, version: 1 }).unwrap()).unwrap()
}

fn empty() -> Snapshot {
    snapshot(&PolicySet::default())
}

fn claims(id: &str) -> PrincipalClaims {
    PrincipalClaims { source: Some("token".to_owned()), id: id.to_owned(), ..PrincipalClaims::default() }
}

fn text(text: &str) -> Unread<'_> {
    Unread::Texts([Some(text.as_bytes()), None, None])
}

/// Evidence that has this hash, whatever it says.
fn serialised(bytes: &str, hash: u64) -> Unread<'_> {
    Unread::Claims(UnreadClaims::new(bytes.as_bytes(), hash, |own, known| own == known))
}

fn id(found: Option<Rc<Principal>>) -> Option<String> {
    found.map(|principal| principal.id().to_owned())
}

#[test]
fn who_asks_twice_is_found() {
    let (snapshot, mut identities) = (empty(), Identities::default());
    assert_eq!(id(identities.find(0, &text("ann"))), None);
    identities.resolve(&snapshot, claims("ann"), (0, text("ann")));
    assert_eq!(id(identities.find(0, &text("ann"))), Some("ann".to_owned()));
    assert_eq!(identities.take_counts(), Lookups { hits: 1, misses: 1 });
    assert_eq!(identities.take_counts(), Lookups::default());
}

#[test]
fn evidence_of_the_same_hash_is_told_apart() {
    let (snapshot, mut identities) = (empty(), Identities::default());
    for name in ["ann", "bob"] {
        identities.resolve(&snapshot, claims(name), (0, serialised(name, 7)));
    }
    for name in ["ann", "bob"] {
        assert_eq!(id(identities.find(0, &serialised(name, 7))), Some(name.to_owned()));
    }
    assert_eq!(id(identities.find(0, &serialised("eve", 7))), None);
}

#[test]
fn evidence_counts_for_its_own_source_and_in_its_own_place() {
    let (snapshot, mut identities) = (empty(), Identities::default());
    let parts = |parts: [&'static str; 3]| {
        Unread::Texts(parts.map(|part| Some(part).filter(|it| *it != "-").map(str::as_bytes)))
    };
    identities.resolve(&snapshot, claims("ann"), (0, parts(["ann", "ab", "c"])));
    assert!(identities.find(0, &parts(["ann", "ab", "c"])).is_some());
    assert!(identities.find(1, &parts(["ann", "ab", "c"])).is_none());
    for other in [["ann", "a", "bc"], ["ann", "abc", ""], ["ann", "abc", "-"], ["ann", "c", "ab"], ["annab", "-", "c"]]
    {
        assert!(identities.find(0, &parts(other)).is_none(), "{other:?}");
    }
    let hash = parts(["ann", "ab", "c"]).hash();
    assert!(identities.find(0, &serialised("annabc", hash)).is_none());
}

#[test]
fn another_snapshot_empties_it_even_one_of_the_same_content() {
    let (first, mut identities) = (empty(), Identities::default());
    identities.of(&first).resolve(&first, claims("ann"), (0, text("ann")));
    let nobody = identities.of(&first).anonymous(&first);
    assert!(identities.of(&first).find(0, &text("ann")).is_some());
    let second = snapshot(&PolicySet {
        principals: vec![DirectoryEntry {
            source: "token".to_owned(),
            id: "ann".to_owned(),
            roles: vec!["editor".to_owned()],
            attributes: crate::data::Fields::default(),
        }],
        ..PolicySet::default()
    });
    assert!(identities.of(&second).find(0, &text("ann")).is_none());
    assert!(!Rc::ptr_eq(&nobody, &identities.anonymous(&second)));
    let ann = identities.resolve(&second, claims("ann"), (0, text("ann")));
    assert_eq!(ann.roles(), ["editor".into()]);
    assert_eq!(identities.take_counts(), Lookups { hits: 1, misses: 1 });
    let again = Snapshot::decode(second.encode()).unwrap();
    assert!(identities.of(&second).find(0, &text("ann")).is_some());
    assert!(identities.of(&again).find(0, &text("ann")).is_none());
}

/// What the entries say they take is what is counted, and no more than allowed.
fn assert_bounded(identities: &Identities) {
    let entries = || identities.places.iter().flatten();
    assert_eq!(entries().map(|entry| entry.bytes).sum::<usize>(), identities.bytes);
    assert!(identities.bytes <= MAX_BYTES && identities.places.len() <= SETS * WAYS);
}

#[test]
fn a_flood_is_bounded_in_number_and_the_last_ones_stay() {
    let (snapshot, mut identities) = (empty(), Identities::default());
    let names: Vec<String> = (0..20_000).map(|number| format!("user-{number}")).collect();
    for name in &names {
        identities.resolve(&snapshot, claims(name), (0, text(name)));
    }
    assert_bounded(&identities);
    let kept = identities.places.iter().flatten().count();
    assert!(kept > SETS * WAYS / 2, "{kept}");
    assert_eq!(id(identities.find(0, &text("user-19999"))), Some("user-19999".to_owned()));
}

#[test]
fn a_flood_is_bounded_in_bytes() {
    let (snapshot, mut identities) = (empty(), Identities::default());
    for number in 0..300 {
        let name = format!("{number}-{}", "x".repeat(16_000));
        identities.resolve(&snapshot, claims(&name), (0, text(&name)));
        assert!(identities.find(0, &text(&name)).is_some());
        assert_bounded(&identities);
    }
}

#[test]
fn a_flood_into_one_set_leaves_the_others_alone() {
    let (snapshot, mut identities) = (empty(), Identities::default());
    identities.resolve(&snapshot, claims("ann"), (0, serialised("ann", 1)));
    for number in 0..5_000 {
        let name = number.to_string();
        identities.resolve(&snapshot, claims(&name), (0, serialised(&name, 2)));
    }
    assert_bounded(&identities);
    assert_eq!(identities.places.iter().flatten().count(), 1 + WAYS);
    assert!(identities.find(0, &serialised("ann", 1)).is_some());
}

#[test]
fn what_is_very_large_is_not_remembered() {
    let (snapshot, mut identities) = (empty(), Identities::default());
    let name = "x".repeat(MAX_ENTRY_BYTES);
    assert_eq!(identities.resolve(&snapshot, claims(&name), (0, text(&name))).id(), name);
    assert!(identities.find(0, &text(&name)).is_none());
    assert_bounded(&identities);
}
