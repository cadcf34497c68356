//! What the loader says about policy files with mistakes: each folder of `policy/tests/diagnostics` is a set of files,
//! and `expected.txt` in it what is printed. `TOLLGATE_BLESS=1` writes what is printed now.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::{SourceFile, load};

#[test]
fn mistakes_are_located_and_say_what_to_write() {
    let bless = std::env::var_os("TOLLGATE_BLESS").is_some();
    let mut wrong = Vec::new();
    for folder in entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")) {
        let printed = format!("{}\n", load(&files(&folder)).unwrap_err());
        let golden = folder.join("expected.txt");
        if bless {
            fs::write(&golden, &printed).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != printed {
            wrong.push(format!("{}, not as expected:\n{printed}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn files(folder: &Path) -> Vec<SourceFile> {
    let is_policy_file = |path: &PathBuf| path.extension().is_some_and(|extension| extension != "txt");
    let read = |path: PathBuf| {
        SourceFile::new(path.file_name().unwrap().to_string_lossy(), fs::read_to_string(&path).unwrap())
    };
    entries(folder).into_iter().filter(is_policy_file).map(read).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
