/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Offset of the first byte.
    pub start: usize,
    /// How many bytes.
    pub len: usize,
}

/// A file, by its position in the order of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileId(pub(super) usize);

/// A range of bytes in one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: FileId,
    pub(super) mark: Mark,
}

/// Where the lines of a text begin.
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

/// A line of a text.
#[derive(Clone, Copy)]
pub struct Line<'t> {
    /// From 1.
    pub number: usize,
    /// Offset of its first byte.
    pub start: usize,
    /// Without the line end.
    pub text: &'t str,
}

impl<'t> Lines<'t> {
    /// Looks for the line ends.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(offset, _)| offset + 1);
        Lines { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The line that holds the byte at this offset.
    #[must_use]
    pub fn at(&self, offset: usize) -> Line<'t> {
        let index = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        self.line(index)
    }

    /// The offset of a place that a parser names by line and column, both from 1, the column in characters.
    pub(super) fn offset(&self, line: usize, column: usize) -> usize {
        let Line { start, text, .. } = self.line(line.saturating_sub(1).min(self.starts.len().saturating_sub(1)));
        start + text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(offset, _)| offset)
    }

    fn line(&self, index: usize) -> Line<'t> {
        let start = self.starts.get(index).copied().unwrap_or_default();
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n']);
        Line { number: index + 1, start, text }
    }
}
