use super::reference::Reference;
use super::{in_memory, model, open, put, text, vector};
use crate::{Dimensions, Entry, IndexError, Vector};

#[test]
fn what_is_inserted_is_found_until_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    for index in [in_memory(), open(folder.path())] {
        assert!(index.is_empty());
        put(&index, "a", 1).unwrap();
        put(&index, "b", 2).unwrap();
        assert_eq!(&*index.search(&vector(2), 1, None).unwrap()[0].name, "b");
        put(&index, "b", 3).unwrap();
        assert_eq!(index.len(), 2);
        assert!(index.search(&vector(2), 9, None).unwrap().iter().all(|hit| hit.score < 0.999));
        index.remove(&["b", "b", "nobody"]).unwrap();
        assert_eq!(index.search(&vector(3), 9, None).unwrap().len(), 1);
        assert_eq!((index.text_of("a"), index.text_of("b")), (Some(text(1)), None));
    }
}

#[test]
fn the_last_of_one_name_in_a_batch_counts() {
    let index = in_memory();
    let (first, second) = (vector(1), vector(2));
    let entry = |vector| Entry { name: "a", text: text(0), vector };
    index.insert(&[entry(&first), entry(&second)]).unwrap();
    assert_eq!((index.len(), index.vector_of("a").unwrap()), (1, Some(second.clone())));
    assert_eq!(index.search(&first, 9, None).unwrap().len(), 1);
}

#[test]
fn equal_scores_are_in_the_order_of_names() {
    let index = in_memory();
    ["d", "b", "a", "c"].iter().for_each(|name| put(&index, name, 1).unwrap());
    let hits = index.search(&vector(1), 3, None).unwrap();
    assert_eq!(hits.iter().map(|hit| &*hit.name).collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[test]
fn other_dimensions_are_refused_by_both_numbers_and_nothing_is_added() {
    let index = in_memory();
    let (good, bad) = (vector(1), Vector::normalised(vec![1.0, 2.0]).unwrap());
    let entry = |name, vector| Entry { name, text: text(0), vector };
    let error = index.insert(&[entry("a", &good), entry("b", &bad)]).unwrap_err();
    assert_eq!(error.to_string(), "a vector of 2 dimensions, and the index has 24");
    assert!(matches!(index.search(&bad, 1, None), Err(IndexError::Dimensions { given: 2, wanted: 24 })));
    let long = "x".repeat(4097);
    assert!(matches!(
        index.insert(&[entry("a", &good), entry(&long, &good)]),
        Err(IndexError::Name { given: 4097, .. })
    ));
    assert!(index.is_empty());
}

#[test]
fn vectors_of_every_width_are_kept_and_found() {
    for dimensions in [1, 2, 128, 129, 384, 1025, 8192] {
        let model = crate::Model { dimensions: Dimensions::new(dimensions).unwrap(), ..model() };
        let index = crate::Index::in_memory(model, crate::Settings::default());
        let mut random = fastrand::Rng::with_seed(3);
        let mut vector = || Vector::normalised((0..dimensions).map(|_| random.f32() + 0.1).collect()).unwrap();
        let vectors: Vec<Vector> = (0..5).map(|_| vector()).collect();
        for (name, vector) in ["a", "b", "c", "d", "e"].into_iter().zip(&vectors) {
            index.insert(&[Entry { name, text: text(0), vector }]).unwrap();
        }
        assert_eq!(index.vector_of("d").unwrap().as_ref(), Some(&vectors[3]));
        let hits = index.search(&vectors[3], 5, None).unwrap();
        assert!(hits.iter().any(|hit| &*hit.name == "d" && hit.score > 0.9999));
    }
}

#[test]
fn every_change_raises_the_revision_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let mut revisions = vec![index.stats().revision];
    put(&index, "a", 1).unwrap();
    revisions.push(index.stats().revision);
    put(&index, "a", 1).unwrap();
    revisions.push(index.stats().revision);
    index.remove(&["a"]).unwrap();
    revisions.push(index.stats().revision);
    assert!(revisions.is_sorted_by(|a, b| a < b));
    index.remove(&["a"]).unwrap();
    index.insert(&[]).unwrap();
    index.search(&vector(1), 3, None).unwrap();
    assert_eq!(index.stats().revision, revisions[3]);
    drop(index);
    assert_eq!(open(folder.path()).stats().revision, revisions[3]);
}

#[test]
fn an_index_that_was_opened_again_has_what_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let (mut reference, mut random) = (Reference::default(), fastrand::Rng::with_seed(5));
    for _ in 0..5 {
        let index = open(folder.path());
        reference.assert_is(&index);
        (0..40).for_each(|_| reference.step(&index, &mut random, 50).unwrap());
        reference.assert_found(&index);
    }
}
