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
    chunks: RwLock<Vec<Arc<Chunk>>>,
    rows: AtomicUsize,
    dead: AtomicUsize,
    changes: AtomicU64,
}

/// So many rows at a time are locked while they are looked at.
pub(super) const CHUNK: usize = 512;

/// Bytes of a block. The allocator asks the system for more than 32 MiB separately, so that a page is there when it is
/// first written to, and the system has all of them back when the table is gone. In smaller pieces they would stay.
const BLOCK: usize = 34 << 20;

/// Points of many chunks.
type Block = RwLock<Box<dyn Points>>;

#[derive(Debug)]
pub(super) struct Chunk {
    filled: RwLock<Filled>,
    pub(super) deaths: Deaths,
    block: Arc<Block>,
    /// Where in the block its points begin.
    first: usize,
}

/// What is known of the rows of a chunk, each in the same place.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) names: Names,
    /// Where on the tape.
    pub(super) places: Vec<u64>,
}

impl Table {
    pub(super) fn new(number: u32, tape: Tape, width: usize) -> Self {
        let (rows, dead, changes) = Default::default();
        Table { number, tape, width, chunks: RwLock::default(), rows, dead, changes }
    }

    /// Appends a row. One call at a time.
    pub(super) fn push(&self, name: &str, code: &Code, place: u64) -> u32 {
        let mut chunks = self.chunks.write().unwrap_or_else(PoisonError::into_inner);
        let chunk = match chunks.last() {
            Some(chunk) if chunk.read().names.len() < CHUNK => Arc::clone(chunk),
            last => {
                let chunk = Arc::new(self.chunk_after(last));
                chunks.push(Arc::clone(&chunk));
                chunk
            }
        };
        let before = (chunks.len() - 1) * CHUNK;
        drop(chunks);
        chunk.block.write().unwrap_or_else(PoisonError::into_inner).push(code);
        let mut filled = chunk.filled.write().unwrap_or_else(PoisonError::into_inner);
        filled.names.push(name);
        filled.places.push(place);
        let row = before + filled.names.len() - 1;
        self.rows.store(row + 1, Ordering::Release);
        row as u32
    }

    fn chunk_after(&self, last: Option<&Arc<Chunk>>) -> Chunk {
        let rows = (BLOCK / self.width).next_multiple_of(CHUNK);
        let (block, first) = match last {
            Some(last) if last.first + CHUNK < rows => (Arc::clone(&last.block), last.first + CHUNK),
            _ => (Arc::new(RwLock::new(points::points(self.width, rows))), 0),
        };
        let filled = Filled { names: Names::default(), places: Vec::with_capacity(CHUNK) };
        Chunk { filled: RwLock::new(filled), deaths: Deaths::none(CHUNK), block, first }
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
            filled.names.bytes() + filled.names.len() * (self.width + 4) + CHUNK * 8 + chunk.deaths.bytes()
        };
        self.tape.bytes() + self.chunks().iter().map(of).sum::<usize>()
    }
}

impl Chunk {
    /// Appends the cosines, nearly, between a vector and its rows, at most so many.
    pub(super) fn cosines(&self, query: &Code, most: usize, into: &mut Vec<f32>) {
        let block = self.block.read().unwrap_or_else(PoisonError::into_inner);
        block.cosines(query, self.first, most.min(CHUNK), into);
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Filled> {
        self.filled.read().unwrap_or_else(PoisonError::into_inner)
    }
}
