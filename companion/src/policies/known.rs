use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tollgate_policy::source::SourceFile;

use super::error::ReadError;
use super::fingerprint::Fingerprint;
use super::read::{Allowance, read_file};
use super::walk::Found;

/// What was read of a folder's files, sorted by the bytes of their paths: those that have not changed need not be read again.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<Arc<KnownFile>>);

#[derive(Debug)]
struct KnownFile {
    found: Found,
    /// When it was read, a write would already have changed its stamp.
    is_settled: bool,
    file: SourceFile,
    fingerprint: Fingerprint,
}

impl Known {
    /// What these files hold, sorted as here.
    pub(super) fn read_changed(&self, found: &[Found]) -> Result<Self, ReadError> {
        let mut known = self.0.iter().peekable();
        let mut allowance = Allowance::default();
        let read = found.iter().map(|found| {
            while known.next_if(|known| known.found.path.as_os_str() < found.path.as_os_str()).is_some() {}
            KnownFile::or_read(known.next_if(|known| known.found.path == found.path), found, &mut allowance)
        });
        read.collect::<Result<_, _>>().map(Known)
    }

    /// If these are its files and look as they did: those that were read so soon after a write that another one would not show.
    pub(super) fn doubtful(&self, found: &[Found]) -> Option<BTreeSet<PathBuf>> {
        // Nothing was read before there was something.
        if self.0.is_empty() || !self.0.iter().map(|known| &known.found).eq(found) {
            return None;
        }
        let doubtful = self.0.iter().filter(|known| !known.is_settled);
        Some(doubtful.map(|known| known.found.path.clone()).collect())
    }

    /// What these files look like now, if they are all known and still there.
    pub(super) fn look_again(&self, paths: &BTreeSet<PathBuf>) -> Option<Vec<Found>> {
        if paths.is_empty() {
            return None;
        }
        paths.iter().map(|path| self.place(path).and_then(|_| Found::at(path))).collect()
    }

    /// As [`Self::read_changed`], where these of the known files are the only ones that may have changed.
    pub(super) fn read_only(&self, found: &[Found]) -> Result<Self, ReadError> {
        let mut files = self.0.clone();
        let size = |known: &Arc<KnownFile>| known.file.text.len();
        let all: usize = files.iter().map(size).sum();
        let these = found.iter().filter_map(|found| self.0.get(self.place(&found.path)?)).map(size);
        let mut allowance = Allowance::beside(all - these.sum::<usize>());
        for found in found {
            if let Some(known) = self.place(&found.path).and_then(|at| files.get_mut(at)) {
                *known = KnownFile::or_read(Some(known), found, &mut allowance)?;
            }
        }
        Ok(Known(files))
    }

    fn place(&self, path: &Path) -> Option<usize> {
        self.0.binary_search_by(|known| known.found.path.as_os_str().cmp(path.as_os_str())).ok()
    }

    pub(super) fn files(&self) -> Vec<SourceFile> {
        self.0.iter().map(|known| known.file.clone()).collect()
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_all(self.0.iter().map(|known| known.fingerprint))
    }
}

impl KnownFile {
    /// What is known of a file, if it still looks the same; otherwise it is read.
    fn or_read(known: Option<&Arc<Self>>, found: &Found, allowance: &mut Allowance) -> Result<Arc<Self>, ReadError> {
        if let Some(known) = known.filter(|known| known.is_settled && known.found.stamp == found.stamp) {
            allowance.take(&found.path, known.file.text.len())?;
            return Ok(Arc::clone(known));
        }
        Self::read(found, known, allowance).map(Arc::new)
    }

    fn read(found: &Found, before: Option<&Arc<Self>>, allowance: &mut Allowance) -> Result<Self, ReadError> {
        let is_settled = found.stamp.is_older_than(SystemTime::now());
        let file = read_file(&found.path, allowance)?;
        let (file, fingerprint) = match before.filter(|before| before.file == file) {
            // Who compares texts need not look into those that are shared.
            Some(before) => (before.file.clone(), before.fingerprint),
            None => {
                let fingerprint = Fingerprint::of(&file.name, &file.text);
                (file, fingerprint)
            }
        };
        Ok(KnownFile { found: found.clone(), is_settled, file, fingerprint })
    }
}

#[cfg(test)]
mod tests;
