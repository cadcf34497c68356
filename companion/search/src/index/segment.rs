use std::ops::Range;

use super::code::Code;
use super::deaths::Deaths;
use super::graph::Graph;
use super::groups::Groups;
use super::names::Names;
use super::points::Points;
use super::storage::{ALIGN, Tape};

/// Rows that do not change any more, but for being removed.
#[derive(Debug)]
pub(super) struct Segment {
    /// The number of its files.
    pub(super) number: u32,
    pub(super) tape: Tape,
    pub(super) names: Names,
    /// Where on the tape each row is, in units of [`ALIGN`].
    pub(super) places: Box<[u32]>,
    pub(super) codes: Codes,
    pub(super) deaths: Deaths,
    /// Bytes of the file of its graph.
    pub(super) graph_file: u64,
}

/// The codes of a segment's rows.
#[derive(Debug)]
pub(super) enum Codes {
    /// Few: all are looked at.
    Flat(Box<dyn Points>),
    /// Many: the rows are in the order of their places in the graph.
    Graph(Box<dyn Graph>, Groups),
}

impl Codes {
    /// Appends the cosines, nearly, between a vector and those at `most` places from the `first` on.
    pub(super) fn cosines(&self, query: &Code, first: usize, most: usize, into: &mut Vec<f32>) {
        match self {
            Codes::Flat(points) => points.cosines(query, first, most, into),
            Codes::Graph(graph, _) => graph.cosines(query, first, most, into),
        }
    }

    /// The rows at a place.
    pub(super) fn rows(&self, place: u32) -> Range<u32> {
        match self {
            Codes::Flat(_) => place..place + 1,
            Codes::Graph(_, groups) => groups.rows(place),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Codes::Flat(points) => points.bytes(),
            Codes::Graph(graph, groups) => graph.bytes() + groups.bytes(),
        }
    }
}

impl Segment {
    /// How many rows it has, removed ones too.
    pub(super) fn rows(&self) -> usize {
        self.places.len()
    }

    pub(super) fn living(&self) -> usize {
        self.rows() - self.deaths.count()
    }

    pub(super) fn has_graph(&self) -> bool {
        matches!(self.codes, Codes::Graph(..))
    }

    /// Where on the tape a row is.
    pub(super) fn place(&self, row: usize) -> Option<u64> {
        self.places.get(row).map(|place| u64::from(*place) * ALIGN)
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        let rows = self.names.bytes() + size_of_val(&*self.places) + self.deaths.bytes();
        self.tape.bytes() + rows + self.codes.bytes()
    }
}
