use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::SystemTime;

use tempfile::tempdir;
use tokio::time::timeout;

use super::*;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// So slow that only events can be what reports.
const BY_EVENTS: Pace = Pace { rescan: Duration::from_secs(3600) };

async fn watched(path: &Path, pace: Pace) -> mpsc::Receiver<()> {
    followed(&Folder::new(path.to_owned()), pace).await
}

async fn followed(folder: &Folder, pace: Pace) -> mpsc::Receiver<()> {
    let (sender, mut changes) = mpsc::channel(1);
    tokio::spawn(watch(folder.clone(), pace, sender));
    // The first look arms the watcher and reports.
    next(&mut changes).await;
    changes
}

async fn next(changes: &mut mpsc::Receiver<()>) {
    timeout(PATIENCE, changes.recv()).await.expect("a change is reported").expect("the watch goes on");
}

#[tokio::test]
async fn a_written_file_is_reported() {
    let dir = tempdir().unwrap();
    let mut changes = watched(dir.path(), BY_EVENTS).await;
    fs::write(dir.path().join("a.yaml"), "policies: []").unwrap();
    next(&mut changes).await;
}

#[tokio::test]
async fn an_atomic_rename_is_reported() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("a.yaml"), "1").unwrap();
    let mut changes = watched(dir.path(), BY_EVENTS).await;
    let elsewhere = tempdir().unwrap();
    fs::write(elsewhere.path().join("new"), "2").unwrap();
    fs::rename(elsewhere.path().join("new"), dir.path().join("a.yaml")).unwrap();
    next(&mut changes).await;
}

#[tokio::test]
async fn a_config_map_swap_is_reported() {
    let dir = tempdir().unwrap();
    for data in ["..one", "..two"] {
        fs::create_dir(dir.path().join(data)).unwrap();
        fs::write(dir.path().join(data).join("a.yaml"), data).unwrap();
    }
    symlink("..one", dir.path().join("..data")).unwrap();
    symlink("..data/a.yaml", dir.path().join("a.yaml")).unwrap();
    symlink("..two", dir.path().join("..data_tmp")).unwrap();
    let mut changes = watched(dir.path(), BY_EVENTS).await;
    fs::rename(dir.path().join("..data_tmp"), dir.path().join("..data")).unwrap();
    next(&mut changes).await;
}

#[tokio::test]
async fn a_file_in_a_new_subfolder_is_reported() {
    let dir = tempdir().unwrap();
    let mut changes = watched(dir.path(), Pace { rescan: Duration::from_millis(50) }).await;
    fs::create_dir(dir.path().join("team")).unwrap();
    fs::write(dir.path().join("team/a.yaml"), "1").unwrap();
    next(&mut changes).await;
}

#[tokio::test]
async fn a_folder_that_is_a_link_is_followed_to_its_new_target() {
    let dir = tempdir().unwrap();
    for release in ["one", "two"] {
        fs::create_dir(dir.path().join(release)).unwrap();
        fs::write(dir.path().join(release).join("a.yaml"), release).unwrap();
    }
    let link = dir.path().join("current");
    symlink("one", &link).unwrap();
    let mut changes = watched(&link, Pace { rescan: Duration::from_millis(20) }).await;
    symlink("two", dir.path().join("next")).unwrap();
    fs::rename(dir.path().join("next"), &link).unwrap();
    next(&mut changes).await;
    fs::write(dir.path().join("two/b.yaml"), "1").unwrap();
    next(&mut changes).await;
}

#[tokio::test]
async fn a_missing_folder_is_waited_for() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("later");
    let mut changes = watched(&path, Pace { rescan: Duration::from_millis(20) }).await;
    fs::create_dir(&path).unwrap();
    next(&mut changes).await;
}

/// Until its texts are these: an edit may be reported in several parts.
async fn becomes(folder: &Folder, changes: &mut mpsc::Receiver<()>, expected: &[&str]) {
    loop {
        next(changes).await;
        let Ok(reading) = folder.read() else { continue };
        if reading.files.iter().map(|file| &*file.text).eq(expected.iter().copied()) {
            return;
        }
    }
}

#[tokio::test]
async fn what_events_tell_of_is_what_the_next_reading_finds() {
    let dir = tempdir().unwrap();
    for data in ["..one", "..two"] {
        fs::create_dir(dir.path().join(data)).unwrap();
        fs::write(dir.path().join(data).join("linked.yaml"), data).unwrap();
    }
    symlink("..one", dir.path().join("..data")).unwrap();
    symlink("..data/linked.yaml", dir.path().join("linked.yaml")).unwrap();
    fs::write(dir.path().join("a.yaml"), "a").unwrap();
    let folder = Folder::new(dir.path().to_owned());
    let mut changes = followed(&folder, BY_EVENTS).await;
    assert_eq!(folder.read().unwrap().files.len(), 2);

    fs::write(dir.path().join("a.yaml"), "in place").unwrap();
    becomes(&folder, &mut changes, &["in place", "..one"]).await;
    fs::write(dir.path().join(".a.yaml.tmp"), "renamed").unwrap();
    fs::rename(dir.path().join(".a.yaml.tmp"), dir.path().join("a.yaml")).unwrap();
    becomes(&folder, &mut changes, &["renamed", "..one"]).await;
    symlink("..two", dir.path().join("..data_tmp")).unwrap();
    fs::rename(dir.path().join("..data_tmp"), dir.path().join("..data")).unwrap();
    becomes(&folder, &mut changes, &["renamed", "..two"]).await;
    fs::rename(dir.path().join("a.yaml"), dir.path().join("b.yaml")).unwrap();
    becomes(&folder, &mut changes, &["renamed", "..two"]).await;
    fs::remove_file(dir.path().join("b.yaml")).unwrap();
    becomes(&folder, &mut changes, &["..two"]).await;
}

#[tokio::test]
async fn a_file_that_was_read_right_after_a_write_is_looked_at_once_more_and_then_no_more() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("a.yaml"), "a").unwrap();
    let folder = Folder::new(dir.path().to_owned());
    let mut eye = Eye::default();
    assert!(matches!(eye.look(&folder).await, Sight::Unsettled));
    assert!(matches!(eye.look(&folder).await, Sight::Changed(News::Anything)));
    let path = dir.path().join("a.yaml");
    let dated = |time| File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    let now = SystemTime::now();
    dated(now + Duration::from_secs(3600));
    folder.read().unwrap();
    let only_it = News::Files([path.clone()].into());
    for _ in 0..2 {
        assert!(matches!(eye.look(&folder).await, Sight::Changed(news) if news == only_it));
        folder.read().unwrap();
    }
    dated(now);
    tokio::time::sleep(Duration::from_millis(60)).await;
    folder.read().unwrap();
    assert!(matches!(eye.look(&folder).await, Sight::Same));
    fs::write(dir.path().join("a.yaml"), "unread").unwrap();
    assert!(matches!(eye.look(&folder).await, Sight::Unsettled));
}

#[tokio::test]
async fn a_folder_that_was_gone_when_it_was_looked_at_is_reported_when_it_is_back_as_it_was() {
    let dir = tempdir().unwrap();
    let (path, aside) = (dir.path().join("policies"), dir.path().join("aside"));
    fs::create_dir(&path).unwrap();
    fs::write(path.join("a.yaml"), "a").unwrap();
    let folder = Folder::new(path.clone());
    let mut eye = Eye::default();
    assert!(matches!(eye.look(&folder).await, Sight::Unsettled));
    assert!(matches!(eye.look(&folder).await, Sight::Changed(News::Anything)));
    folder.read().unwrap();
    fs::rename(&path, &aside).unwrap();
    // An event told of it, and the reading failed.
    folder.heard(News::Anything);
    folder.read().unwrap_err();
    assert!(matches!(eye.look(&folder).await, Sight::Unsettled));
    fs::rename(&aside, &path).unwrap();
    assert!(matches!(eye.look(&folder).await, Sight::Unsettled));
    assert!(matches!(eye.look(&folder).await, Sight::Changed(News::Anything)));
}
