//! The file of a segment's graph: all that is in memory of a segment but for what was removed. It can be made again from
//! the segment's tape.

use std::io;

use super::groups::Groups;
use super::names::Names;
use super::segment::{Codes, Segment};
use super::storage::seal;
use super::{Settings, points};

const MAGIC: [u8; 4] = *b"TGgr";

/// What a graph was made with; if it is asked for otherwise, it is made again.
type Parameters = (usize, usize, usize);

fn parameters(settings: Settings, width: usize) -> Parameters {
    let Settings { ef_construction, ef_search } = settings;
    (ef_construction, ef_search, width)
}

/// What was read.
pub(super) struct Loaded {
    pub(super) names: Names,
    pub(super) places: Box<[u32]>,
    pub(super) codes: Codes,
}

/// The file of a segment that has a graph.
pub(super) fn to_bytes(segment: &Segment, settings: Settings, width: usize) -> io::Result<Option<Vec<u8>>> {
    let Codes::Graph(graph, groups) = &segment.codes else {
        return Ok(None);
    };
    let head = (parameters(settings, width), &segment.names, &segment.places, groups);
    let mut bytes = postcard::to_extend(&head, seal::opened(MAGIC)).map_err(io::Error::other)?;
    graph.save(&mut bytes)?;
    Ok(Some(seal::close(bytes)))
}

/// Reads a file; `None` if it is damaged or of other parameters.
pub(super) fn from_bytes(bytes: &[u8], settings: Settings, width: usize) -> Option<Loaded> {
    let contents = seal::read(MAGIC, bytes).ok()?;
    let ((stored, names, places, groups), graph): ((Parameters, Names, Box<[u32]>, Groups), _) =
        postcard::take_from_bytes(contents).ok()?;
    if stored != parameters(settings, width) {
        return None;
    }
    let graph = points::graph(width, graph).ok()?;
    let is_whole = groups.is_of(graph.len(), places.len()) && names.len() == places.len();
    is_whole.then_some(Loaded { names, places, codes: Codes::Graph(graph, groups) })
}
