use super::core::Core;
use super::home::Home;
use super::view::Snapshot;

/// What an index has, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Policies.
    pub entries: usize,
    /// Of them, those that are not in a segment yet.
    pub delta: usize,
    /// Rows of policies that were removed or replaced, and have not been cleared away yet.
    pub tombstones: usize,
    /// Segments.
    pub segments: usize,
    /// Of them, those that have a graph. The others are small, and looked at as a whole.
    pub graphs: usize,
    /// Bytes of memory, nearly.
    pub memory: u64,
    /// Bytes of files.
    pub disk: u64,
    /// Whether a segment is being made.
    pub building: bool,
    /// Why the last segment could not be made; another try follows.
    pub trouble: Option<String>,
    /// Rises with every change. The same before an index is closed and after it is opened again.
    pub revision: u64,
}

impl Core {
    pub(super) fn stats(&self) -> Stats {
        let Snapshot { view, revision, .. } = self.snapshot();
        let segments = &view.segments;
        let (entries, directory) = {
            let directory = self.directory();
            (directory.len(), directory.bytes())
        };
        let dead_rows = segments.iter().map(|segment| segment.deaths.count());
        let memory = view.homes().map(|home| home.bytes()).sum::<usize>() + directory;
        Stats {
            entries,
            delta: view.tables().map(|table| table.living()).sum(),
            tombstones: dead_rows.chain(view.tables().map(|table| table.dead())).sum(),
            segments: segments.len(),
            graphs: segments.iter().filter(|segment| segment.has_graph()).count(),
            memory: memory as u64,
            disk: if self.folder.is_some() { view.homes().map(|home| home.disk()).sum() } else { 0 },
            building: self.builder.is_running(),
            trouble: self.builder.trouble(),
            revision,
        }
    }
}

impl Home {
    fn bytes(&self) -> usize {
        match self {
            Home::Table(table) => table.bytes(),
            Home::Segment(segment) => segment.bytes(),
        }
    }

    fn disk(&self) -> u64 {
        match self {
            Home::Table(table) => table.tape.len(),
            Home::Segment(segment) => segment.tape.len() + segment.graph_file,
        }
    }
}
