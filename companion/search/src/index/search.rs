use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::code::{self, Code};
use super::home::Home;
use super::segment::{Codes, Segment};
use super::table::{CHUNK, Table};
use super::view::Snapshot;
use super::{Hit, IndexError};
use crate::Vector;

/// Which policies count; by name.
pub(super) type Wanted<'w> = Option<&'w (dyn Fn(&str) -> bool + Sync)>;

/// Codes tell what may be nearest; so many times more of it than was asked for is looked at exactly, and no fewer than
/// [`FEWEST`].
const AGAIN: usize = 3;
const FEWEST: usize = 32;

impl Snapshot {
    /// The `most` wanted rows nearest to a vector, best first.
    pub(super) fn search(
        &self,
        vector: &Vector,
        width: usize,
        most: usize,
        wanted: Wanted<'_>,
    ) -> Result<Vec<Hit>, IndexError> {
        if most == 0 {
            return Ok(Vec::new());
        }
        let query = Query { code: Code::of(vector.as_slice(), width), most, wanted, revision: self.revision };
        let mut best = Best::new(most.saturating_mul(AGAIN).max(FEWEST));
        for (home, segment) in self.view.segments.iter().enumerate() {
            query.segment(home, segment, &mut best);
        }
        for (home, (table, rows)) in self.tables().enumerate() {
            query.table(self.view.segments.len() + home, table, rows, &mut best);
        }
        self.exactly(vector, best, most)
    }

    /// Orders candidates by what their vectors are, rather than their codes. Those that are damaged are passed over.
    fn exactly(&self, vector: &Vector, best: Best, most: usize) -> Result<Vec<Hit>, IndexError> {
        let homes: Vec<Home> = self.view.homes().collect();
        let mut buffer = Vec::new();
        let mut hits = Vec::new();
        for Candidate { home, row, .. } in best.into_sorted() {
            let Some(home) = homes.get(home) else {
                continue;
            };
            if let Some(put) = home.read(row, &mut buffer)? {
                let score = code::dot(vector.as_slice(), put.vector).clamp(-1.0, 1.0);
                hits.push((score, home, row));
            }
        }
        hits.sort_by(|(a, ..), (b, ..)| b.total_cmp(a));
        // Names are asked for where they decide.
        let last = hits.get(most.saturating_sub(1)).map_or(f32::NEG_INFINITY, |(score, ..)| *score);
        let hits = hits.into_iter().take_while(|(score, ..)| *score >= last);
        let mut hits: Vec<Hit> =
            hits.filter_map(|(score, home, row)| Some(Hit { name: home.name(row)?, score })).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.name.cmp(&b.name)));
        hits.truncate(most);
        Ok(hits)
    }
}

struct Query<'q> {
    code: Code,
    most: usize,
    wanted: Wanted<'q>,
    revision: u64,
}

impl Query<'_> {
    fn segment(&self, home: usize, segment: &Segment, best: &mut Best) {
        let Codes::Graph(graph, groups) = &segment.codes else {
            return self.whole_segment(home, segment, best);
        };
        let mut found = Vec::new();
        graph.nearest(&self.code, &mut found);
        let rows = found.into_iter().flat_map(|(place, score)| groups.rows(place).map(move |row| (row, score)));
        let rows = rows.filter(|(row, _)| self.counts(segment, *row as usize)).take(best.most);
        let rows: Vec<(u32, f32)> = rows.collect();
        // A graph finds so many and no more, whoever is wanted or still there.
        if rows.len() < self.most.min(segment.living()) {
            return self.whole_segment(home, segment, best);
        }
        rows.into_iter().for_each(|(row, score)| best.offer(score, home, row, || true));
    }

    fn whole_segment(&self, home: usize, segment: &Segment, best: &mut Best) {
        let mut cosines = Vec::with_capacity(CHUNK);
        for first in (0..segment.rows()).step_by(CHUNK) {
            cosines.clear();
            segment.codes.cosines(&self.code, first, CHUNK, &mut cosines);
            for (place, cosine) in (first as u32..).zip(&cosines) {
                for row in segment.codes.rows(place) {
                    best.offer(*cosine, home, row, || self.counts(segment, row as usize));
                }
            }
        }
    }

    fn counts(&self, segment: &Segment, row: usize) -> bool {
        segment.deaths.is_alive(row, self.revision)
            && self.wanted.is_none_or(|wanted| segment.names.get(row).is_some_and(wanted))
    }

    fn table(&self, home: usize, table: &Table, rows: usize, best: &mut Best) {
        let mut cosines = Vec::with_capacity(CHUNK);
        let is_alive = |row| table.death(row).is_none_or(|at| at > self.revision);
        // Whoever is asked must not keep others from writing meanwhile.
        let name = |row| table.with_name(row, str::to_owned);
        for first in (0..rows.min(table.rows())).step_by(CHUNK) {
            cosines.clear();
            table.cosines(&self.code, first, rows - first, &mut cosines);
            for (row, cosine) in (first as u32..).zip(&cosines) {
                let counts =
                    || is_alive(row) && self.wanted.is_none_or(|wanted| name(row).is_some_and(|name| wanted(&name)));
                best.offer(*cosine, home, row, counts);
            }
        }
    }
}

/// The best candidates so far.
struct Best {
    most: usize,
    heap: BinaryHeap<Reverse<Candidate>>,
}

struct Candidate {
    /// The cosine, nearly.
    score: f32,
    /// Which of the view's homes.
    home: usize,
    row: u32,
}

impl Best {
    fn new(most: usize) -> Self {
        Best { most, heap: BinaryHeap::new() }
    }

    /// Takes a candidate if it is good enough and, which is only asked then, counts.
    fn offer(&mut self, score: f32, home: usize, row: u32, counts: impl FnOnce() -> bool) {
        let is_full = self.heap.len() >= self.most;
        if is_full && self.heap.peek().is_some_and(|Reverse(worst)| worst.score >= score) || !counts() {
            return;
        }
        if is_full {
            self.heap.pop();
        }
        self.heap.push(Reverse(Candidate { score, home, row }));
    }

    fn into_sorted(self) -> Vec<Candidate> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(candidate)| candidate).collect()
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score)
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}
