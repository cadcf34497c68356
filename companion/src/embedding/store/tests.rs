use std::fs;
use std::sync::Arc;

use tempfile::tempdir;
use tollgate_policy::digest::Digest;
use tollgate_search::{Dimensions, Model, TextHash, Vector};

use crate::embedding::cache::{Cached, Changes, Key, ModelKey};
use crate::embedding::config::EmbedderConfig;
use crate::embedding::dead::DeadLetter;
use crate::embedding::generation::Role;

use super::*;

fn record(number: u64, role: Role) -> Record {
    let model = Model {
        version: format!("v{number}").parse().unwrap(),
        fingerprint: Digest([number as u8; 32]),
        dimensions: Dimensions::default(),
    };
    Record { number, model, embedder: Some(EmbedderConfig::default()), role, made: 5 }
}

fn plan() -> Plan {
    Plan {
        generations: vec![record(1, Role::Kept), record(2, Role::Serving), record(5, Role::Building)],
        next: 9,
        held: Some(Held { version: "v3".parse().unwrap(), embedder: EmbedderConfig::default() }),
    }
}

fn entry(number: u8, used: u64) -> (Key, Cached) {
    let vector = Arc::new(Vector::normalised(vec![1.0, f32::from(number)]).unwrap());
    (Key { model: ModelKey([1; 32]), text: [number; 32] }, Cached { vector, made: 1, used, hits: 3 })
}

fn letter(name: &str) -> DeadLetter {
    let (name, text, reason) = (name.into(), TextHash([3; 32]), "no".to_owned());
    DeadLetter { name, text, reason, attempts: 4, at: 17, may_pass: true }
}

#[test]
fn all_that_was_written_is_there_when_it_is_opened_again() {
    let dir = tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    assert_eq!(store.plan().unwrap(), Plan { next: 1, ..Plan::default() });
    let left = Left { generation: 2, name: "a".to_owned(), priority: 2 };
    store.keep(&plan()).unwrap();
    store.save(&Changes { new: vec![entry(1, 30), entry(2, 10), entry(3, 20)], ..Changes::default() }).unwrap();
    store.keep_letters(&[(2, letter("a")), (5, letter("b"))]).unwrap();
    store.leave(std::slice::from_ref(&left)).unwrap();
    drop(store);
    let mut store = Store::open(dir.path()).unwrap();
    assert_eq!(store.plan().unwrap(), plan());
    assert_eq!(store.cached(10).unwrap(), [entry(2, 10), entry(3, 20), entry(1, 30)]);
    assert_eq!(store.cached(2).unwrap(), [entry(3, 20), entry(1, 30)]);
    assert_eq!(store.letters().unwrap(), [(2, letter("a")), (5, letter("b"))]);
    assert_eq!(store.take_left().unwrap(), [left]);
    assert_eq!(store.take_left().unwrap(), []);
}

#[test]
fn entries_are_replaced_touched_deleted_and_trimmed() {
    let dir = tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    store.save(&Changes { new: vec![entry(1, 1), entry(2, 2), entry(3, 3)], ..Changes::default() }).unwrap();
    let changes = Changes { new: vec![entry(1, 9)], used: vec![entry(2, 8)], gone: vec![entry(3, 0).0] };
    store.save(&changes).unwrap();
    assert_eq!(store.cached(10).unwrap(), [entry(2, 8), entry(1, 9)]);
    store.trim(1).unwrap();
    assert_eq!(store.cached(10).unwrap(), [entry(1, 9)]);
}

#[test]
fn what_makes_no_sense_is_not_there() {
    let dir = tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    store.keep(&plan()).unwrap();
    store.save(&Changes { new: vec![entry(1, 1), entry(2, 2)], ..Changes::default() }).unwrap();
    store
        .connection
        .execute_batch(
            "UPDATE generations SET role = 'resting' WHERE number = 1;
             UPDATE generations SET version = 'no version' WHERE number = 5;
             UPDATE generations SET embedder = '{\"kind\": \"unheard-of\"}' WHERE number = 2;
             UPDATE settings SET value = '?' WHERE name = 'held';
             UPDATE cache SET vector = x'0102' WHERE used_at = 1;",
        )
        .unwrap();
    let read = store.plan().unwrap();
    assert_eq!(read.generations, [Record { embedder: None, ..record(2, Role::Serving) }]);
    assert_eq!((read.next, read.held), (9, None));
    assert_eq!(store.cached(10).unwrap(), [entry(2, 2)]);
}

#[test]
fn a_database_of_another_program_or_version_is_made_anew() {
    for sql in [
        "CREATE TABLE notes (text TEXT); PRAGMA user_version = 7",
        "PRAGMA application_id = 1413968741; PRAGMA user_version = 99",
    ] {
        let dir = tempdir().unwrap();
        Connection::open(dir.path().join("search.db")).unwrap().execute_batch(sql).unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        store.keep(&plan()).unwrap();
        assert_eq!(store.plan().unwrap(), plan());
    }
}

#[test]
fn a_second_process_is_refused() {
    let dir = tempdir().unwrap();
    let _held = Store::open(dir.path()).unwrap();
    assert!(matches!(Store::open(dir.path()), Err(StoreError::InUse { .. })));
    assert!(fs::metadata(dir.path().join("search.db")).unwrap().len() > 0);
}
