//! Names of members.

use std::ops::Range;

use super::MAX_NAME;

/// A name as it comes. It stands in the piece that is being read unless it is torn apart or has escapes.
#[derive(Clone, Debug)]
pub(super) struct Name {
    here: Range<usize>,
    kept: [u8; MAX_NAME],
    len: usize,
}

impl Name {
    /// Nothing.
    pub(super) const EMPTY: Name = Name { here: 0..0, kept: [0; MAX_NAME], len: 0 };

    /// Another name begins.
    pub(super) fn begin(&mut self) {
        self.len = 0;
    }

    /// Keeps what comes next of it, as far as there is room.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        for (place, byte) in self.kept.iter_mut().skip(self.len).zip(bytes) {
            *place = *byte;
            self.len += 1;
        }
    }

    /// It ends, and this is the last that comes of it.
    pub(super) fn end(&mut self, bytes: &[u8], run: Range<usize>) {
        self.here = run.clone();
        if self.len > 0 {
            self.keep(bytes.get(run).unwrap_or_default());
        }
    }

    /// Where its last bytes end, in the piece that brought them.
    pub(super) fn last(&self) -> usize {
        self.here.end
    }

    /// The name, as far as [`MAX_NAME`] goes. These are the bytes that brought its end.
    pub(super) fn get<'a>(&'a self, bytes: &'a [u8]) -> &'a [u8] {
        let name = match self.len {
            0 => bytes.get(self.here.clone()),
            len => self.kept.get(..len),
        };
        let name = name.unwrap_or_default();
        name.get(..MAX_NAME).unwrap_or(name)
    }
}
