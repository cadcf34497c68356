use std::sync::Arc;

use super::IndexError;
use super::segment::Segment;
use super::storage::Put;
use super::table::Table;

/// Where rows are.
#[derive(Clone, Debug)]
pub(super) enum Home {
    Table(Arc<Table>),
    Segment(Arc<Segment>),
}

impl Home {
    /// No other home of the index has the same.
    pub(super) fn number(&self) -> u32 {
        match self {
            Home::Table(table) => table.number,
            Home::Segment(segment) => segment.number,
        }
    }

    /// How many rows it has, removed ones too.
    pub(super) fn rows(&self) -> usize {
        match self {
            Home::Table(table) => table.rows(),
            Home::Segment(segment) => segment.rows(),
        }
    }

    pub(super) fn with_name<R>(&self, row: u32, with: impl FnOnce(&str) -> R) -> Option<R> {
        match self {
            Home::Table(table) => table.with_name(row, with),
            Home::Segment(segment) => segment.names.get(row as usize).map(with),
        }
    }

    pub(super) fn name(&self, row: u32) -> Option<Arc<str>> {
        self.with_name(row, |name| Arc::from(name))
    }

    /// The revision that a row was removed in, if it was.
    pub(super) fn death(&self, row: u32) -> Option<u64> {
        match self {
            Home::Table(table) => table.death(row),
            Home::Segment(segment) => segment.deaths.of(row as usize),
        }
    }

    pub(super) fn remove(&self, row: u32, revision: u64) {
        match self {
            Home::Table(table) => table.remove(row, revision),
            Home::Segment(segment) => {
                segment.deaths.add(row as usize, revision);
            }
        }
    }

    /// Reads a row; `None` if it is damaged.
    pub(super) fn read<'b>(&self, row: u32, buffer: &'b mut Vec<u8>) -> Result<Option<Put<'b>>, IndexError> {
        let len = self.with_name(row, str::len);
        let place = match self {
            Home::Table(table) => table.place(row),
            Home::Segment(segment) => segment.place(row as usize),
        };
        let Some((place, len)) = place.zip(len) else {
            return Ok(None);
        };
        match self {
            Home::Table(table) => table.tape.put(place, len, buffer),
            Home::Segment(segment) => segment.tape.put(place, len, buffer),
        }
    }
}
