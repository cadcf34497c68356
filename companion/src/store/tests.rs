use tempfile::tempdir;

use super::*;

fn snapshot(epoch: u64, version: u64) -> StoredSnapshot {
    StoredSnapshot {
        id: SnapshotId { epoch, version },
        digest: Digest([u8::try_from(version).unwrap(); 32]),
        content: format!("content {version}").into(),
    }
}

#[test]
fn a_new_file_holds_no_snapshot() {
    let dir = tempdir().unwrap();
    assert_eq!(Store::open(&dir.path().join("state")).unwrap().latest().unwrap(), None);
}

#[test]
fn the_latest_snapshot_survives_reopening_and_replaces_older_ones() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("state");
    let mut store = Store::open(&path).unwrap();
    store.append(&snapshot(1, 1)).unwrap();
    store.append(&snapshot(1, 2)).unwrap();
    store.append(&snapshot(2, 1)).unwrap();
    let rows: i64 = store.connection.query_row("SELECT count(*) FROM snapshots", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
    drop(store);
    assert_eq!(Store::open(&path).unwrap().latest().unwrap(), Some(snapshot(2, 1)));
}

#[test]
fn an_id_whose_commit_happened_unnoticed_can_be_written_again() {
    let dir = tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("state")).unwrap();
    store.append(&snapshot(1, 1)).unwrap();
    let again = StoredSnapshot { content: "another content".into(), ..snapshot(1, 1) };
    store.append(&again).unwrap();
    assert_eq!(store.latest().unwrap(), Some(again));
}

#[test]
fn a_second_process_is_refused() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("state");
    let _held = Store::open(&path).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_refused_with_its_path() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("state");
    fs::write(&path, "policies: []\n".repeat(100)).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn a_damaged_page_is_found_at_opening() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("state");
    let mut store = Store::open(&path).unwrap();
    store.append(&StoredSnapshot { content: vec![7; 20_000].into(), ..snapshot(1, 1) }).unwrap();
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    bytes[100..8192].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let error = Store::open(&path).and_then(|store| store.latest()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_database_of_something_else_is_left_alone() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
}

#[test]
fn a_newer_schema_is_refused() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("state");
    let store = Store::open(&path).unwrap();
    store.connection.pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Schema { found: 99, .. }), "{error}");
}

#[test]
fn a_missing_folder_is_named() {
    let error = Store::open(Path::new("/nonexistent/state")).unwrap_err();
    assert!(error.to_string().contains("/nonexistent/state"), "{error}");
}

#[test]
fn a_removed_file_is_made_again() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("state");
    let mut store = Store::open(&path).unwrap();
    store.append(&snapshot(1, 1)).unwrap();
    fs::remove_file(&path).unwrap();
    store.append(&snapshot(1, 2)).unwrap();
    drop(store);
    assert_eq!(Store::open(&path).unwrap().latest().unwrap(), Some(snapshot(1, 2)));
}
