use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::code::Code;
use super::deaths::Deaths;
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
    chunks: RwLock<Vec<Arc<Chunk>>>,
    rows: AtomicUsize,
    dead: AtomicUsize,
    changes: AtomicU64,
}

/// So many rows at a time are locked while one is added.
pub(super) const CHUNK: usize = 512;

#[derive(Debug)]
pub(super) struct Chunk {
    filled: RwLock<Filled>,
    pub(super) deaths: Deaths,
}

/// What is known of the rows of a chunk, each in the same place.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) points: Box<dyn Points>,
    pub(super) names: Vec<Arc<str>>,
    /// Where on the tape.
    pub(super) places: Vec<u64>,
}

impl Table {
    pub(super) fn new(number: u32, tape: Tape, width: usize) -> Self {
        let (rows, dead, changes) = Default::default();
        Table { number, tape, width, chunks: RwLock::default(), rows, dead, changes }
    }

    /// Appends a row. One call at a time.
    pub(super) fn push(&self, name: Arc<str>, code: &Code, place: u64) -> u32 {
        let mut chunks = self.chunks.write().unwrap_or_else(PoisonError::into_inner);
        let chunk = match chunks.last() {
            Some(chunk) if chunk.read().names.len() < CHUNK => Arc::clone(chunk),
            _ => {
                let points = points::points(self.width, CHUNK);
                let filled = Filled { points, names: Vec::with_capacity(CHUNK), places: Vec::with_capacity(CHUNK) };
                let chunk = Arc::new(Chunk { filled: RwLock::new(filled), deaths: Deaths::none(CHUNK) });
                chunks.push(Arc::clone(&chunk));
                chunk
            }
        };
        let before = (chunks.len() - 1) * CHUNK;
        drop(chunks);
        let mut filled = chunk.filled.write().unwrap_or_else(PoisonError::into_inner);
        filled.points.push(code);
        filled.names.push(name);
        filled.places.push(place);
        let row = before + filled.names.len() - 1;
        self.rows.store(row + 1, Ordering::Release);
        row as u32
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
        if let Some((chunk, row)) = self.chunk(row)
            && chunk.deaths.add(row, revision)
        {
            self.dead.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// How many rows it has, removed ones too.
    pub(super) fn rows(&self) -> usize {
        self.rows.load(Ordering::Acquire)
    }

    /// How many of them are removed.
    pub(super) fn dead(&self) -> usize {
        self.dead.load(Ordering::Acquire)
    }

    pub(super) fn living(&self) -> usize {
        self.rows().saturating_sub(self.dead())
    }

    pub(super) fn chunks(&self) -> Vec<Arc<Chunk>> {
        self.chunks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The chunk that a row is in, and where in it.
    pub(super) fn chunk(&self, row: u32) -> Option<(Arc<Chunk>, usize)> {
        let row = row as usize;
        let chunks = self.chunks.read().unwrap_or_else(PoisonError::into_inner);
        chunks.get(row / CHUNK).map(|chunk| (Arc::clone(chunk), row % CHUNK))
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        let of = |chunk: &Arc<Chunk>| {
            let filled = chunk.read();
            let names: usize = filled.names.iter().map(|name| name.len() + 48).sum();
            filled.points.bytes() + names + CHUNK * 8 + chunk.deaths.bytes()
        };
        self.tape.bytes() + self.chunks().iter().map(of).sum::<usize>()
    }
}

impl Chunk {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Filled> {
        self.filled.read().unwrap_or_else(PoisonError::into_inner)
    }
}
