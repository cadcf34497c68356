use tollgate_policy::digest::Digest;

use super::{model, open, put, text, try_open, vector};
use crate::index::storage::Space;
use crate::{Dimensions, Index, IndexError, Model, Settings};

#[test]
fn a_folder_of_another_model_is_refused_by_both_names() {
    let folder = tempfile::tempdir().unwrap();
    put(&open(folder.path()), "a", 1).unwrap();
    let others = [
        Model { version: "v2".parse().unwrap(), ..model() },
        Model { fingerprint: Digest([8; 32]), ..model() },
        Model { dimensions: Dimensions::new(25).unwrap(), ..model() },
    ];
    for other in others {
        let error = Index::open(folder.path(), other.clone(), Settings::default()).unwrap_err();
        let IndexError::Model { stored, wanted, .. } = &error else {
            panic!("{error}");
        };
        assert!(stored.starts_with("v1 (24 dimensions, fingerprint 0707"), "{stored}");
        assert!(wanted.contains(&format!("{} ({} dimensions", other.version, other.dimensions)), "{wanted}");
        assert!(wanted.ends_with(&format!("{})", other.fingerprint)));
    }
    assert_eq!(open(folder.path()).text_of("a"), Some(text(1)));
}

#[test]
fn a_folder_has_one_index_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    assert!(matches!(try_open(folder.path(), Space::default()), Err(IndexError::InUse { .. })));
    drop(index);
    open(folder.path());
}

#[test]
fn an_index_that_is_dropped_while_it_builds_is_whole_when_opened() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let index = open(folder.path());
        for number in round * 100..round * 100 + 100 {
            put(&index, &format!("p{number}"), number).unwrap();
        }
        assert_eq!(index.len() as u64, round * 100 + 100);
    }
    let index = open(folder.path());
    for number in 0..1000 {
        assert_eq!(&*index.search(&vector(number), 1, None).unwrap()[0].name, format!("p{number}"));
    }
}

#[test]
fn a_folder_of_another_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    put(&open(folder.path()), "a", 1).unwrap();
    let manifest = folder.path().join("manifest");
    let mut bytes = std::fs::read(&manifest).unwrap();
    bytes[4] = 9;
    std::fs::write(&manifest, bytes).unwrap();
    assert!(matches!(try_open(folder.path(), Space::default()), Err(IndexError::Format { stored: 9, wanted: 1, .. })));
}
