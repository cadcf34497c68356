use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::code::Code;
use super::deaths::Deaths;
use super::names::Names;
use super::points::{self, Points};
use super::storage::Tape;

/// Rows in the order in which they came: the newest is filled, those before it wait to become a segment. All of it is
/// looked at in a search.
#[derive(Debug)]
pub(super) struct Table {
    /// The number of its log.
    pub(super) number: u32,
    pub(super) tape: Tape,
    width: usize,
    known: RwLock<Known>,
    parts: RwLock<Vec<Arc<Part>>>,
    dead: AtomicUsize,
    changes: AtomicU64,
}

/// What is known of its rows besides their codes.
#[derive(Debug)]
struct Known {
    names: Names,
    /// Where on the tape.
    places: Vec<u64>,
}

/// Some of its rows.
#[derive(Debug)]
struct Part {
    points: RwLock<Box<dyn Points>>,
    /// By [`CHUNK`] rows: few are removed while they are here.
    deaths: Box<[Deaths]>,
}

/// So many rows are looked at at a time, between which others can be added.
pub(super) const CHUNK: usize = 512;

/// Bytes that are asked for at once. The allocator asks the system for more than 32 MiB separately, so that a page is there
/// when it is first written to, and the system has all of them back when the table is gone. Smaller pieces would stay.
const ROOM: usize = 34 << 20;

impl Table {
    pub(super) fn new(number: u32, tape: Tape, width: usize) -> Self {
        let known = Known { names: Names::with_room(ROOM), places: Vec::with_capacity(ROOM / size_of::<u64>()) };
        let (parts, dead, changes) = Default::default();
        Table { number, tape, width, known: RwLock::new(known), parts, dead, changes }
    }

    /// Appends a row. One call at a time.
    pub(super) fn push(&self, name: &str, code: &Code, place: u64) -> u32 {
        let row = self.rows();
        let mut parts = self.parts.write().unwrap_or_else(PoisonError::into_inner);
        let part = match parts.get(row / self.part_rows()) {
            Some(part) => Arc::clone(part),
            None => {
                let points = RwLock::new(points::points(self.width, self.part_rows()));
                let deaths = (0..self.part_rows() / CHUNK).map(|_| Deaths::none(CHUNK)).collect();
                let part = Arc::new(Part { points, deaths });
                parts.push(Arc::clone(&part));
                part
            }
        };
        drop(parts);
        part.points.write().unwrap_or_else(PoisonError::into_inner).push(code);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.names.push(name);
        known.places.push(place);
        row as u32
    }

    /// Appends the cosines, nearly, between a vector and at most a [`CHUNK`] of rows from the `first`, a multiple of it, on.
    pub(super) fn cosines(&self, query: &Code, first: usize, most: usize, into: &mut Vec<f32>) {
        if let Some(part) = self.part(first) {
            let points = part.points.read().unwrap_or_else(PoisonError::into_inner);
            points.cosines(query, first % self.part_rows(), most.min(CHUNK), into);
        }
    }

    pub(super) fn with_name<R>(&self, row: u32, with: impl FnOnce(&str) -> R) -> Option<R> {
        self.known().names.get(row as usize).map(with)
    }

    /// Where on the tape a row is.
    pub(super) fn place(&self, row: u32) -> Option<u64> {
        self.known().places.get(row as usize).copied()
    }

    /// The revision that a row was removed in, if it was.
    pub(super) fn death(&self, row: u32) -> Option<u64> {
        self.part(row as usize)?.deaths.get(self.chunk(row))?.of(row as usize % CHUNK)
    }

    /// How many changes its log has: what it adds to the revision.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    pub(super) fn add_changes(&self, changes: usize) {
        self.changes.fetch_add(changes as u64, Ordering::AcqRel);
    }

    /// Removes a row.
    pub(super) fn remove(&self, row: u32, revision: u64) {
        if let Some(part) = self.part(row as usize)
            && let Some(deaths) = part.deaths.get(self.chunk(row))
            && deaths.add(row as usize % CHUNK, revision)
        {
            self.dead.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// How many rows it has, removed ones too.
    pub(super) fn rows(&self) -> usize {
        self.known().places.len()
    }

    /// How many of them are removed.
    pub(super) fn dead(&self) -> usize {
        self.dead.load(Ordering::Acquire)
    }

    pub(super) fn living(&self) -> usize {
        self.rows().saturating_sub(self.dead())
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        let known = self.known();
        let rows = known.names.bytes() + size_of_val(&*known.places) + known.places.len() * (self.width + 4);
        let parts = self.parts.read().unwrap_or_else(PoisonError::into_inner);
        let deaths = parts.iter().flat_map(|part| &part.deaths).map(Deaths::bytes).sum::<usize>();
        self.tape.bytes() + rows + deaths
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn part(&self, row: usize) -> Option<Arc<Part>> {
        self.parts.read().unwrap_or_else(PoisonError::into_inner).get(row / self.part_rows()).cloned()
    }

    /// How many rows a part has.
    fn part_rows(&self) -> usize {
        (ROOM / self.width).next_multiple_of(CHUNK)
    }

    /// Which of its part's chunks a row is in.
    fn chunk(&self, row: u32) -> usize {
        row as usize % self.part_rows() / CHUNK
    }
}
