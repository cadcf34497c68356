//! How a chunk comes from what it was: runs of its old bytes, and new ones.
//!
//! ```text
//! patch      length:varint operation*
//! operation  bytes << 1:varint byte*            new bytes
//!            bytes << 1 | 1:varint place:varint  old bytes from a place on
//! ```

#[cfg(feature = "compiler")]
use rustc_hash::FxHashMap;

#[cfg(feature = "compiler")]
use super::codec::Writer;
use super::codec::{DecodeError, Reader};

/// Reads a patch and gives what it makes of `old`; no more than `most` bytes.
pub(super) fn apply(reader: &mut Reader<'_>, old: &[u8], most: usize) -> Result<Vec<u8>, DecodeError> {
    let len = usize::try_from(reader.varint()?).ok().filter(|len| *len <= most);
    let len = len.ok_or_else(|| reader.invalid("length"))?;
    // What is new is there to be read, and what is old is bounded by what was kept: neither can ask for much more.
    let mut new = Vec::with_capacity(len.min(old.len().saturating_add(reader.remaining())));
    while new.len() < len {
        let operation = reader.varint()?;
        let run = usize::try_from(operation >> 1).ok().filter(|run| (1..=len - new.len()).contains(run));
        let run = run.ok_or_else(|| reader.invalid("run"))?;
        match operation & 1 {
            0 => new.extend_from_slice(reader.bytes(run)?),
            _ => {
                let start = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
                let copied = old.get(start..start.saturating_add(run)).ok_or_else(|| reader.invalid("old bytes"))?;
                new.extend_from_slice(copied);
            }
        }
    }
    Ok(new)
}

/// Bytes that are looked for together.
#[cfg(feature = "compiler")]
const WINDOW: usize = 8;

/// Longest part of a chunk that is searched for old bytes; of a longer one only what it begins and ends with.
#[cfg(feature = "compiler")]
const SEARCHED: usize = 1 << 16;

/// Writes a patch that makes `new` of `old`. Equal texts give equal patches.
#[cfg(feature = "compiler")]
pub(super) fn write(old: &[u8], new: &[u8], out: &mut Writer) {
    out.len(new.len());
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, rest) = (old.get(prefix..).unwrap_or_default(), new.get(prefix..).unwrap_or_default());
    let suffix = old_rest.iter().rev().zip(rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let middle = rest.get(..rest.len() - suffix).unwrap_or_default();
    copy(0, prefix, out);
    match middle.len().max(old.len()) <= SEARCHED {
        true => search(old, middle, out),
        false => insert(middle, out),
    }
    copy(old.len() - suffix, suffix, out);
}

/// Writes `new` as runs of `old`, wherever they stand, and what is in between.
#[cfg(feature = "compiler")]
fn search(old: &[u8], new: &[u8], out: &mut Writer) {
    let mut places: FxHashMap<&[u8], usize> = FxHashMap::default();
    for (place, window) in old.windows(WINDOW).enumerate() {
        places.entry(window).or_insert(place);
    }
    let (mut at, mut written) = (0, 0);
    while let Some(window) = new.get(at..at + WINDOW) {
        let Some(place) = places.get(window) else {
            at += 1;
            continue;
        };
        let same = |(a, b): &(&u8, &u8)| a == b;
        let ahead = new.iter().skip(at).zip(old.iter().skip(*place)).take_while(same).count();
        insert(new.get(written..at).unwrap_or_default(), out);
        copy(*place, ahead, out);
        at += ahead;
        written = at;
    }
    insert(new.get(written..).unwrap_or_default(), out);
}

#[cfg(feature = "compiler")]
fn insert(bytes: &[u8], out: &mut Writer) {
    if !bytes.is_empty() {
        out.varint((bytes.len() as u64) << 1);
        out.bytes(bytes);
    }
}

#[cfg(feature = "compiler")]
fn copy(place: usize, len: usize, out: &mut Writer) {
    if len > 0 {
        out.varint((len as u64) << 1 | 1);
        out.len(place);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patch(old: &[u8], new: &[u8]) -> Vec<u8> {
        let mut out = Writer::default();
        write(old, new, &mut out);
        out.0
    }

    fn applied(patch: &[u8], old: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let mut reader = Reader::new(patch, "delta");
        let new = apply(&mut reader, old, 1 << 20)?;
        reader.finish().map(|()| new)
    }

    proptest! {
        #[test]
        fn what_a_patch_makes_of_the_old_is_the_new(
            pieces in prop::collection::vec("[ab]{0,40}|[a-z]{0,20}", 0..12),
            drawn in prop::collection::vec((any::<prop::sample::Index>(), "[ab]{0,3}"), 0..12),
        ) {
            let old = pieces.concat().into_bytes();
            let piece = |at: &prop::sample::Index| if pieces.is_empty() { "" } else { at.get(&pieces) };
            let new: String = drawn.iter().flat_map(|(at, more)| [piece(at), more]).collect();
            let new = new.into_bytes();
            prop_assert_eq!(applied(&patch(&old, &new), &old).unwrap(), new);
        }

        #[test]
        fn arbitrary_patches_are_refused_or_bounded(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            old in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            if let Ok(new) = apply(&mut Reader::new(&bytes, "delta"), &old, 1 << 12) {
                prop_assert!(new.len() <= 1 << 12);
            }
        }
    }

    #[test]
    fn a_small_change_is_a_small_patch() {
        let old: Vec<u8> = (0..200).flat_map(|number: u32| format!("record {number} ").into_bytes()).collect();
        let mut new = old.clone();
        new.splice(1000..1010, *b"changed");
        new.splice(2000..2000, *b"another");
        assert!(patch(&old, &new).len() < 60, "{}", patch(&old, &new).len());
        assert!(patch(&old, &old).len() < 8);
    }

    #[test]
    fn more_than_was_announced_or_than_there_is_is_refused() {
        for bytes in
            [&[3, 8, 1, 2, 3, 4][..], &[3, 7, 0], &[3, 0], &[3, 6, 1, 2], &[2, 5, 5], &[0xff, 0xff, 0xff, 0x7f]]
        {
            assert!(applied(bytes, &[1, 2]).is_err(), "{bytes:?}");
        }
    }
}
