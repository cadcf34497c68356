//! One record of a [`Tape`](super::Tape): a policy that was put, or one that was removed.
//!
//! ```text
//! 0   mark        4
//! 4   checksum    4   CRC-32 of all that follows
//! 8   kind        2   1 put, 2 removed
//! 10  name        2   bytes of it
//! 12  numbers     4   of the vector; 0 where removed
//! 16  text       32   hash of the text; where put
//! 48  vector     4n   f32, lowest byte first
//!     name
//!     zeroes          up to a multiple of 8
//! ```

use crate::TextHash;

/// Stands before every record, so that those behind a damaged one are found again.
pub(super) const MARK: [u8; 4] = *b"\xf5TGr";

/// What is before a record's contents.
pub(super) const HEAD: usize = 16;

/// Longest name of a policy, in bytes.
pub(in crate::index) const MAX_NAME: usize = 4096;

/// Records begin at multiples of it.
pub(in crate::index) const ALIGN: u64 = 8;

const PUT: u16 = 1;
const REMOVED: u16 = 2;
const TEXT: usize = 32;

/// What a record says.
#[derive(Debug)]
pub(in crate::index) enum Record<'r> {
    Put(Put<'r>),
    Removed(&'r str),
}

/// A policy with its vector, as it lies on a tape.
#[derive(Clone, Copy, Debug)]
pub(in crate::index) struct Put<'r> {
    pub(in crate::index) name: &'r str,
    pub(in crate::index) text: TextHash,
    /// The vector's numbers, lowest byte first.
    pub(in crate::index) vector: &'r [u8],
}

impl Put<'_> {
    pub(in crate::index) fn numbers(&self) -> Vec<f32> {
        self.vector.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }
}

/// How long the record of a policy with such a name is.
pub(in crate::index) fn put_len(dimensions: usize, name: usize) -> usize {
    (HEAD + TEXT + dimensions * 4 + name).next_multiple_of(ALIGN as usize)
}

/// Appends the record of a policy that is put.
pub(in crate::index) fn write_put(name: &str, text: TextHash, vector: &[f32], into: &mut Vec<u8>) {
    let start = into.len();
    head(PUT, name, vector.len(), into);
    into.extend_from_slice(&text.0);
    into.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
    finish(start, name, into);
}

/// Appends the record of a policy that is removed.
pub(in crate::index) fn write_removed(name: &str, into: &mut Vec<u8>) {
    let start = into.len();
    head(REMOVED, name, 0, into);
    finish(start, name, into);
}

fn head(kind: u16, name: &str, numbers: usize, into: &mut Vec<u8>) {
    into.extend_from_slice(&MARK);
    into.extend_from_slice(&[0; 4]);
    into.extend_from_slice(&kind.to_le_bytes());
    into.extend_from_slice(&(name.len() as u16).to_le_bytes());
    into.extend_from_slice(&(numbers as u32).to_le_bytes());
}

fn finish(start: usize, name: &str, into: &mut Vec<u8>) {
    into.extend_from_slice(name.as_bytes());
    into.resize(start + (into.len() - start).next_multiple_of(ALIGN as usize), 0);
    let checksum = into.get(start + 8..).map_or(0, crc32fast::hash);
    if let Some(place) = into.get_mut(start + 4..start + 8) {
        place.copy_from_slice(&checksum.to_le_bytes());
    }
}

/// How long a record is that begins with these bytes, if one may.
pub(super) fn len(head: &[u8; HEAD], dimensions: usize) -> Option<usize> {
    let [m0, m1, m2, m3, _, _, _, _, k0, k1, n0, n1, d0, d1, d2, d3] = *head;
    let name = usize::from(u16::from_le_bytes([n0, n1]));
    let numbers = u32::from_le_bytes([d0, d1, d2, d3]) as usize;
    if [m0, m1, m2, m3] != MARK || name > MAX_NAME {
        return None;
    }
    match (u16::from_le_bytes([k0, k1]), numbers) {
        (PUT, numbers) if numbers == dimensions => Some(put_len(dimensions, name)),
        (REMOVED, 0) => Some((HEAD + name).next_multiple_of(ALIGN as usize)),
        _ => None,
    }
}

/// Reads the record that these bytes are, if they are one and it is whole.
pub(in crate::index) fn read(bytes: &[u8], dimensions: usize) -> Option<Record<'_>> {
    let head = bytes.first_chunk::<HEAD>()?;
    let bytes = bytes.get(..len(head, dimensions)?)?;
    let (checksum, checked) = bytes.get(4..)?.split_first_chunk::<4>()?;
    if crc32fast::hash(checked) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let [_, _, _, _, _, _, _, _, kind, _, n0, n1, ..] = *head;
    let name_len = usize::from(u16::from_le_bytes([n0, n1]));
    let contents = bytes.get(HEAD..)?;
    if u16::from(kind) == REMOVED {
        return Some(Record::Removed(str::from_utf8(contents.get(..name_len)?).ok()?));
    }
    let (text, contents) = contents.split_first_chunk::<TEXT>()?;
    let (vector, contents) = contents.split_at_checked(dimensions * 4)?;
    let name = str::from_utf8(contents.get(..name_len)?).ok()?;
    Some(Record::Put(Put { name, text: TextHash(*text), vector }))
}
