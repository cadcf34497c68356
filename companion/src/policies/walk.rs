use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::ReadError;
use super::stamp::Stamp;

/// Most policy files in one folder.
const MAX_FILES: usize = 50_000;

/// How deep subfolders may nest.
const MAX_DEPTH: usize = 32;

/// A file, found but not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
}

impl Found {
    /// The file at a path, if there is one.
    pub(super) fn at(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok().filter(Metadata::is_file)?;
        Some(Found { path: path.to_owned(), stamp: Stamp::of(&metadata) })
    }
}

/// Endings of the names of test suites.
const SUITE_ENDINGS: [&str; 2] = [".test", "_test"];

/// Every wanted file under a folder, sorted by the bytes of its path.
///
/// Symbolic links are followed: that is how Kubernetes mounts ConfigMaps (`a.yaml` → `..data/a.yaml`, and `..data` → a
/// dated folder). What starts with a dot is passed over, so each such file counts once.
pub(super) fn walk(root: &Path, is_wanted: fn(&OsStr) -> bool) -> Result<Vec<Found>, ReadError> {
    let mut walk = Walk { is_wanted, found: Vec::new(), entered: HashSet::new() };
    let metadata = fs::metadata(root).map_err(|source| ReadError::folder(root, source))?;
    if !metadata.is_dir() {
        return Err(ReadError::folder(root, io::ErrorKind::NotADirectory.into()));
    }
    walk.enter(root, &metadata, 0)?;
    walk.found.sort_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
    Ok(walk.found)
}

/// Whether a file of this name holds policies.
pub(super) fn is_policy_file(name: &OsStr) -> bool {
    is_document(name) && !is_suite_name(name)
}

/// Whether a file of this name holds tests of policies.
pub(super) fn is_suite_file(name: &OsStr) -> bool {
    is_document(name) && is_suite_name(name)
}

fn is_document(name: &OsStr) -> bool {
    let extension = Path::new(name).extension().and_then(OsStr::to_str);
    !is_hidden(name) && matches!(extension, Some("yaml" | "yml" | "json"))
}

fn is_suite_name(name: &OsStr) -> bool {
    let stem = Path::new(name).file_stem().and_then(OsStr::to_str);
    stem.is_some_and(|stem| SUITE_ENDINGS.iter().any(|ending| stem.ends_with(ending)))
}

/// Whether a file or folder of this name is passed over.
pub(super) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

struct Walk {
    is_wanted: fn(&OsStr) -> bool,
    found: Vec<Found>,
    /// Device and inode: a link to a folder above must not be followed around.
    entered: HashSet<(u64, u64)>,
}

impl Walk {
    fn enter(&mut self, folder: &Path, metadata: &Metadata, depth: usize) -> Result<(), ReadError> {
        if !self.entered.insert((metadata.dev(), metadata.ino())) {
            return Ok(());
        }
        if depth > MAX_DEPTH {
            return Err(ReadError::TooDeep { path: folder.to_owned(), limit: MAX_DEPTH });
        }
        let fail = |source| ReadError::folder(folder, source);
        for entry in fs::read_dir(folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name();
            if is_hidden(&name) {
                continue;
            }
            self.visit(entry.path(), &name, depth)?;
        }
        Ok(())
    }

    fn visit(&mut self, path: PathBuf, name: &OsStr, depth: usize) -> Result<(), ReadError> {
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            // A dangling link with another name is nobody's business here.
            Err(_) if !(self.is_wanted)(name) => return Ok(()),
            Err(source) => return Err(ReadError::File { path, source }),
        };
        if metadata.is_dir() {
            return self.enter(&path, &metadata, depth + 1);
        }
        if metadata.is_file() && (self.is_wanted)(name) {
            if self.found.len() >= MAX_FILES {
                return Err(ReadError::TooManyFiles { path, limit: MAX_FILES });
            }
            self.found.push(Found { path, stamp: Stamp::of(&metadata) });
        }
        Ok(())
    }
}
