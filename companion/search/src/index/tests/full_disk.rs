use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::reference::Reference;
use super::{open, seeds, try_open};
use crate::index::storage::Space;

#[test]
fn what_cannot_be_written_was_not_done_and_the_rest_is_there() {
    for seed in seeds(10) {
        let folder = tempfile::tempdir().unwrap();
        let mut random = fastrand::Rng::with_seed(seed);
        let left = Arc::new(AtomicU64::new(u64::MAX));
        let index = try_open(folder.path(), Space { left: Some(Arc::clone(&left)) }).unwrap();
        let mut reference = Reference::default();
        for _ in 0..3 {
            left.store(random.u64(..80_000), Ordering::SeqCst);
            (0..300).for_each(|_| drop(reference.step(&index, &mut random, 300)));
            index.settle();
            reference.assert_is(&index);
            left.store(u64::MAX, Ordering::SeqCst);
            (0..10).for_each(|_| reference.step(&index, &mut random, 300).unwrap());
        }
        reference.assert_found(&index);
        drop(index);
        reference.assert_found(&open(folder.path()));
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let left = Arc::new(AtomicU64::new(10));
    let error = try_open(folder.path(), Space { left: Some(left) }).unwrap_err();
    assert!(error.to_string().contains("manifest"), "{error}");
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(try_open(&file, Space::default()).unwrap_err().to_string().contains("file"));
}
