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
            let known = known.next_if(|known| known.found.path == found.path);
            if let Some(known) = known.filter(|known| known.is_settled && known.found.stamp == found.stamp) {
                allowance.take(&found.path, known.file.text.len())?;
                return Ok(Arc::clone(known));
            }
            KnownFile::read(found, known, &mut allowance).map(Arc::new)
        });
        read.collect::<Result<_, _>>().map(Known)
    }

    pub(super) fn files(&self) -> Vec<SourceFile> {
        self.0.iter().map(|known| known.file.clone()).collect()
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_all(self.0.iter().map(|known| known.fingerprint))
    }
}

impl KnownFile {
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
