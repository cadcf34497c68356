use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::manifest::{Manifest, StoredModel};
use super::seal::{FORMAT, Unreadable};
use super::space::Space;
use super::tape::Tape;
use crate::Model;
use crate::index::IndexError;

/// The folder that an index is kept in:
///
/// - `lock`: held as long as the index is open.
/// - `manifest`: see [`Manifest`]; replaced as a whole.
/// - `log-N`: a tape of what was put and removed since the segments were made.
/// - `rows-N`: the tape of a segment: its policies and their vectors.
/// - `graph-N`: what is made of it, and can be made again.
#[derive(Debug)]
pub(in crate::index) struct Folder {
    path: PathBuf,
    dimensions: usize,
    space: Space,
}

/// Nobody else uses a folder as long as there is this.
#[derive(Debug)]
pub(in crate::index) struct Lock {
    _file: File,
}

const MANIFEST: &str = "manifest";

impl Folder {
    /// Takes a folder, which is made if it is not there, and reads what it has: nothing yet, or nothing that can be read, is
    /// `None`.
    pub(in crate::index) fn open(
        path: &Path,
        model: &Model,
        space: Space,
    ) -> Result<(Self, Lock, Option<Manifest>), IndexError> {
        fs::create_dir_all(path).map_err(IndexError::at(path))?;
        let lock = path.join("lock");
        let file =
            File::options().write(true).create(true).truncate(false).open(&lock).map_err(IndexError::at(&lock))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(IndexError::InUse { folder: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(IndexError::at(&lock)(error)),
        }
        let folder = Folder { path: path.to_owned(), dimensions: model.dimensions.get().into(), space };
        let manifest = folder.read(MANIFEST)?.map(|bytes| Manifest::from_bytes(&bytes));
        let manifest = match manifest {
            Some(Ok(manifest)) => Some(manifest),
            Some(Err(Unreadable::Format(stored))) => {
                return Err(IndexError::Format { folder: path.to_owned(), stored, wanted: FORMAT });
            }
            Some(Err(Unreadable::Damaged)) | None => None,
        };
        let wanted = StoredModel::from(model);
        if let Some(manifest) = &manifest
            && manifest.model != wanted
        {
            let (stored, wanted) = (manifest.model.to_string(), wanted.to_string());
            return Err(IndexError::Model { folder: path.to_owned(), stored, wanted });
        }
        Ok((folder, Lock { _file: file }, manifest))
    }

    /// Makes it be what the manifest says, at once and for good.
    pub(in crate::index) fn commit(&self, manifest: &Manifest) -> Result<(), IndexError> {
        let path = self.path.join(MANIFEST);
        let bytes = manifest.to_bytes().map_err(IndexError::at(&path))?;
        let new = self.path.join("manifest.new");
        self.write(&new, &bytes)?;
        fs::rename(&new, &path).map_err(IndexError::at(&path))?;
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(IndexError::at(&self.path))
    }

    pub(in crate::index) fn create_log(&self, number: u32) -> Result<Tape, IndexError> {
        Tape::create(self.log(number), self.dimensions, self.space.clone())
    }

    pub(in crate::index) fn open_log(&self, number: u32) -> Result<Tape, IndexError> {
        Tape::open(self.log(number), self.dimensions, self.space.clone())
    }

    pub(in crate::index) fn create_rows(&self, number: u32) -> Result<Tape, IndexError> {
        Tape::create(self.rows(number), self.dimensions, self.space.clone())
    }

    pub(in crate::index) fn open_rows(&self, number: u32) -> Result<Tape, IndexError> {
        Tape::open(self.rows(number), self.dimensions, self.space.clone())
    }

    /// Keeps what a segment's graph is read from.
    pub(in crate::index) fn write_graph(&self, number: u32, bytes: &[u8]) -> Result<(), IndexError> {
        self.write(&self.graph(number), bytes)
    }

    pub(in crate::index) fn read_graph(&self, number: u32) -> Result<Option<Vec<u8>>, IndexError> {
        self.read(&format!("graph-{number}"))
    }

    /// Bytes of the graphs' files.
    pub(in crate::index) fn graph_len(&self, number: u32) -> u64 {
        fs::metadata(self.graph(number)).map_or(0, |metadata| metadata.len())
    }

    /// The numbers of the logs from one on, in order.
    pub(in crate::index) fn logs(&self, first: u32) -> Result<Vec<u32>, IndexError> {
        let mut logs = self.numbers("log-")?;
        logs.retain(|number| *number >= first);
        logs.sort_unstable();
        Ok(logs)
    }

    pub(in crate::index) fn remove_log(&self, number: u32) {
        let _ = fs::remove_file(self.log(number));
    }

    pub(in crate::index) fn remove_segment(&self, number: u32) {
        let _ = fs::remove_file(self.rows(number));
        let _ = fs::remove_file(self.graph(number));
    }

    /// Removes files that do not count. One that stays is passed over when the folder is opened again, and tried again.
    pub(in crate::index) fn sweep(&self, manifest: &Manifest) -> Result<(), IndexError> {
        let counts = |number: u32| manifest.segments.iter().any(|segment| segment.number == number);
        self.numbers("log-")?.into_iter().filter(|log| *log < manifest.first_log).for_each(|log| self.remove_log(log));
        let segments = self.numbers("rows-")?.into_iter().chain(self.numbers("graph-")?);
        segments.filter(|number| !counts(*number)).for_each(|number| self.remove_segment(number));
        Ok(())
    }

    /// Removes all that there is.
    pub(in crate::index) fn clear(&self) -> Result<(), IndexError> {
        self.numbers("log-")?.into_iter().for_each(|log| self.remove_log(log));
        let segments = self.numbers("rows-")?.into_iter().chain(self.numbers("graph-")?);
        segments.for_each(|number| self.remove_segment(number));
        Ok(())
    }

    fn numbers(&self, prefix: &str) -> Result<Vec<u32>, IndexError> {
        let files = fs::read_dir(&self.path).map_err(IndexError::at(&self.path))?;
        let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
        Ok(names.filter_map(|name| name.strip_prefix(prefix)?.parse().ok()).collect())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), IndexError> {
        let write = || -> io::Result<()> {
            let mut file = File::create(path)?;
            self.space.write(bytes, |bytes| io::Write::write_all(&mut file, bytes))?;
            file.sync_all()
        };
        write().map_err(IndexError::at(path))
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, IndexError> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(IndexError::at(&path)(error)),
        }
    }

    fn log(&self, number: u32) -> PathBuf {
        self.path.join(format!("log-{number}"))
    }

    fn rows(&self, number: u32) -> PathBuf {
        self.path.join(format!("rows-{number}"))
    }

    fn graph(&self, number: u32) -> PathBuf {
        self.path.join(format!("graph-{number}"))
    }
}
