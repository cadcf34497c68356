use std::sync::Arc;

use super::code::Code;
use super::core::Core;
use super::directory::Place;
use super::storage::{self, MAX_NAME};
use super::view::Snapshot;
use super::{Entry, IndexError};

impl Core {
    /// Adds policies in one step.
    pub(super) fn insert(&self, entries: &[Entry<'_>]) -> Result<(), IndexError> {
        entries.iter().try_for_each(|entry| self.fits(entry))?;
        if entries.is_empty() {
            return Ok(());
        }
        let records = entries.iter().map(|entry| storage::put_len(self.dimensions(), entry.name.len()));
        let mut records = Vec::with_capacity(records.sum());
        let mut rows = Vec::with_capacity(entries.len());
        for Entry { name, text, vector } in entries {
            let numbers = vector.as_slice();
            rows.push((records.len() as u64, Code::of(numbers, self.width), *name));
            storage::write_put(name, *text, numbers, &mut records);
        }
        let writing = self.lock();
        let Snapshot { view, revision, filled } = self.snapshot();
        let table = &view.filling;
        let start = table.tape.append(&records)?;
        table.add_changes(entries.len());
        let revision = revision + entries.len() as u64;
        for (offset, code, name) in rows {
            let row = table.push(name, &code, start + offset);
            let place = Place { home: table.number, row };
            let mut directory = self.directory_mut();
            if let Some(before) = directory.put(name, place)
                && let Some(home) = directory.home(before)
            {
                home.remove(before.row, revision);
            }
        }
        self.publish(Snapshot { view: Arc::clone(&view), revision, filled: filled + entries.len() });
        if self.limits.is_full(table) {
            // The rows are in; if the next ones cannot go elsewhere now, they go here as well.
            let _ = self.rotate(&writing);
        }
        Ok(())
    }

    /// Removes policies in one step.
    pub(super) fn remove(&self, names: &[&str]) -> Result<(), IndexError> {
        let _writing = self.lock();
        let Snapshot { view, revision, filled } = self.snapshot();
        let mut records = Vec::new();
        let directory = self.directory();
        let there = names.iter().filter(|name| directory.get(name).is_some());
        let count = there.map(|name| storage::write_removed(name, &mut records)).count();
        drop(directory);
        if count == 0 {
            return Ok(());
        }
        view.filling.tape.append(&records)?;
        view.filling.add_changes(count);
        let revision = revision + count as u64;
        let mut directory = self.directory_mut();
        for name in names {
            if let Some(place) = directory.remove(name)
                && let Some(home) = directory.home(place)
            {
                home.remove(place.row, revision);
            }
        }
        drop(directory);
        self.publish(Snapshot { view: Arc::clone(&view), revision, filled });
        Ok(())
    }

    fn fits(&self, entry: &Entry<'_>) -> Result<(), IndexError> {
        let (given, wanted) = (entry.vector.dimensions(), self.dimensions());
        if given != wanted {
            return Err(IndexError::Dimensions { given, wanted });
        }
        let (given, most) = (entry.name.len(), MAX_NAME);
        if given > most { Err(IndexError::Name { given, most }) } else { Ok(()) }
    }
}
