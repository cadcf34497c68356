use std::os::unix::fs::symlink;

use tempfile::{TempDir, tempdir};

use super::*;

fn folder(files: &[(&str, &str)]) -> (TempDir, Folder) {
    let dir = tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let folder = Folder::new(dir.path().to_owned());
    (dir, folder)
}

fn names(folder: &Folder) -> Vec<String> {
    let prefix = format!("{}/", folder.path().display());
    folder.read().unwrap().files.into_iter().map(|file| file.name.replace(&prefix, "")).collect()
}

#[test]
fn policy_files_are_found_in_subfolders_and_sorted() {
    let (_dir, folder) = folder(&[("b.yml", "x"), ("a.yaml", "x"), ("team/x/c.json", "x"), ("README.md", "x")]);
    assert_eq!(names(&folder), ["a.yaml", "b.yml", "team/x/c.json"]);
}

#[test]
fn hidden_files_editor_files_and_test_suites_are_passed_over() {
    let (_dir, folder) = folder(&[
        ("a.yaml", "x"),
        (".a.yaml.swp", "x"),
        (".#a.yaml", "x"),
        ("#a.yaml#", "x"),
        ("a.yaml~", "x"),
        (".git/config.yaml", "x"),
        ("a.test.yaml", "x"),
        ("a_test.json", "x"),
    ]);
    assert_eq!(names(&folder), ["a.yaml"]);
}

#[test]
fn test_suites_are_found_by_their_names() {
    let (dir, _) = folder(&[("a.yaml", "x"), ("a.test.yaml", "x"), ("sub/b_test.yml", "x"), ("test.yaml", "x")]);
    let found = read_suites(&[dir.path().to_owned()]).unwrap();
    let prefix = format!("{}/", dir.path().display());
    let found: Vec<_> = found.into_iter().map(|file| file.name.replace(&prefix, "")).collect();
    assert_eq!(found, ["a.test.yaml", "sub/b_test.yml"]);
}

#[test]
fn a_config_map_mount_is_read_through_its_links_once() {
    let (dir, folder) = folder(&[("..2024_01/a.yaml", "old"), ("..2024_02/a.yaml", "new")]);
    symlink("..2024_01", dir.path().join("..data")).unwrap();
    symlink("..data/a.yaml", dir.path().join("a.yaml")).unwrap();
    assert_eq!(&*folder.read().unwrap().files[0].text, "old");
    symlink("..2024_02", dir.path().join("..data_tmp")).unwrap();
    fs::rename(dir.path().join("..data_tmp"), dir.path().join("..data")).unwrap();
    assert_eq!(names(&folder), ["a.yaml"]);
    assert_eq!(&*folder.read().unwrap().files[0].text, "new");
}

#[test]
fn a_link_to_a_folder_above_ends() {
    let (dir, folder) = folder(&[("sub/a.yaml", "x")]);
    symlink("..", dir.path().join("sub/up")).unwrap();
    assert_eq!(names(&folder), ["sub/a.yaml"]);
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_place() {
    let (dir, folder) = folder(&[]);
    fs::write(dir.path().join("a.yaml"), b"ok\nab\xff").unwrap();
    let error = folder.read().unwrap_err().to_string();
    assert!(error.contains("a.yaml:2:3:"), "{error}");
}

#[test]
fn a_missing_folder_and_a_dangling_policy_link_are_named() {
    let (dir, folder) = folder(&[]);
    symlink("nowhere", dir.path().join("a.yaml")).unwrap();
    assert!(folder.read().unwrap_err().to_string().contains("a.yaml"));
    let missing = Folder::new(dir.path().join("missing"));
    assert!(missing.read().unwrap_err().to_string().contains("missing"));
}

#[test]
fn stamps_change_with_the_files() {
    let (dir, folder) = folder(&[("a.yaml", "1")]);
    let before = folder.look().unwrap();
    assert_eq!(before, folder.look().unwrap());
    fs::write(dir.path().join("b.yaml"), "2").unwrap();
    assert_ne!(before, folder.look().unwrap());
}

#[test]
fn named_files_are_read_whatever_their_extension() {
    let (dir, _) = folder(&[("policies.txt", "x"), ("sub/a.yaml", "y")]);
    let files = read_paths(&[dir.path().join("policies.txt"), dir.path().join("sub")]).unwrap();
    assert_eq!(files.iter().map(|file| &*file.text).collect::<Vec<_>>(), ["x", "y"]);
}

#[test]
fn a_folder_without_policy_files_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "not a policy file").unwrap();
    let error = Folder::new(folder.path().to_owned()).read().unwrap_err();
    assert!(matches!(error, ReadError::NoFiles { .. }), "{error}");
}

#[test]
fn an_empty_file_is_waited_for_and_then_refused() {
    let (dir, folder) = folder(&[("a.yaml", "")]);
    assert!(matches!(folder.read(), Err(ReadError::Empty { .. })));
    let path = dir.path().join("a.yaml");
    let writer = thread::spawn(move || {
        thread::sleep(PAUSE);
        fs::write(path, "policies: []").unwrap();
    });
    while folder.read().is_err() {}
    writer.join().unwrap();
}

#[test]
fn a_reading_knows_whether_it_is_outdated() {
    let (dir, folder) = folder(&[("a.yaml", "1")]);
    let reading = folder.read().unwrap();
    assert!(folder.is_still(&reading));
    fs::write(dir.path().join("a.yaml"), "22").unwrap();
    assert!(!folder.is_still(&reading));
}

fn texts(folder: &Folder) -> Vec<String> {
    folder.read().unwrap().files.iter().map(|file| file.text.to_string()).collect()
}

/// Far longer than the clock of a file system ticks.
fn settle() {
    thread::sleep(Duration::from_millis(60));
}

#[test]
fn a_config_map_changes_all_its_files_at_once_there_and_back() {
    let (dir, folder) = folder(&[
        ("..2024_01/a.yaml", "old-a"),
        ("..2024_01/b.yaml", "both"),
        ("..2024_02/a.yaml", "new-a"),
        ("..2024_02/b.yaml", "both"),
    ]);
    let swap = |target: &str| {
        symlink(target, dir.path().join("..data_tmp")).unwrap();
        fs::rename(dir.path().join("..data_tmp"), dir.path().join("..data")).unwrap();
    };
    swap("..2024_01");
    symlink("..data/a.yaml", dir.path().join("a.yaml")).unwrap();
    symlink("..data/b.yaml", dir.path().join("b.yaml")).unwrap();
    settle();
    let before = folder.read().unwrap();
    for (target, expected) in [("..2024_02", "new-a"), ("..2024_01", "old-a"), ("..2024_02", "new-a")] {
        swap(target);
        assert_eq!(texts(&folder), [expected, "both"]);
    }
    fs::remove_dir_all(dir.path().join("..2024_01")).unwrap();
    let after = folder.read().unwrap();
    assert!(Arc::ptr_eq(&before.files[1].text, &after.files[1].text), "a text that is the same is shared");
    assert_ne!(before.fingerprint, after.fingerprint);
}

#[test]
fn whichever_way_an_editor_saves_a_file_its_text_is_read() {
    type Save = fn(&Path, &str);
    let ways: [(&str, Save); 5] = [
        ("in place", |path, text| fs::write(path, text).unwrap()),
        ("beside it, then renamed", |path, text| {
            let beside = path.with_file_name(".a.yaml.tmp");
            fs::write(&beside, text).unwrap();
            fs::rename(&beside, path).unwrap();
        }),
        ("with a backup", |path, text| {
            fs::rename(path, path.with_file_name("a.yaml~")).unwrap();
            fs::write(path, text).unwrap();
            let _ = fs::remove_file(path.with_file_name("a.yaml~"));
        }),
        ("with a lock", |path, text| {
            symlink("user@host.1:2", path.with_file_name(".#a.yaml")).unwrap();
            fs::write(path, text).unwrap();
            fs::remove_file(path.with_file_name(".#a.yaml")).unwrap();
        }),
        ("removed and made anew", |path, text| {
            fs::remove_file(path).unwrap();
            fs::write(path, text).unwrap();
        }),
    ];
    let (dir, folder) = folder(&[("a.yaml", "text-00"), ("other.yaml", "other")]);
    for round in 1..20 {
        for (index, (way, save)) in ways.iter().enumerate() {
            // Of one length, and now and then so soon after the last reading that the clock shows no difference.
            let text = format!("text-{index}{}", round % 10);
            save(&dir.path().join("a.yaml"), &text);
            assert_eq!(texts(&folder), [text.as_str(), "other"], "{way}");
        }
        if round % 10 == 0 {
            settle();
        }
    }
}

#[test]
fn what_a_folder_that_could_not_be_read_held_is_not_forgotten() {
    let (dir, folder) = folder(&[("a.yaml", "a"), ("b.yaml", "b")]);
    settle();
    let before = folder.read().unwrap();
    fs::write(dir.path().join("b.yaml"), b"\xff").unwrap();
    folder.read().unwrap_err();
    fs::write(dir.path().join("b.yaml"), "c").unwrap();
    let after = folder.read().unwrap();
    assert!(Arc::ptr_eq(&before.files[0].text, &after.files[0].text));
    assert_eq!(&*after.files[1].text, "c");
}

fn news(dir: &TempDir, names: &[&str]) -> News {
    News::Files(names.iter().map(|name| dir.path().join(name)).collect())
}

#[test]
fn news_of_a_file_is_all_that_is_looked_at() {
    let (dir, folder) = folder(&[("a.yaml", "a"), ("b.yaml", "b"), ("sub/c.yaml", "c")]);
    settle();
    let before = folder.read().unwrap();
    fs::write(dir.path().join("a.yaml"), "a2").unwrap();
    fs::write(dir.path().join("b.yaml"), "b2").unwrap();
    folder.heard(news(&dir, &["b.yaml"]));
    let after = folder.read().unwrap();
    assert_eq!(after.files.iter().map(|file| &*file.text).collect::<Vec<_>>(), ["a", "b2", "c"]);
    assert_eq!(after.seen, Seen::Only(vec![Found::at(&dir.path().join("b.yaml")).unwrap()]));
    assert_ne!(after.fingerprint, before.fingerprint);
    assert!(folder.is_still(&after));
    fs::write(dir.path().join("b.yaml"), "b33").unwrap();
    assert!(!folder.is_still(&after));
    assert_eq!(texts(&folder), ["a2", "b33", "c"], "without news, everything is looked at");
}

#[test]
fn news_of_what_was_not_there_is_looked_at_with_everything_else() {
    let (dir, folder) = folder(&[("a.yaml", "a"), ("b.yaml", "b")]);
    folder.read().unwrap();
    fs::write(dir.path().join("a.yaml"), "a2").unwrap();
    fs::write(dir.path().join("c.yaml"), "c").unwrap();
    folder.heard(news(&dir, &["c.yaml"]));
    assert_eq!(texts(&folder), ["a2", "b", "c"]);
    fs::remove_file(dir.path().join("a.yaml")).unwrap();
    folder.heard(news(&dir, &["a.yaml"]));
    assert_eq!(texts(&folder), ["b", "c"]);
    fs::create_dir_all(dir.path().join(".hidden")).unwrap();
    fs::write(dir.path().join(".hidden/d.yaml"), "d").unwrap();
    folder.heard(news(&dir, &[".hidden/d.yaml"]));
    assert_eq!(texts(&folder), ["b", "c"]);
}

#[test]
fn after_a_reading_that_failed_everything_is_looked_at() {
    let (dir, folder) = folder(&[("a.yaml", "a"), ("b.yaml", "b")]);
    folder.read().unwrap();
    fs::write(dir.path().join("a.yaml"), b"\xff").unwrap();
    folder.heard(news(&dir, &["a.yaml"]));
    folder.read().unwrap_err();
    fs::write(dir.path().join("a.yaml"), "a2").unwrap();
    fs::write(dir.path().join("b.yaml"), "b2").unwrap();
    folder.heard(news(&dir, &["b.yaml"]));
    assert_eq!(texts(&folder), ["a2", "b2"]);
}

#[test]
fn an_emptied_file_that_there_is_news_of_is_waited_for() {
    let (dir, folder) = folder(&[("a.yaml", "a"), ("b.yaml", "b")]);
    folder.read().unwrap();
    fs::write(dir.path().join("a.yaml"), "").unwrap();
    folder.heard(news(&dir, &["a.yaml"]));
    assert!(matches!(folder.read(), Err(ReadError::Empty { .. })));
}
