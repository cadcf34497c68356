use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tollgate_policy::source::SourceFile;

use super::stamp::Stamp;
use super::walk::{Found, is_policy_file, is_suite_file, walk};

/// Most bytes of policy text in one set.
const MAX_TOTAL_BYTES: u64 = 256 << 20;

/// How often a folder that changes while it is read is tried, and the pause in between.
const ATTEMPTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(10);

/// A folder of policy files.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

/// The policy files of a folder at one moment.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) files: Vec<SourceFile>,
    stamp: Stamp,
}

/// Why policy files cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("cannot read policy folder `{}`: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("cannot read file `{}`: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{}:{line}:{column}: policy file is not UTF-8 text", path.display())]
    NotText { path: PathBuf, line: usize, column: usize },
    #[error("policy file `{}` is empty: write a comment into it, or remove it", path.display())]
    Empty { path: PathBuf },
    #[error("policy folder `{}` holds no policy file (*.yaml, *.yml or *.json)", path.display())]
    NoFiles { path: PathBuf },
    #[error("`{}` is nested deeper than {limit} folders", path.display())]
    TooDeep { path: PathBuf, limit: usize },
    #[error("`{}` is one policy file more than the limit of {limit}", path.display())]
    TooManyFiles { path: PathBuf, limit: usize },
    #[error("policy files hold more than {MAX_TOTAL_BYTES} bytes, the limit is passed in `{}`", path.display())]
    TooLarge { path: PathBuf },
    #[error("policy folder `{}` keeps changing while it is read", path.display())]
    Unsettled { path: PathBuf },
}

impl ReadError {
    pub(super) fn folder(path: &Path, source: io::Error) -> Self {
        ReadError::Folder { path: path.to_owned(), source }
    }

    /// What an edit looks like from inside: files that are renamed, links that are swapped, a file that was emptied to be
    /// written again.
    fn is_passing(&self) -> bool {
        match self {
            ReadError::File { source, .. } => source.kind() == io::ErrorKind::NotFound,
            ReadError::Empty { .. } | ReadError::NoFiles { .. } | ReadError::Unsettled { .. } => true,
            _ => false,
        }
    }
}

impl Folder {
    pub(crate) fn new(root: PathBuf) -> Self {
        Folder(root)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Every policy file in it and its subfolders, sorted by path, as they stood at one moment: what changes while it is
    /// read is read again. Blocks for some milliseconds then.
    pub(crate) fn read(&self) -> Result<Reading, ReadError> {
        let mut attempts = 1;
        loop {
            match self.read_once() {
                Err(error) if error.is_passing() && attempts < ATTEMPTS => thread::sleep(PAUSE),
                done => return done,
            }
            attempts += 1;
        }
    }

    /// Whether its files are still those that were read.
    pub(crate) fn is_still(&self, reading: &Reading) -> bool {
        self.stamp().is_ok_and(|stamp| stamp == reading.stamp)
    }

    fn read_once(&self) -> Result<Reading, ReadError> {
        let found = walk(&self.0, is_policy_file)?;
        // A volume that is not mounted looks like this. Nothing is allowed by no policies, so it must be said on purpose.
        if found.is_empty() {
            return Err(ReadError::NoFiles { path: self.0.clone() });
        }
        let files = read_all(found.iter().map(|file| file.path.as_path()))?;
        let reading = Reading { files, stamp: Stamp::of(&found) };
        match self.is_still(&reading) {
            true => Ok(reading),
            false => Err(ReadError::Unsettled { path: self.0.clone() }),
        }
    }

    /// The state of its files, without reading them.
    pub(super) fn stamp(&self) -> Result<Stamp, ReadError> {
        walk(&self.0, is_policy_file).map(|found| Stamp::of(&found))
    }

    /// Which folder the path leads to right now (device and inode): it may be a link, or be made anew.
    pub(super) fn identity(&self) -> Option<(u64, u64)> {
        fs::metadata(&self.0).ok().map(|metadata| (metadata.dev(), metadata.ino()))
    }
}

/// The policy files that a command line names: files as given, folders with what is in them.
pub(crate) fn read_paths(paths: &[PathBuf]) -> Result<Vec<SourceFile>, ReadError> {
    read_all(find(paths, is_policy_file)?.iter().map(PathBuf::as_path))
}

/// The test suites that a command line names: files as given, and those in folders.
pub(crate) fn read_suites(paths: &[PathBuf]) -> Result<Vec<SourceFile>, ReadError> {
    read_all(find(paths, is_suite_file)?.iter().map(PathBuf::as_path))
}

fn find(paths: &[PathBuf], is_wanted: fn(&OsStr) -> bool) -> Result<Vec<PathBuf>, ReadError> {
    let mut files = Vec::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                files.extend(walk(path, is_wanted)?.into_iter().map(|Found { path, .. }| path));
            }
            Ok(_) => files.push(path.clone()),
            Err(source) => return Err(ReadError::File { path: path.clone(), source }),
        }
    }
    Ok(files)
}

fn read_all<'a>(paths: impl Iterator<Item = &'a Path>) -> Result<Vec<SourceFile>, ReadError> {
    let mut left = MAX_TOTAL_BYTES;
    paths.map(|path| read_file(path, &mut left)).collect()
}

fn read_file(path: &Path, left: &mut u64) -> Result<SourceFile, ReadError> {
    let fail = |source| ReadError::File { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    // One byte more than allowed tells "full" from "too much", also for files whose size nobody knows beforehand.
    File::open(path).and_then(|file| file.take(*left + 1).read_to_end(&mut bytes)).map_err(fail)?;
    *left = left.checked_sub(bytes.len() as u64).ok_or_else(|| ReadError::TooLarge { path: path.to_owned() })?;
    // Most programs empty a file before they write it: taken at its word, that would drop policies for a moment.
    if bytes.is_empty() {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    let text = String::from_utf8(bytes).map_err(|error| not_text(path, &error))?;
    Ok(SourceFile::new(path.display().to_string(), text))
}

fn not_text(path: &Path, error: &std::string::FromUtf8Error) -> ReadError {
    let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
    let valid = String::from_utf8_lossy(valid);
    let last_line = valid.rsplit('\n').next().unwrap_or_default();
    ReadError::NotText {
        path: path.to_owned(),
        line: valid.matches('\n').count() + 1,
        column: last_line.chars().count() + 1,
    }
}

#[cfg(test)]
mod tests;
