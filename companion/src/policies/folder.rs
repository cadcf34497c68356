use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::mem;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tollgate_policy::source::SourceFile;

use super::error::ReadError;
use super::fingerprint::Fingerprint;
use super::known::Known;
use super::news::News;
use super::read::{Allowance, read_file};
use super::walk::{Found, is_policy_file, is_suite_file, walk};

/// How often a folder that changes while it is read is tried, and the pause in between.
const ATTEMPTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(10);

/// A folder of policy files.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    /// Shared by all clones.
    memory: Arc<Memory>,
}

#[derive(Debug)]
struct Memory {
    /// Of the last reading.
    known: Mutex<Known>,
    /// What was heard since that was begun.
    news: Mutex<News>,
}

/// The policy files of a folder at one moment.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) files: Vec<SourceFile>,
    pub(crate) fingerprint: Fingerprint,
    seen: Seen,
}

/// What was looked at for a reading.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Everything(Vec<Found>),
    /// The files that there was news of.
    Only(Vec<Found>),
}

impl Folder {
    pub(crate) fn new(root: PathBuf) -> Self {
        let memory = Memory { known: Mutex::default(), news: Mutex::new(News::Anything) };
        Folder { root, memory: Arc::new(memory) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    /// Every policy file in it and its subfolders, sorted by path, as they stood at one moment: what changes while it is
    /// read is read again. Blocks for some milliseconds then.
    pub(crate) fn read(&self) -> Result<Reading, ReadError> {
        let mut known = self.known();
        let news = mem::replace(&mut *self.news(), News::none());
        let mut attempts = 1;
        loop {
            let seen = match &news {
                News::Files(files) if attempts == 1 => known.look_again(files).map(Seen::Only),
                _ => None,
            };
            let done = seen
                .map_or_else(|| self.look().map(Seen::Everything), Ok)
                .and_then(|seen| self.read_seen(seen, &mut known));
            match done {
                Err(error) if error.is_passing() && attempts < ATTEMPTS => thread::sleep(PAUSE),
                Err(error) => {
                    self.heard(News::Anything);
                    return Err(error);
                }
                done => return done,
            }
            attempts += 1;
        }
    }

    /// Tells what has changed since the last reading, as far as events tell it: the next one looks at no more than that, if it
    /// is files that were there.
    pub(super) fn heard(&self, news: News) {
        let mut heard = self.news();
        *heard = mem::replace(&mut *heard, News::Anything).and(news);
    }

    /// If files look as they did when they were last read: those that may have been written since all the same.
    pub(super) fn doubtful(&self, found: &[Found]) -> Option<BTreeSet<PathBuf>> {
        // After a failure it has to be read again, even if it looks as it did before.
        let must_look = *self.news() == News::Anything;
        if must_look { None } else { self.known().doubtful(found) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A panic leaves what was known before.
        self.memory.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.memory.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its files are still those that were read.
    pub(crate) fn is_still(&self, reading: &Reading) -> bool {
        match &reading.seen {
            Seen::Everything(found) => self.look().is_ok_and(|now| now == *found),
            Seen::Only(found) => found.iter().all(|found| Found::at(&found.path).as_ref() == Some(found)),
        }
    }

    fn read_seen(&self, seen: Seen, known: &mut Known) -> Result<Reading, ReadError> {
        let now_known = match &seen {
            // A volume that is not mounted looks like this. Nothing is allowed by no policies, so it must be said on purpose.
            Seen::Everything(found) if found.is_empty() => {
                return Err(ReadError::NoFiles { path: self.root.clone() });
            }
            Seen::Everything(found) => known.read_changed(found)?,
            Seen::Only(found) => known.read_only(found)?,
        };
        let reading = Reading { files: now_known.files(), fingerprint: now_known.fingerprint(), seen };
        if !self.is_still(&reading) {
            return Err(ReadError::Unsettled { path: self.root.clone() });
        }
        *known = now_known;
        Ok(reading)
    }

    /// The state of its files, without reading them.
    pub(super) fn look(&self) -> Result<Vec<Found>, ReadError> {
        walk(&self.root, is_policy_file)
    }

    /// Which folder the path leads to right now (device and inode): it may be a link, or be made anew.
    pub(super) fn identity(&self) -> Option<(u64, u64)> {
        fs::metadata(&self.root).ok().map(|metadata| (metadata.dev(), metadata.ino()))
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
    let mut allowance = Allowance::default();
    paths.map(|path| read_file(path, &mut allowance)).collect()
}

#[cfg(test)]
mod tests;
