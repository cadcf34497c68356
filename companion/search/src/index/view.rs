use std::sync::Arc;

use super::home::Home;
use super::segment::Segment;
use super::table::Table;

/// Where everything is. Replaced as a whole when a segment is made; who looks at one goes on with it.
#[derive(Debug)]
pub(super) struct View {
    pub(super) segments: Vec<Arc<Segment>>,
    /// Tables that nothing is added to any more, oldest first.
    pub(super) closed: Vec<Arc<Table>>,
    pub(super) filling: Arc<Table>,
}

impl View {
    /// Oldest first.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.closed.iter().chain([&self.filling])
    }

    pub(super) fn homes(&self) -> impl Iterator<Item = Home> + '_ {
        let tables = self.tables().map(|table| Home::Table(Arc::clone(table)));
        self.segments.iter().map(|segment| Home::Segment(Arc::clone(segment))).chain(tables)
    }
}

/// An index at one moment: a row is in it if it came before and was not removed before.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    pub(super) view: Arc<View>,
    /// Rises with every change.
    pub(super) revision: u64,
    /// How many rows of the table that is being filled count already.
    pub(super) filled: usize,
}

impl Snapshot {
    /// The tables, and how many rows of each count.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&Arc<Table>, usize)> {
        self.view.closed.iter().map(|table| (table, usize::MAX)).chain([(&self.view.filling, self.filled)])
    }
}
