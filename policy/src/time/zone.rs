#[cfg(feature = "compiler")]
mod named;

use super::{Offset, Timestamp};

/// What tables start with, which no author's bytes do by accident.
const MARK: &[u8] = b"\0time zone\0";

/// A time zone known by name, as a table: from when on it is how far ahead of UTC. Policies carry the tables of the zones
/// that they name, so that evaluating them needs no others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zone<'t>(&'t [[u8; Zone::ROW]]);

impl<'t> Zone<'t> {
    /// A second since 1970 and the seconds ahead of UTC from then on; the first row is of all time before, too.
    const ROW: usize = 12;

    /// Reads a table.
    pub(crate) fn from_bytes(bytes: &'t [u8]) -> Option<Self> {
        match bytes.strip_prefix(MARK)?.as_chunks() {
            (rows @ [_, ..], []) => Some(Zone(rows)),
            _ => None,
        }
    }

    /// How far ahead of UTC it is at an instant.
    pub(crate) fn offset_at(self, time: Timestamp) -> Offset {
        let past = self.0.partition_point(|row| read(row).0 <= time.seconds());
        let row = past.checked_sub(1).and_then(|row| self.0.get(row)).or(self.0.first());
        Offset::of_seconds(row.map_or(0, |row| read(row).1))
    }
}

fn read(row: &[u8; Zone::ROW]) -> (i64, i32) {
    let [a, b, c, d, e, f, g, h, offset @ ..] = *row;
    (i64::from_le_bytes([a, b, c, d, e, f, g, h]), i32::from_le_bytes(offset))
}
