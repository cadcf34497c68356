use tollgate_policy::digest::Digest;

use super::fake::FakeShared;
use super::*;
use crate::config::{Config, Source};

fn feed(json: &str) -> FeedConfig {
    match Config::parse(format!(r#"{{"feed": {json}}}"#).as_bytes()).unwrap().source {
        Source::Feed(feed) => feed,
        Source::Standalone(_) => panic!("no feed"),
    }
}

fn memory() -> (Rc<FakeShared>, Memory) {
    let data = Rc::new(FakeShared::default());
    let memory = Memory::new(Rc::clone(&data) as Rc<dyn SharedData>, &feed(r#"{"cluster": "c"}"#));
    (data, memory)
}

fn id(version: u64) -> SnapshotId {
    SnapshotId { epoch: 1, version }
}

fn mark(version: u64, confirmed: u64) -> Mark {
    Mark { id: id(version), digest: Digest([7; 32]), confirmed }
}

#[test]
fn the_mark_rises_and_never_falls() {
    let (_, memory) = memory();
    assert_eq!(memory.mark(), None);
    for (raised, expected) in [
        (mark(2, 100), mark(2, 100)),
        (mark(1, 900), mark(2, 100)),
        (mark(2, 50), mark(2, 100)),
        (mark(2, 150), mark(2, 150)),
        (mark(3, 10), mark(3, 10)),
    ] {
        memory.raise(&raised);
        assert_eq!(memory.mark(), Some(expected));
    }
}

#[test]
fn a_mark_that_another_vm_comes_before_is_tried_again() {
    let (data, memory) = memory();
    data.contended.set(TRIES - 1);
    memory.raise(&mark(1, 1));
    assert_eq!(memory.mark(), Some(mark(1, 1)));
    data.contended.set(TRIES);
    memory.raise(&mark(2, 1));
    assert_eq!(memory.mark(), Some(mark(1, 1)));
}

#[test]
fn a_damaged_mark_is_no_mark_and_gives_way_to_a_sound_one() {
    let (data, memory) = memory();
    memory.raise(&mark(5, 1));
    let key = data.key("mark").unwrap();
    let sound = data.value("mark").unwrap();
    for damaged in [&b""[..], b"something else", &sound[..sound.len() - 1], &[&sound[..], b"x"].concat()] {
        data.set(&key, damaged, None);
        assert_eq!(memory.mark(), None);
        assert!(data.warnings.take()[0].contains("damaged"));
    }
    memory.raise(&mark(1, 1));
    assert_eq!(memory.mark(), Some(mark(1, 1)));
}

#[test]
fn one_vm_gets_to_write_a_snapshot() {
    let (data, memory) = memory();
    assert!(memory.claim(id(2)));
    assert!(!memory.claim(id(2)) && !memory.claim(id(1)));
    assert!(memory.claim(id(3)));
    data.contended.set(1);
    assert!(!memory.claim(id(4)), "another one has");
    data.set(&data.key("writer").unwrap(), b"damaged", None);
    assert!(memory.claim(id(4)));
}

#[test]
fn feeds_of_other_clusters_audiences_or_keys_have_their_own() {
    let data = Rc::new(FakeShared::default());
    let key = |id: &str| format!(r#"{{"id": "{id}", "ed25519": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}}"#);
    let signed = |audience: &str, keys: &str| {
        feed(&format!(r#"{{"cluster": "c", "audience": "{audience}", "keys": [{keys}]}}"#))
    };
    let feeds = [
        feed(r#"{"cluster": "c"}"#),
        feed(r#"{"cluster": "d"}"#),
        signed("a", &key("k")),
        signed("b", &key("k")),
        signed("a", &key("l")),
        signed("a", &[key("k"), key("l")].join(",")),
    ];
    for (version, feed) in (1..).zip(&feeds) {
        let memory = Memory::new(Rc::clone(&data) as Rc<dyn SharedData>, feed);
        assert_eq!(memory.mark(), None);
        memory.raise(&mark(version, 1));
        memory.leave(&[1]);
    }
    assert_eq!(data.values.borrow().len(), 2 * feeds.len());
}
