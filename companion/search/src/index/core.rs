use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::builder::Builder;
use super::directory::Directory;
use super::plan::Limits;
use super::storage::{Folder, Put, Tape};
use super::table::Table;
use super::view::{Snapshot, View};
use super::{IndexError, Settings};
use crate::Model;

/// What an index and its builder share. Locks are taken in the order of the fields.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) model: Model,
    pub(super) settings: Settings,
    pub(super) limits: Limits,
    /// None for an index that is kept nowhere.
    pub(super) folder: Option<Folder>,
    /// Of codes.
    pub(super) width: usize,
    pub(super) builder: Builder,
    /// Whoever changes anything holds it, also while it waits for the disk.
    writing: Mutex<()>,
    directory: RwLock<Directory>,
    /// What searches begin with; only ever held for as long as it takes to copy or replace it.
    front: RwLock<Snapshot>,
    next_number: AtomicU32,
}

impl Core {
    pub(super) fn new(
        model: Model,
        settings: Settings,
        limits: Limits,
        folder: Option<Folder>,
        directory: Directory,
        front: Snapshot,
        next_number: u32,
    ) -> Self {
        Core {
            width: super::code::width(model.dimensions.get().into()),
            model,
            settings,
            limits,
            folder,
            builder: Builder::default(),
            writing: Mutex::default(),
            directory: RwLock::new(directory),
            front: RwLock::new(front),
            next_number: AtomicU32::new(next_number),
        }
    }

    pub(super) fn dimensions(&self) -> usize {
        self.model.dimensions.get().into()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn directory(&self) -> RwLockReadGuard<'_, Directory> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn directory_mut(&self) -> RwLockWriteGuard<'_, Directory> {
        self.directory.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index as it is now.
    pub(super) fn snapshot(&self) -> Snapshot {
        self.front.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn publish(&self, snapshot: Snapshot) {
        let before = {
            let mut front = self.front.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *front, snapshot)
        };
        // What nobody looks at any more takes its time to go.
        drop(before);
    }

    /// Reads a policy's row; `None` if it is not there or damaged.
    pub(super) fn with_row<R>(&self, name: &str, with: impl FnOnce(Put<'_>) -> R) -> Result<Option<R>, IndexError> {
        let place = {
            let directory = self.directory();
            directory.get(name).and_then(|place| Some((directory.home(place)?.clone(), place.row)))
        };
        let Some((home, row)) = place else {
            return Ok(None);
        };
        let mut buffer = Vec::new();
        Ok(home.read(row, &mut buffer)?.map(with))
    }

    /// For a home's files.
    pub(super) fn next_number(&self) -> u32 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }

    /// Has everything from now on go to a new table, so that those that there are do not change any more.
    pub(super) fn rotate(&self, _writing: &MutexGuard<'_, ()>) -> Result<(), IndexError> {
        let front = self.snapshot();
        let View { segments, closed, filling } = &*front.view;
        if filling.tape.len() == 0 {
            return Ok(());
        }
        let number = self.next_number();
        let table = Arc::new(Table::new(number, self.new_log(number)?, self.width));
        self.directory_mut().add_home(super::home::Home::Table(Arc::clone(&table)));
        let closed = closed.iter().chain([filling]).cloned().collect();
        let view = Arc::new(View { segments: segments.clone(), closed, filling: table });
        self.publish(Snapshot { view, revision: front.revision, filled: 0 });
        Ok(())
    }

    fn new_log(&self, number: u32) -> Result<Tape, IndexError> {
        match &self.folder {
            Some(folder) => folder.create_log(number),
            None => Ok(Tape::in_memory(self.dimensions())),
        }
    }
}
