use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;

use futures::executor::block_on;
use futures::future::BoxFuture;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

fn site() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budget.db");
    (folder, path)
}

fn open(path: &Path) -> Result<BudgetFile, OpenError> {
    BudgetFile::open(path, Durability::Process, Counting::Here)
}

fn count(file: &BudgetFile) -> i64 {
    let sql = "SELECT count(*) FROM adjustments";
    block_on(file.read(move |transaction| transaction.query_row(sql, [], |row| row.get(0)))).unwrap()
}

fn add(file: &BudgetFile, number: i64) -> Result<usize, FileError> {
    block_on(file.write(move |transaction| insert(transaction, number)))
}

/// Keeps the thread busy with one thing, alone, until what is returned is dropped.
fn hold_up(file: &BudgetFile) -> (mpsc::Sender<()>, BoxFuture<'static, Result<(), FileError>>) {
    let ((release, held_up), (begins, begun)) = (mpsc::channel::<()>(), mpsc::channel());
    let first = file.write(move |_| {
        let _ = (begins.send(()), held_up.recv());
        Ok(())
    });
    begun.recv().unwrap();
    (release, first)
}

fn insert(transaction: &rusqlite::Transaction<'_>, number: i64) -> rusqlite::Result<usize> {
    transaction.execute("INSERT INTO adjustments VALUES (?1, CAST(?1 AS BLOB), 0, '', 0, 0, 0, '', '')", [number])
}

#[test]
fn a_file_is_not_taken_for_what_is_counted_in_another_place() {
    let elsewhere = |path: &Path| BudgetFile::open(path, Durability::Process, Counting::Elsewhere);
    let mark = |file: &BudgetFile, sql: &'static str| {
        block_on(file.write(move |transaction| transaction.execute(sql, []))).unwrap();
    };
    let (_folder, path) = site();
    drop(open(&path).unwrap());
    mark(&elsewhere(&path).unwrap(), "INSERT INTO elsewhere VALUES (1, 'g', 7)");
    let refused = open(&path).unwrap_err();
    assert!(matches!(refused, OpenError::CountsElsewhere { .. }), "{refused}");
    drop(elsewhere(&path).unwrap());

    let (_folder, path) = site();
    mark(&open(&path).unwrap(), "INSERT INTO counters VALUES ('day', 0, 'global', '', 'tokens', 1, 0)");
    let refused = elsewhere(&path).unwrap_err();
    assert!(matches!(refused, OpenError::CountsItself { .. }), "{refused}");
    drop(open(&path).unwrap());
}

#[test]
fn the_file_and_all_that_belongs_to_it_is_for_one_user() {
    let (folder, path) = site();
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let file = open(&path).unwrap();
    block_on(file.write(|transaction| transaction.execute("UPDATE file SET newest = 1", []))).unwrap();
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 4, "the file, its log, the log's index and the lock");
    for file in files {
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[test]
fn a_file_is_one_process_s_at_a_time() {
    let (_folder, path) = site();
    let first = open(&path).unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(&error, OpenError::InUse { path: of } if *of == path), "{error}");
    let ledger = first.marks().ledger;
    drop(first);
    assert_eq!(open(&path).unwrap().marks().ledger, ledger, "its name stays");
}

#[test]
fn what_is_not_ours_is_refused_and_left_as_it_is() {
    let (_folder, path) = site();
    fs::write(&path, "no database at all, but a text of some length that somebody wrote").unwrap();
    assert!(matches!(open(&path), Err(OpenError::Damaged { .. })));
    assert!(fs::read_to_string(&path).unwrap().starts_with("no database"));
    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE other (thing)").unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(open(&path), Err(OpenError::Foreign { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn tables_of_another_version_are_refused() {
    let (_folder, path) = site();
    drop(open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error, OpenError::Schema { found: 9, .. }), "{error}");
    assert!(matches!(open(&path.join("nowhere")), Err(OpenError::Open { .. })));
}

#[test]
fn what_fails_fails_alone() {
    let (_folder, path) = site();
    let file = open(&path).unwrap();
    // What queues meanwhile is done together afterwards.
    let (release, first) = hold_up(&file);
    let queued: Vec<_> = [1, 2, 2, 3].map(|number| file.write(move |transaction| insert(transaction, number))).into();
    drop(release);
    block_on(first).unwrap();
    let done: Vec<_> = block_on(futures::future::join_all(queued)).into_iter().map(|done| done.is_ok()).collect();
    assert_eq!(done, [true, true, false, true]);
    assert_eq!(count(&file), 3);
    add(&file, 4).unwrap();
}

#[test]
fn what_nobody_waits_for_any_more_is_left_undone_if_it_may_be() {
    let (_folder, path) = site();
    let file = open(&path).unwrap();
    let (release, first) = hold_up(&file);
    drop(file.write_if_awaited(|transaction| insert(transaction, 1)));
    drop(file.write(|transaction| insert(transaction, 2)));
    drop(release);
    block_on(first).unwrap();
    add(&file, 3).unwrap();
    assert_eq!(count(&file), 2);
}

#[test]
fn more_than_can_wait_is_refused_at_once() {
    let (_folder, path) = site();
    let file = open(&path).unwrap();
    let (release, first) = hold_up(&file);
    let waiting: Vec<_> = (0..10_000).map(|_| file.write(|_| Ok(()))).collect();
    drop(release);
    block_on(first).unwrap();
    let answers = block_on(futures::future::join_all(waiting));
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert!(done.len() >= 8192, "{}", done.len());
    assert!(!refused.is_empty() && refused.iter().all(|error| matches!(error, Err(FileError::Busy))));
}

#[test]
fn nothing_is_done_while_the_file_is_not_there_and_all_is_well_when_it_is_back() {
    let (folder, path) = site();
    let file = open(&path).unwrap();
    add(&file, 1).unwrap();
    let aside = folder.path().join("aside");
    fs::rename(&path, &aside).unwrap();
    assert!(matches!(add(&file, 2), Err(FileError::Gone)));
    fs::write(&path, "").unwrap();
    assert!(matches!(add(&file, 2), Err(FileError::Gone)), "another file");
    fs::rename(&aside, &path).unwrap();
    add(&file, 2).unwrap();
    assert_eq!(count(&file), 2);
}

#[test]
fn what_was_asked_is_done_before_the_file_is_closed() {
    let (_folder, path) = site();
    let file = Arc::new(open(&path).unwrap());
    let asked: Vec<_> = (0..100).map(|number| file.write(move |transaction| insert(transaction, number))).collect();
    drop(file);
    assert!(block_on(futures::future::join_all(asked)).into_iter().all(|done| done.is_ok()));
    assert_eq!(count(&open(&path).unwrap()), 100);
}

#[test]
fn who_looks_into_the_file_by_hand_keeps_nobody_from_writing() {
    let (_folder, path) = site();
    let file = open(&path).unwrap();
    add(&file, 1).unwrap();
    let mut other = Connection::open(&path).unwrap();
    let looking = other.transaction().unwrap();
    let seen = || looking.query_row("SELECT count(*) FROM adjustments", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(seen(), 1);
    add(&file, 2).unwrap();
    assert_eq!((seen(), count(&file)), (1, 2));
}

#[test]
fn a_full_disk_fails_what_needs_room_until_there_is_some() {
    let (_folder, path) = site();
    let file = open(&path).unwrap();
    let room = |pages: i64| {
        let limit = move |transaction: &rusqlite::Transaction<'_>| {
            let used: i64 = transaction.pragma_query_value(None, "page_count", |row| row.get(0))?;
            transaction.pragma_update_and_check(None, "max_page_count", used + pages, |_| Ok(()))
        };
        block_on(file.write(limit)).unwrap();
    };
    room(0);
    let done = (1..1000).take_while(|number| add(&file, *number).is_ok()).count();
    assert!(done < 999);
    let error = add(&file, 1000).unwrap_err();
    assert!(error.to_string().contains("full"), "{error}");
    assert_eq!(count(&file), i64::try_from(done).unwrap());
    room(100);
    add(&file, 1000).unwrap();
    assert_eq!(count(&file), i64::try_from(done).unwrap() + 1);
}
