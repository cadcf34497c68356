use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use super::record::{self, Put, Record};
use super::space::Space;
use crate::index::IndexError;

/// Records one behind the other, in a file or in memory, which are only ever appended.
#[derive(Debug)]
pub(in crate::index) struct Tape {
    medium: Medium,
    /// Where the next record goes.
    end: AtomicU64,
    dimensions: usize,
}

#[derive(Debug)]
enum Medium {
    File {
        file: File,
        path: PathBuf,
        space: Space,
    },
    /// What was appended together, by where it begins.
    Memory(RwLock<BTreeMap<u64, Box<[u8]>>>),
}

impl Tape {
    /// One that is kept nowhere.
    pub(in crate::index) fn in_memory(dimensions: usize) -> Self {
        Tape { medium: Medium::Memory(RwLock::default()), end: AtomicU64::new(0), dimensions }
    }

    /// A new one.
    pub(super) fn create(path: PathBuf, dimensions: usize, space: Space) -> Result<Self, IndexError> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path);
        let file = file.map_err(IndexError::at(&path))?;
        Ok(Tape { medium: Medium::File { file, path, space }, end: AtomicU64::new(0), dimensions })
    }

    /// One that is there. Nothing of it is looked at yet: [`Self::records`] does that.
    pub(super) fn open(path: PathBuf, dimensions: usize, space: Space) -> Result<Self, IndexError> {
        let file = File::options().read(true).write(true).open(&path).map_err(IndexError::at(&path))?;
        let end = file.metadata().map_err(IndexError::at(&path))?.len();
        Ok(Tape { medium: Medium::File { file, path, space }, end: AtomicU64::new(end), dimensions })
    }

    /// How many bytes it has.
    pub(in crate::index) fn len(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    /// Bytes of memory.
    pub(in crate::index) fn bytes(&self) -> usize {
        match &self.medium {
            Medium::File { .. } => 0,
            Medium::Memory(_) => self.len() as usize,
        }
    }

    /// Appends whole records, all or none, and tells where they begin. One call at a time.
    pub(in crate::index) fn append(&self, records: &[u8]) -> Result<u64, IndexError> {
        let end = self.len();
        match &self.medium {
            Medium::File { file, path, space } => {
                if let Err(source) = space.write(records, |bytes| file.write_all_at(bytes, end)) {
                    // If this does not go either, the next append overwrites it; unless the process ends first, in which case
                    // some are found that were not acknowledged.
                    let _ = file.set_len(end);
                    return Err(IndexError::at(path)(source));
                }
            }
            Medium::Memory(parts) => {
                parts.write().unwrap_or_else(PoisonError::into_inner).insert(end, records.into());
            }
        }
        self.end.store(end + records.len() as u64, Ordering::Release);
        Ok(end)
    }

    /// Has everything that was appended reach the disk.
    pub(in crate::index) fn sync(&self) -> Result<(), IndexError> {
        match &self.medium {
            Medium::File { file, path, .. } => file.sync_data().map_err(IndexError::at(path)),
            Medium::Memory(_) => Ok(()),
        }
    }

    /// Reads the record of a policy, given how long its name is. `None` if it is damaged.
    pub(in crate::index) fn put<'b>(
        &self,
        at: u64,
        name: usize,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Option<Put<'b>>, IndexError> {
        buffer.resize(record::put_len(self.dimensions, name), 0);
        match self.read(at, buffer) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(IndexError::at(self.path())(error)),
        }
        Ok(match record::read(buffer, self.dimensions) {
            Some(Record::Put(put)) if put.name.len() == name => Some(put),
            _ => None,
        })
    }

    /// Reads every whole record in turn; what is between them is passed over. Afterwards the tape ends behind the last one.
    pub(in crate::index) fn records(&self, mut each: impl FnMut(u64, Record<'_>)) -> Result<(), IndexError> {
        let (mut window, mut at, mut good) = (Window::default(), 0, 0);
        while let Some(head) = window.bytes(self, at, record::HEAD)?.first_chunk().copied() {
            let len = record::len(&head, self.dimensions);
            let read = match len {
                Some(len) => record::read(window.bytes(self, at, len)?, self.dimensions),
                None => None,
            };
            match read.zip(len) {
                Some((record, len)) => {
                    each(at, record);
                    at += len as u64;
                    good = at;
                }
                None => at += record::ALIGN,
            }
        }
        self.end.store(good, Ordering::Release);
        if let Medium::File { file, .. } = &self.medium {
            // What is behind is overwritten sooner or later; it is only nicer to have it gone.
            let _ = file.set_len(good);
        }
        Ok(())
    }

    fn read(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        match &self.medium {
            Medium::File { file, .. } => file.read_exact_at(into, at),
            Medium::Memory(parts) => {
                let parts = parts.read().unwrap_or_else(PoisonError::into_inner);
                let part = parts.range(..=at).next_back().and_then(|(start, part)| part.get((at - start) as usize..));
                let bytes = part.and_then(|part| part.get(..into.len())).ok_or(io::ErrorKind::UnexpectedEof)?;
                into.copy_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn path(&self) -> &Path {
        match &self.medium {
            Medium::File { path, .. } => path,
            Medium::Memory(_) => Path::new("memory"),
        }
    }
}

/// A part of a tape that has been read, so that records are not read one by one.
#[derive(Default)]
struct Window {
    at: u64,
    bytes: Vec<u8>,
}

/// How much is read at once.
const WINDOW: usize = 1 << 20;

impl Window {
    /// So many bytes from a place on; none if there are fewer.
    fn bytes(&mut self, tape: &Tape, at: u64, len: usize) -> Result<&[u8], IndexError> {
        let left = usize::try_from(tape.len().saturating_sub(at)).unwrap_or(usize::MAX);
        if left < len {
            return Ok(&[]);
        }
        let start = at.checked_sub(self.at).and_then(|start| usize::try_from(start).ok());
        let start = match start.filter(|start| start + len <= self.bytes.len()) {
            Some(start) => start,
            None => {
                self.bytes.resize(left.min(WINDOW.max(len)), 0);
                self.at = at;
                tape.read(at, &mut self.bytes).map_err(IndexError::at(tape.path()))?;
                0
            }
        };
        Ok(self.bytes.get(start..start + len).unwrap_or_default())
    }
}
