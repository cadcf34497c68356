use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::embedding::SearchConfig;

use super::rig::{Rig, name};

fn works(rig: &Rig, config: SearchConfig) -> Vec<String> {
    let running = rig.start(config);
    running.until_current(20);
    rig.assert_whole(&running.serving());
    let problems = running.searches.state().problems;
    running.stop();
    problems
}

#[test]
fn a_deleted_folder_costs_embedding_again() {
    let rig = Rig::new();
    rig.publish_many(20);
    assert!(works(&rig, rig.config("m0")).is_empty());
    fs::remove_dir_all(rig.folder()).unwrap();
    assert!(works(&rig, rig.config("m0")).is_empty());
    assert_eq!(rig.factory.embedded(), 40);
}

#[test]
fn a_damaged_database_is_made_again() {
    let rig = Rig::new();
    rig.publish_many(20);
    works(&rig, rig.config("m0"));
    for content in [b"no database".repeat(1000), Vec::new()] {
        fs::write(rig.folder().join("search.db"), content).unwrap();
        let _ = fs::remove_file(rig.folder().join("search.db-wal"));
        assert!(works(&rig, rig.config("m0")).is_empty());
    }
    // What it does not know of is swept away.
    assert_eq!(generations(&rig.folder()).len(), 1);
}

#[test]
fn a_folder_that_cannot_be_made_leaves_search_in_memory_and_says_so() {
    let rig = Rig::new();
    rig.publish_many(20);
    let blocked = rig.folder();
    fs::write(&blocked, "a file").unwrap();
    let problems = works(&rig, rig.config("m0"));
    assert!(problems[0].contains("nothing is kept") && problems[0].contains("state.search"), "{problems:?}");
}

#[test]
fn a_second_process_does_not_touch_the_folder_of_the_first() {
    let rig = Rig::new();
    rig.publish_many(20);
    let first = rig.start(rig.config("m0"));
    first.until_current(20);
    let problems = works(&rig, rig.config("m0"));
    assert!(problems[0].contains("another process"), "{problems:?}");
    rig.assert_whole(&first.serving());
    first.stop();
    assert!(works(&rig, rig.config("m0")).is_empty());
}

#[test]
fn a_generation_that_cannot_be_read_now_is_left_alone_and_opened_later() {
    let rig = Rig::new();
    rig.publish_many(20);
    works(&rig, rig.config("m0"));
    let manifest = rig.folder().join("generation-1/manifest");
    let aside = rig.folder().join("generation-1/aside");
    fs::rename(&manifest, &aside).unwrap();
    // Reading it fails, as with a bad sector.
    fs::create_dir(&manifest).unwrap();
    let running = rig.start(rig.config("m0"));
    let state = running.until(|state| state.policies == 20);
    assert!(state.problems.iter().any(|problem| problem.contains("cannot be opened")), "{state:?}");
    assert!(state.serving.is_none());
    // Words can be searched meanwhile.
    assert_eq!(running.searches.keywords().read().unwrap().len(), 20);
    fs::remove_dir(&manifest).unwrap();
    fs::rename(&aside, &manifest).unwrap();
    running.until_current(20);
    running.until(|state| state.problems.is_empty() && state.serving.as_ref().is_some_and(|serving| serving.embeds));
    rig.assert_whole(&running.serving());
    assert_eq!(rig.factory.embedded(), 20, "nothing was embedded again");
    running.stop();
}

#[test]
fn what_is_kept_is_for_nobody_else_to_read() {
    let rig = Rig::new();
    rig.publish_many(20);
    let running = rig.start(rig.config("m0"));
    running.until_current(20);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&rig.folder()), 0o700);
    let files = fs::read_dir(rig.folder()).unwrap().map(|entry| entry.unwrap().path());
    let databases: Vec<_> = files.filter(|path| path.to_string_lossy().contains("search.db")).collect();
    assert!(!databases.is_empty());
    databases.iter().for_each(|path| assert_eq!(mode(path), 0o600, "{}", path.display()));
    running.stop();
}

#[test]
fn folders_of_no_generation_are_removed() {
    let rig = Rig::new();
    rig.publish_many(20);
    fs::create_dir_all(rig.folder().join("generation-77/deep")).unwrap();
    fs::write(rig.folder().join("notes.txt"), "somebody's").unwrap();
    works(&rig, rig.config("m0"));
    assert_eq!(generations(&rig.folder()), ["generation-1"]);
    assert!(rig.folder().join("notes.txt").exists());
}

#[test]
fn a_policy_set_that_is_empty_empties_the_index() {
    let rig = Rig::new();
    rig.publish_many(20);
    let running = rig.start(rig.config("m0"));
    running.until_current(20);
    rig.publish([]);
    running.until_current(0);
    assert!(running.serving().index.text_of(&name(1)).is_none());
    running.stop();
}

fn generations(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("generation-")).collect()
}
