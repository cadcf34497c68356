use std::sync::Arc;

use super::segment::Segment;
use super::table::Table;
use super::view::View;

/// When what is made of what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// So many rows without a graph become a graph. A graph is the faster from about 4000 on; looking at twice as many still
    /// takes but a fifth of a millisecond, misses nothing, and a graph that is made less often costs less.
    pub(super) graph: usize,
    /// A segment has about so many rows, never twice as many, which bounds how long one takes to build and what memory that takes.
    pub(super) segment: usize,
    /// A table whose log is longer is full.
    pub(super) log: u64,
    /// A log is not shortened for the sake of fewer bytes.
    pub(super) garbage: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { graph: 8 << 10, segment: 128 << 10, log: 512 << 20, garbage: 8 << 20 }
    }
}

/// A segment of which one row in so many is removed is built again: a graph still goes by way of them.
const WORN: usize = 20;

/// What to build next.
#[derive(Debug)]
pub(super) struct Plan {
    /// Whether the table that is being filled is to be closed first.
    pub(super) rotate: bool,
    /// How many of the oldest tables go into it.
    pub(super) tables: usize,
    /// The numbers of the segments that go into it.
    pub(super) segments: Vec<u32>,
}

impl Limits {
    /// Whether a table should take no more rows.
    pub(super) fn is_full(&self, table: &Table) -> bool {
        table.rows() >= self.segment || table.tape.len() >= self.log
    }

    /// What there is to build, if anything.
    ///
    /// Each build takes the oldest tables, and with them segments that are smaller than twice of what it has already, so that
    /// a row is built into a graph a few times at most on its way to a segment of full size.
    pub(super) fn plan(&self, view: &View) -> Option<Plan> {
        let View { segments, closed, filling } = view;
        let flat =
            segments.iter().filter(|segment| !segment.has_graph()).map(|segment| segment.living()).sum::<usize>();
        let is_many = filling.living() > 0 && filling.living() + flat >= self.graph;
        let rotate = closed.is_empty() && (is_many || self.is_garbage(filling));
        let (tables, mut rows) = match rotate {
            true => (1, filling.living()),
            false => self.oldest(closed),
        };
        let mut candidates: Vec<&Arc<Segment>> = segments.iter().collect();
        candidates.sort_by_key(|segment| (segment.has_graph(), segment.living()));
        if tables == 0 {
            // The largest first: a small one that the others have no room beside would be made anew as small as it was, for ever.
            let is_due = |segment: &Arc<Segment>| is_worn(segment) || flat >= self.graph && !segment.has_graph();
            let due = candidates.iter().enumerate().filter(|(_, segment)| is_due(segment));
            let (first, _) = due.max_by_key(|(_, segment)| segment.living())?;
            let first = candidates.remove(first);
            candidates.insert(0, first);
        }
        let mut segments = Vec::new();
        for segment in candidates {
            let (is_first, living) = (tables == 0 && segments.is_empty(), segment.living());
            let is_wanted = !segment.has_graph() || is_worn(segment) || living <= 2 * rows;
            if is_first || is_wanted && rows + living <= self.segment {
                segments.push(segment.number);
                rows += living;
            }
        }
        Some(Plan { rotate, tables, segments })
    }

    /// How many of the oldest tables make a segment, and how many rows they have.
    fn oldest(&self, closed: &[Arc<Table>]) -> (usize, usize) {
        let (mut tables, mut rows) = (0, 0);
        for table in closed {
            if tables > 0 && rows + table.living() > self.segment {
                break;
            }
            tables += 1;
            rows += table.living();
        }
        (tables, rows)
    }

    /// Whether most of a log is of rows that are not there any more.
    fn is_garbage(&self, table: &Table) -> bool {
        let living = table.tape.len() * table.living() as u64 / table.rows().max(1) as u64;
        table.tape.len() - living > living.max(self.garbage)
    }
}

fn is_worn(segment: &Segment) -> bool {
    segment.deaths.count() > 0 && segment.deaths.count() * WORN >= segment.rows()
}
