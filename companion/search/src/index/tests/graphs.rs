use super::reference::Reference;
use super::{SMALL, in_memory, model, open, put, seeds, vector};
use crate::index::storage::Space;
use crate::{Index, Settings};

#[test]
fn rows_become_segments_and_stay_the_same() {
    for seed in seeds(2) {
        let folder = tempfile::tempdir().unwrap();
        let (mut reference, mut random) = (Reference::default(), fastrand::Rng::with_seed(seed));
        let mut index = open(folder.path());
        for round in 0..6 {
            (0..300).for_each(|_| reference.step(&index, &mut random, 1200).unwrap());
            if round % 2 == 0 {
                index.settle();
                assert_eq!(index.stats().trouble, None);
            }
            let revision = index.stats().revision;
            if round % 3 == 2 {
                drop(index);
                index = open(folder.path());
                assert_eq!(index.stats().revision, revision);
            }
            reference.assert_found(&index);
        }
        index.settle();
        assert!(index.stats().graphs > 0, "{:?}", index.stats());
        reference.assert_found(&index);
    }
}

#[test]
fn the_nearest_are_those_that_comparing_with_each_finds() {
    for index in [in_memory(), open(tempfile::tempdir().unwrap().path())] {
        let mut reference = Reference::default();
        for number in 0..1250 {
            put(&index, &format!("p{number}"), number).unwrap();
            reference.0.insert(format!("p{number}"), number);
        }
        index.settle();
        let few = |name: &str| name.ends_with("77");
        let many = |name: &str| !name.ends_with('3');
        let (mut found, mut all) = (0, 0);
        for query in 10_000..10_060 {
            let names = |most, wanted: Option<&(dyn Fn(&str) -> bool + Sync)>| -> Vec<String> {
                let hits = index.search(&vector(query), most, wanted).unwrap();
                hits.iter().map(|hit| hit.name.to_string()).collect()
            };
            // Those whom a graph cannot find, because others are nearer, are all looked at.
            assert_eq!(names(10, Some(&few)), reference.nearest(query, 10, few));
            assert_eq!(names(1000, Some(&few)).len(), 12);
            assert_eq!(names(10, Some(&|_| false)), Vec::<String>::new());
            for (names, expected) in [
                (names(10, None), reference.nearest(query, 10, |_| true)),
                (names(10, Some(&many)), reference.nearest(query, 10, many)),
            ] {
                found += expected.iter().filter(|name| names.contains(name)).count();
                all += expected.len();
            }
        }
        assert!(found * 100 >= all * 98, "{found} of {all}");
        assert!(index.accuracy(50, 10).unwrap().unwrap() >= 0.98);
    }
}

#[test]
fn a_segment_is_made_again_without_what_was_removed() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    (0..450).for_each(|number| put(&index, &format!("p{number}"), number).unwrap());
    index.settle();
    for number in 0..300 {
        index.remove(&[&format!("p{number}")]).unwrap();
    }
    index.settle();
    let stats = index.stats();
    assert_eq!(stats.entries, 150);
    assert!(stats.tombstones <= 150 / 10, "{stats:?}");
    let hits = index.search(&vector(1), 300, None).unwrap();
    assert_eq!(hits.len(), 150);
}

#[test]
fn files_do_not_grow_by_changing_the_same_policies_over_and_over() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    for number in 0..2500 {
        put(&index, &format!("p{}", number % 20), number).unwrap();
        if number % 500 == 0 {
            index.settle();
        }
    }
    index.settle();
    let files = std::fs::read_dir(folder.path()).unwrap();
    let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes < 40_000 + index.stats().disk, "{bytes} {:?}", index.stats());
    assert!(index.stats().disk < 120_000, "{:?}", index.stats());
}

#[test]
fn of_many_equal_vectors_none_keeps_others_from_being_found() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    // Two of three have a vector of ten.
    let number = |row: u64| if row.is_multiple_of(3) { row } else { row % 10 };
    (0..450).for_each(|row| put(&index, &format!("p{row:03}"), number(row)).unwrap());
    index.settle();
    drop(index);
    let index = open(folder.path());
    assert_eq!((index.stats().graphs, index.len()), (1, 450));
    for row in 0..450 {
        let hits = index.search(&vector(number(row)), 3, None).unwrap();
        assert!(hits[0].score > 0.9999, "{row}: {hits:?}");
        let wanted = format!("p{row:03}");
        assert_eq!(*index.search(&vector(7), 1, Some(&|name| name == wanted)).unwrap()[0].name, *wanted);
    }
    index.remove(&["p001"]).unwrap();
    let equal = index.search(&vector(1), 30, None).unwrap();
    assert!(equal.iter().filter(|hit| hit.score > 0.9999).all(|hit| *hit.name != *"p001"));
    assert!(equal.iter().filter(|hit| hit.score > 0.9999).count() >= 29);
}

#[test]
fn a_graph_of_other_settings_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let mut reference = Reference::default();
    for number in 0..400 {
        put(&index, &format!("p{number}"), number).unwrap();
        reference.0.insert(format!("p{number}"), number);
    }
    index.settle();
    drop(index);
    let settings = Settings { ef_construction: 100, ef_search: 70 };
    let index = Index::open_with(folder.path(), model(), settings, SMALL, Space::default()).unwrap();
    reference.assert_found(&index);
    index.settle();
    assert_eq!(index.stats().graphs, 1);
    reference.assert_found(&index);
}

#[test]
fn many_rows_at_once_become_segments_of_their_size() {
    let index = in_memory();
    let vectors: Vec<_> = (0..1300).map(vector).collect();
    let names: Vec<_> = (0..1300).map(|number| format!("p{number}")).collect();
    let entries = names.iter().zip(&vectors).map(|(name, vector)| crate::Entry { name, text: super::text(0), vector });
    index.insert(&entries.collect::<Vec<_>>()).unwrap();
    index.settle();
    let stats = index.stats();
    assert_eq!((stats.graphs, stats.delta, stats.entries), (2, 0, 1300));
}
