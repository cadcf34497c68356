use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::{TempDir, tempdir};

use super::super::walk::{is_policy_file, walk};
use super::*;

/// So many files as a folder of a large set has.
const MANY: usize = 10_000;

fn look(root: &Path) -> Vec<Found> {
    walk(root, is_policy_file).unwrap()
}

/// After this, what was written before shows its age.
fn settle() {
    thread::sleep(Duration::from_millis(60));
}

fn folder(files: usize) -> TempDir {
    let folder = tempdir().unwrap();
    (0..files).for_each(|index| fs::write(path(&folder, index), format!("# {index}\n")).unwrap());
    folder
}

fn path(folder: &TempDir, index: usize) -> PathBuf {
    folder.path().join(format!("p-{index}.yaml"))
}

/// Which files were read, by the number in their text, and not taken over.
fn read_anew(before: &Known, after: &Known) -> Vec<String> {
    let is_new = |known: &&Arc<KnownFile>| !before.0.iter().any(|before| Arc::ptr_eq(before, known));
    after.0.iter().filter(is_new).map(|known| known.file.text.trim_end().to_owned()).collect()
}

#[test]
fn of_ten_thousand_files_one_edit_reads_one() {
    let folder = folder(MANY);
    settle();
    let before = Known::default().read_changed(&look(folder.path())).unwrap();
    fs::write(path(&folder, 4711), "# edited").unwrap();
    let after = before.read_changed(&look(folder.path())).unwrap();
    let changed: Vec<_> = before
        .0
        .iter()
        .zip(&after.0)
        .filter(|(before, after)| !Arc::ptr_eq(before, after))
        .map(|(_, after)| after)
        .collect();
    assert_eq!(changed.iter().map(|known| &*known.file.text).collect::<Vec<_>>(), ["# edited"]);
    assert_ne!(before.fingerprint(), after.fingerprint());
}

#[test]
fn files_that_come_and_go_move_no_other() {
    let folder = folder(10);
    settle();
    let before = Known::default().read_changed(&look(folder.path())).unwrap();
    fs::remove_file(path(&folder, 3)).unwrap();
    fs::write(path(&folder, 42), "# new").unwrap();
    fs::rename(path(&folder, 5), path(&folder, 55)).unwrap();
    let after = before.read_changed(&look(folder.path())).unwrap();
    assert_eq!(read_anew(&before, &after), ["# new", "# 5"]);
    assert_eq!(after.files().len(), 10);
}

#[test]
fn a_file_that_was_written_right_before_it_was_read_is_read_again() {
    let folder = folder(1);
    let dated = |time| File::options().write(true).open(path(&folder, 0)).unwrap().set_modified(time).unwrap();
    let now = SystemTime::now();
    // However long this test is held up.
    dated(now + Duration::from_secs(3600));
    let first = Known::default().read_changed(&look(folder.path())).unwrap();
    let second = first.read_changed(&look(folder.path())).unwrap();
    assert_eq!(read_anew(&first, &second), ["# 0"]);
    assert!(Arc::ptr_eq(&first.0[0].file.text, &second.0[0].file.text), "its text is shared all the same");
    dated(now);
    settle();
    let third = second.read_changed(&look(folder.path())).unwrap();
    assert!(read_anew(&third, &third.read_changed(&look(folder.path())).unwrap()).is_empty());
}

#[test]
fn an_edit_that_its_time_and_size_do_not_show_is_noticed() {
    let folder = folder(1);
    let file = path(&folder, 0);
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let dated = |text: &str| {
        fs::write(&file, text).unwrap();
        File::options().write(true).open(&file).unwrap().set_times(FileTimes::new().set_modified(long_ago)).unwrap();
    };
    dated("# a");
    settle();
    let before = Known::default().read_changed(&look(folder.path())).unwrap();
    dated("# b");
    let after = before.read_changed(&look(folder.path())).unwrap();
    assert_eq!(after.files()[0].text.as_ref(), "# b");
}

#[test]
fn every_one_of_many_quick_edits_of_one_size_is_noticed() {
    let folder = folder(1);
    let mut known = Known::default();
    for round in 100..400 {
        fs::write(path(&folder, 0), format!("# {round}")).unwrap();
        known = known.read_changed(&look(folder.path())).unwrap();
        assert_eq!(known.files()[0].text.as_ref(), format!("# {round}"));
    }
}
