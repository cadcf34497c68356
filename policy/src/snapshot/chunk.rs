#[cfg(feature = "compiler")]
use super::codec::Writer;
use super::codec::{DecodeError, Reader};
use super::limits;

/// What a chunk holds. Chunks stand in this order, those of one kind in the order of their buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ChunkKind {
    /// Identity sources and switches; exactly one, first.
    Settings,
    /// Routes.
    Routes,
    /// Directory entries.
    Principals,
    /// Policies.
    Policies,
}

/// Something for each kind of chunk.
#[derive(Clone, Debug, Default)]
pub(super) struct PerKind<T>([T; 4]);

impl<T> PerKind<T> {
    pub(super) fn of(&self, kind: ChunkKind) -> &T {
        let PerKind([settings, routes, principals, policies]) = self;
        match kind {
            ChunkKind::Settings => settings,
            ChunkKind::Routes => routes,
            ChunkKind::Principals => principals,
            ChunkKind::Policies => policies,
        }
    }

    pub(super) fn of_mut(&mut self, kind: ChunkKind) -> &mut T {
        let PerKind([settings, routes, principals, policies]) = self;
        match kind {
            ChunkKind::Settings => settings,
            ChunkKind::Routes => routes,
            ChunkKind::Principals => principals,
            ChunkKind::Policies => policies,
        }
    }
}

impl ChunkKind {
    /// In the order in which chunks stand.
    pub(super) const ALL: [ChunkKind; 4] =
        [ChunkKind::Settings, ChunkKind::Routes, ChunkKind::Principals, ChunkKind::Policies];

    pub(super) fn code(self) -> u8 {
        match self {
            ChunkKind::Settings => 1,
            ChunkKind::Routes => 2,
            ChunkKind::Principals => 3,
            ChunkKind::Policies => 4,
        }
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        ChunkKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Name for error messages.
    pub(super) fn part(self) -> &'static str {
        match self {
            ChunkKind::Settings => "settings chunk",
            ChunkKind::Routes => "routes chunk",
            ChunkKind::Principals => "principals chunk",
            ChunkKind::Policies => "policies chunk",
        }
    }
}

/// The strings of one chunk, referred to by position.
#[derive(Debug)]
pub(super) struct Strings<'a>(Vec<&'a str>);

impl<'a> Strings<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let count = limits::STRINGS.check(reader.count()?)?;
        (0..count).map(|_| reader.str()).collect::<Result<_, _>>().map(Strings)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Reads a reference to one: its position.
    #[inline]
    pub(super) fn index(&self, reader: &mut Reader<'_>) -> Result<usize, DecodeError> {
        let index = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
        match index < self.0.len() {
            true => Ok(index),
            false => Err(reader.invalid("string reference")),
        }
    }

    /// The one at a position that [`Self::index`] has read.
    pub(super) fn at(&self, position: usize) -> &'a str {
        self.0.get(position).copied().unwrap_or_default()
    }

    /// Reads a reference to one.
    #[inline(never)]
    pub(super) fn get(&self, reader: &mut Reader<'_>) -> Result<&'a str, DecodeError> {
        Ok(self.at(self.index(reader)?))
    }

    /// Reads a count of references and the references.
    pub(super) fn list(&self, reader: &mut Reader<'_>) -> Result<Vec<&'a str>, DecodeError> {
        let count = limits::NAMES.check(reader.count()?)?;
        (0..count).map(|_| self.get(reader)).collect()
    }
}

/// Builds a chunk: the body is written while its strings are collected.
#[cfg(feature = "compiler")]
#[derive(Debug, Default)]
pub(super) struct ChunkWriter {
    strings: Vec<String>,
    positions: rustc_hash::FxHashMap<String, usize>,
    pub(super) body: Writer,
}

#[cfg(feature = "compiler")]
impl ChunkWriter {
    /// Writes a reference to a string.
    pub(super) fn str(&mut self, text: &str) {
        let next = self.strings.len();
        let position = *self.positions.entry(text.to_owned()).or_insert(next);
        if position == next {
            self.strings.push(text.to_owned());
        }
        self.body.len(position);
    }

    /// Writes a count and that many references.
    pub(super) fn list(&mut self, texts: &[String]) {
        self.body.len(texts.len());
        texts.iter().for_each(|text| self.str(text));
    }

    pub(super) fn finish(self) -> Vec<u8> {
        let mut chunk = Writer::default();
        chunk.len(self.strings.len());
        self.strings.iter().for_each(|text| chunk.str(text));
        chunk.bytes(&self.body.0);
        chunk.0
    }
}
