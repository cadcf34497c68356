use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use tempfile::{TempDir, tempdir};
use tollgate_policy::digest::Digest;
use tollgate_policy::source::{Shape, SourceFile};

use super::*;

const WHOLE: &[u8] = b"a whole snapshot, which is longer than many a delta is";

fn version(epoch: u64, version: u64) -> Version {
    Version {
        id: SnapshotId { epoch, version },
        digest: Digest([u8::try_from(version % 256).unwrap(); 32]),
        at: 1_700_000_000_000 + version,
        author: "alice".to_owned(),
        source: Origin::Api,
        of: None,
        policies: 3,
        summary: Summary::default(),
        held_against: None,
    }
}

fn document(name: &str, text: &str) -> SourceFile {
    SourceFile { name: format!("policies/{name}"), text: text.into(), shape: Shape::Policy(name.to_owned()) }
}

fn write(name: &str, text: &str) -> Edit {
    Edit::Write(document(name, text))
}

fn begin(store: &mut Store, version: &Version, documents: &[SourceFile]) -> Result<(), StoreError> {
    let edits = Edits::All(documents);
    store.append(&Entry { version, edits, documents: documents.len(), compiled: Compiled::Whole(WHOLE) })
}

fn follow(store: &mut Store, version: &Version, edits: &[Edit]) -> Result<(), StoreError> {
    let edits = Edits::Some(edits);
    store.append(&Entry { version, edits, documents: 1, compiled: Compiled::Delta(b"a delta") })
}

fn site() -> (TempDir, PathBuf) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("state");
    (dir, path)
}

fn open(path: &Path) -> Store {
    Store::open(path, None).unwrap()
}

fn ids(store: &Store) -> Vec<(u64, u64)> {
    store.versions(None, 1000).unwrap().iter().map(|version| (version.id.epoch, version.id.version)).collect()
}

#[test]
fn a_new_file_holds_no_version() {
    let (_dir, path) = site();
    let mut store = open(&path);
    assert!(store.recover().unwrap().is_none());
    assert_eq!((store.ready().unwrap(), ids(&store)), (None, vec![]));
}

#[test]
fn versions_and_their_documents_survive_reopening() {
    let (_dir, path) = site();
    let mut store = open(&path);
    let held = Version { held_against: Some([7; 32]), of: Some(version(1, 1).id), ..version(2, 1) };
    begin(&mut store, &version(1, 1), &[document("a", "one"), document("b", "two")]).unwrap();
    follow(&mut store, &version(1, 2), &[write("a", "three"), Edit::Remove("policies/b".to_owned())]).unwrap();
    follow(&mut store, &held, &[write("c", "one")]).unwrap();
    drop(store);
    let store = open(&path);
    assert_eq!(ids(&store), [(2, 1), (1, 2), (1, 1)]);
    assert_eq!(store.versions(Some(version(2, 1).id), 1).unwrap(), [version(1, 2)]);
    assert_eq!(store.version(held.id).unwrap(), Some(held.clone()));
    let documents = |id| store.documents(id).unwrap().unwrap();
    assert_eq!(documents(version(1, 1).id), [document("a", "one"), document("b", "two")]);
    assert_eq!(documents(version(1, 2).id), [document("a", "three")]);
    assert_eq!(documents(held.id), [document("a", "three"), document("c", "one")]);
    assert_eq!(store.documents(SnapshotId { epoch: 9, version: 9 }).unwrap(), None);
    let change = |path: &str, before: Option<&str>, after: Option<&str>| Change {
        path: format!("policies/{path}"),
        before: before.map(Into::into),
        after: after.map(Into::into),
    };
    let changes = [change("a", Some("one"), Some("three")), change("b", Some("two"), None)];
    assert_eq!(store.changes(version(1, 2).id).unwrap(), changes);
    let recovered = store.recover().unwrap().unwrap();
    assert_eq!((recovered.version, recovered.checkpoint.as_slice()), (held, WHOLE));
    assert_eq!(recovered.deltas, [b"a delta", b"a delta"]);
}

#[test]
fn an_edit_of_one_document_writes_one() {
    let (_dir, path) = site();
    let mut store = open(&path);
    let documents: Vec<_> = (0..100).map(|number| document(&format!("p{number}"), "the same text")).collect();
    begin(&mut store, &version(1, 1), &documents).unwrap();
    follow(&mut store, &version(1, 2), &[write("p7", "another")]).unwrap();
    begin(&mut store, &version(1, 3), &documents).unwrap();
    let rows = |sql| store.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(rows("SELECT count(*) FROM changes"), 102);
    assert_eq!(rows("SELECT count(*) FROM pieces"), 2);
    assert_eq!(store.documents(version(1, 3).id).unwrap().unwrap().len(), 100);
}

#[test]
fn deltas_are_replaced_by_a_whole_snapshot_once_they_are_too_many_bytes() {
    let (_dir, path) = site();
    let mut store = open(&path);
    let whole = |number: u64| format!("{number:60}").into_bytes();
    begin(&mut store, &version(1, 1), &[]).unwrap();
    for number in 2..=7 {
        follow(&mut store, &version(1, number), &[]).unwrap();
        store.tend(|| whole(number)).unwrap();
    }
    let recovered = store.recover().unwrap().unwrap();
    assert_eq!((recovered.version.id.version, recovered.deltas.len()), (7, 2));
    assert_eq!(recovered.checkpoint, whole(5));
    drop(store);
    assert_eq!(open(&path).recover().unwrap().unwrap().checkpoint, whole(5));
}

#[test]
fn old_versions_are_forgotten_and_the_kept_ones_have_all_their_documents() {
    let (_dir, path) = site();
    let mut store = Store::open(&path, NonZeroU32::new(10)).unwrap();
    begin(&mut store, &version(1, 1), &[document("first", "stays"), document("gone", "goes")]).unwrap();
    follow(&mut store, &version(1, 2), &[Edit::Remove("policies/gone".to_owned())]).unwrap();
    for number in 3..=80 {
        follow(&mut store, &version(1, number), &[write("b", &format!("text {number}"))]).unwrap();
        store.tend(|| WHOLE.to_vec()).unwrap();
    }
    let kept = ids(&store);
    assert!((10..80).contains(&kept.len()), "{kept:?}");
    let (_, oldest) = *kept.last().unwrap();
    let documents = store.documents(version(1, oldest).id).unwrap().unwrap();
    assert_eq!(documents, [document("b", &format!("text {oldest}")), document("first", "stays")]);
    let pieces: i64 = store.connection.query_row("SELECT count(*) FROM pieces", [], |row| row.get(0)).unwrap();
    assert_eq!(pieces, i64::try_from(kept.len()).unwrap() + 1);
    assert_eq!(store.recover().unwrap().unwrap().version.id.version, 80);
}

#[test]
fn a_commit_that_happened_unnoticed_is_withdrawn_by_the_next() {
    let (_dir, path) = site();
    let mut store = open(&path);
    begin(&mut store, &version(1, 1), &[document("a", "one")]).unwrap();
    follow(&mut store, &version(1, 2), &[write("a", "landed")]).unwrap();
    // As if that had been reported as failed.
    store.newest = Some(Newest { number: 1, id: version(1, 1).id });
    store.is_uncertain = true;
    follow(&mut store, &version(1, 2), &[write("b", "another")]).unwrap();
    assert_eq!(ids(&store), [(1, 2), (1, 1)]);
    let documents = store.documents(version(1, 2).id).unwrap().unwrap();
    assert_eq!(documents, [document("a", "one"), document("b", "another")]);
    assert_eq!(store.recover().unwrap().unwrap().deltas.len(), 1);
}

#[test]
fn a_full_disk_is_said_loses_nothing_and_is_recovered_from() {
    let (_dir, path) = site();
    let mut store = open(&path);
    begin(&mut store, &version(1, 1), &[document("a", "one")]).unwrap();
    let pages: i64 = store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    store.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    let long: String = (0..100_000).map(|number| format!("line {number}\n")).collect();
    let error = follow(&mut store, &version(1, 2), &[write("a", &long)]).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.to_string().contains("make room"), "{error}");
    assert_eq!(store.recover().unwrap().unwrap().version, version(1, 1));
    store.connection.pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(())).unwrap();
    follow(&mut store, &version(1, 2), &[write("a", &long)]).unwrap();
    assert_eq!(store.documents(version(1, 2).id).unwrap().unwrap(), [document("a", &long)]);
}

#[test]
fn a_second_process_is_refused() {
    let (_dir, path) = site();
    let _held = open(&path);
    let error = Store::open(&path, None).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_refused_with_its_path() {
    let (_dir, path) = site();
    fs::write(&path, "policies: []\n".repeat(100)).unwrap();
    let error = Store::open(&path, None).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn damaged_tables_are_found_at_opening() {
    let (_dir, path) = site();
    let mut store = open(&path);
    begin(&mut store, &version(1, 1), &[document("a", "one")]).unwrap();
    drop(store);
    OpenOptions::new().write(true).open(&path).unwrap().write_all_at(&[0xff; 8092], 100).unwrap();
    let error = Store::open(&path, None).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_text_that_was_altered_is_found_out_when_it_is_read() {
    let (_dir, path) = site();
    let mut store = open(&path);
    begin(&mut store, &version(1, 1), &[document("a", "one")]).unwrap();
    store.connection.execute("UPDATE pieces SET text = x'00'", []).unwrap();
    let error = store.documents(version(1, 1).id).unwrap_err();
    assert!(matches!(error, StoreError::Unusable { .. }), "{error}");
}

#[test]
fn a_database_of_something_else_is_left_alone() {
    let (_dir, path) = site();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    let error = Store::open(&path, None).unwrap_err();
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
}

#[test]
fn a_newer_schema_is_refused() {
    let (_dir, path) = site();
    let store = open(&path);
    store.connection.pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    let error = Store::open(&path, None).unwrap_err();
    assert!(matches!(error, StoreError::Schema { found: 99, .. }), "{error}");
}

#[test]
fn a_file_of_the_first_schema_goes_on_from_its_snapshot() {
    let (_dir, path) = site();
    let old = Connection::open(&path).unwrap();
    old.execute_batch(
        "CREATE TABLE snapshots (epoch INTEGER NOT NULL, version INTEGER NOT NULL, digest BLOB NOT NULL, \
         created_at INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (epoch, version)) STRICT; \
         INSERT INTO snapshots VALUES (5, 7, zeroblob(32), 1700000000000, x'0102'); \
         PRAGMA application_id = 1413968756; PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let mut store = open(&path);
    let recovered = store.recover().unwrap().unwrap();
    assert_eq!((recovered.version.id, recovered.checkpoint), (SnapshotId { epoch: 5, version: 7 }, vec![1, 2]));
    assert_eq!(store.documents(recovered.version.id).unwrap(), None);
    begin(&mut store, &version(6, 1), &[document("a", "one")]).unwrap();
    assert_eq!(ids(&store), [(6, 1), (5, 7)]);
}

#[test]
fn a_missing_folder_is_named() {
    let error = Store::open(Path::new("/nonexistent/state"), None).unwrap_err();
    assert!(error.to_string().contains("/nonexistent/state"), "{error}");
}

#[test]
fn a_file_whose_volume_goes_away_and_comes_back_goes_on_where_it_was() {
    let dir = tempdir().unwrap();
    let [volume, elsewhere] = ["volume", "elsewhere"].map(|name| dir.path().join(name));
    std::fs::create_dir(&volume).unwrap();
    let mut store = open(&volume.join("state"));
    begin(&mut store, &version(1, 1), &[document("a", "x")]).unwrap();
    std::fs::rename(&volume, &elsewhere).unwrap();
    for _ in 0..2 {
        store.ready().unwrap_err();
    }
    std::fs::rename(&elsewhere, &volume).unwrap();
    assert_eq!(store.ready().unwrap(), Some(SnapshotId { epoch: 1, version: 1 }));
    follow(&mut store, &version(1, 2), &[write("a", "y")]).unwrap();
    assert_eq!(ids(&open_after(store, &volume.join("state"))), [(1, 2), (1, 1)]);
}

/// What another process would find.
fn open_after(store: Store, path: &Path) -> Store {
    drop(store);
    open(path)
}

#[test]
fn a_removed_file_is_made_again() {
    for suffix in ["", "-wal"] {
        let (_dir, path) = site();
        let mut store = open(&path);
        begin(&mut store, &version(1, 1), &[document("a", "one")]).unwrap();
        fs::remove_file(format!("{}{suffix}", path.display())).unwrap();
        store.ready().unwrap();
        begin(&mut store, &version(1, 2), &[document("a", "two")]).unwrap();
        drop(store);
        let store = open(&path);
        assert_eq!(store.recover().unwrap().unwrap().version, version(1, 2), "{suffix}");
        assert_eq!(store.documents(version(1, 2).id).unwrap().unwrap(), [document("a", "two")]);
    }
}
