use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use instant_distance::{Builder, Hnsw, PointId, Search};
use pulp::Arch;

use super::Settings;
use super::code::Code;
use super::points::{Cosines, Point};

/// A graph over points, which does not change any more. Each of its points has a place, from 0 on.
pub(super) trait Graph: Send + Sync + fmt::Debug {
    /// How many points it has.
    fn len(&self) -> usize;

    /// Appends the places of those nearest to a vector, as many as the graph was built to look for, and their cosines,
    /// nearly; best first.
    fn nearest(&self, query: &Code, into: &mut Vec<(u32, f32)>);

    /// Appends the cosines, nearly, between a vector and the points at `most` places from the `first` on.
    fn cosines(&self, query: &Code, first: usize, most: usize, into: &mut Vec<f32>);

    /// Writes it for [`super::points::graph`] to read.
    fn save(&self, into: &mut dyn Write) -> io::Result<()>;

    /// Bytes of memory.
    fn bytes(&self) -> usize;
}

/// The same vectors give the same layers each time; not the same graph, unless one thread builds it.
const SEED: u64 = 0x746f_6c6c;

/// Neighbours of a point: four bytes each, 64 on the lowest layer, 32 on those above, where points get fewer by 3.47 from
/// layer to layer.
const LINKS: usize = 4 * 64 + 4 * 32 * 405 / 1000;

pub(super) fn build<const N: usize>(points: Vec<Point<N>>, settings: Settings) -> (Box<dyn Graph>, Vec<u32>) {
    let builder = Builder::default().seed(SEED).ef_construction(settings.ef_construction).ef_search(settings.ef_search);
    let len = points.len();
    let (hnsw, places) = builder.build_hnsw(points);
    (Box::new(Built { hnsw, len, idle: Mutex::default() }), places.into_iter().map(PointId::into_inner).collect())
}

pub(super) fn load<const N: usize>(bytes: &[u8]) -> io::Result<Box<dyn Graph>> {
    let hnsw: Hnsw<Point<N>> = postcard::from_bytes(bytes).map_err(io::Error::other)?;
    let len = hnsw.iter().count();
    Ok(Box::new(Built { hnsw, len, idle: Mutex::default() }))
}

/// The points of a graph from one place to another.
struct Places<'g, const N: usize> {
    hnsw: &'g Hnsw<Point<N>>,
    next: usize,
    end: usize,
}

impl<'g, const N: usize> Iterator for Places<'g, N> {
    type Item = &'g Point<N>;

    #[inline(always)]
    fn next(&mut self) -> Option<&'g Point<N>> {
        let place = self.next;
        self.next += 1;
        (place < self.end).then(|| &self.hnsw[PointId::from(place as u32)])
    }
}

struct Built<const N: usize> {
    hnsw: Hnsw<Point<N>>,
    len: usize,
    /// What searches that are over have left for others to use again: a byte for each point, and some lists.
    idle: Mutex<Vec<Search>>,
}

impl<const N: usize> fmt::Debug for Built<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph").field("points", &self.len).finish_non_exhaustive()
    }
}

impl<const N: usize> Graph for Built<N> {
    fn len(&self) -> usize {
        self.len
    }

    fn nearest(&self, query: &Code, into: &mut Vec<(u32, f32)>) {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut search = idle().pop().unwrap_or_default();
        let found = self.hnsw.search(&Point::of(query), &mut search);
        into.extend(found.map(|found| (found.pid.into_inner(), 1.0 - found.distance)));
        idle().push(search);
    }

    fn cosines(&self, query: &Code, first: usize, most: usize, into: &mut Vec<f32>) {
        let query = &Point::of(query);
        let points = Places { hnsw: &self.hnsw, next: first, end: first.saturating_add(most).min(self.len) };
        Arch::new().dispatch(Cosines { query, points, into });
    }

    fn save(&self, into: &mut dyn Write) -> io::Result<()> {
        postcard::to_io(&self.hnsw, into).map(drop).map_err(io::Error::other)
    }

    fn bytes(&self) -> usize {
        self.len * (size_of::<Point<N>>() + LINKS)
    }
}
