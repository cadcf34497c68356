use std::sync::Arc;

use super::home::Home;
use super::segment::Segment;
use super::table::Table;

/// Where everything is. Replaced as a whole when a segment is made; who looks at one goes on with it.
#[derive(Debug)]
pub(super) struct View {
    pub(super) segments: Vec<Arc<Segment>>,
    /// Oldest first; the last is being filled, and there always is one.
    pub(super) tables: Vec<Arc<Table>>,
}

impl View {
    pub(super) fn homes(&self) -> impl Iterator<Item = Home> + '_ {
        let tables = self.tables.iter().map(|table| Home::Table(Arc::clone(table)));
        self.segments.iter().map(|segment| Home::Segment(Arc::clone(segment))).chain(tables)
    }
}

/// An index at one moment: a row is in it if it came before and was not removed before.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    pub(super) view: Arc<View>,
    /// Rises with every change.
    pub(super) revision: u64,
    /// How many rows of the last table count already.
    pub(super) filled: usize,
}

impl Snapshot {
    /// The tables, and how many rows of each count.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&Arc<Table>, usize)> {
        let (last, before) = match self.view.tables.split_last() {
            Some((last, before)) => (Some((last, self.filled)), before),
            None => (None, [].as_slice()),
        };
        before.iter().map(|table| (table, usize::MAX)).chain(last)
    }
}
