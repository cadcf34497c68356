//! The two serializations of the ABI: pair lists and property paths.

use super::bytes::Bytes;

/// Longer lists from a guest are not read, as in Envoy.
const MAX_PAIRS: usize = 1024;

/// A list of names and values, in order, duplicates kept.
pub type Pairs = Vec<(Bytes, Bytes)>;

/// Serializes pairs: count, then the two lengths of each pair, then the bytes, each followed by NUL.
pub fn encode_pairs<N: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(N, V)]) -> Vec<u8> {
    let mut out = Vec::new();
    push_len(&mut out, pairs.len());
    for (name, value) in pairs {
        push_len(&mut out, name.as_ref().len());
        push_len(&mut out, value.as_ref().len());
    }
    for (name, value) in pairs {
        out.extend_from_slice(name.as_ref());
        out.push(0);
        out.extend_from_slice(value.as_ref());
        out.push(0);
    }
    out
}

/// Reads a serialized pair list; `None` if it is malformed. No bytes at all is an empty list.
pub fn decode_pairs(bytes: &[u8]) -> Option<Pairs> {
    if bytes.is_empty() {
        return Some(Pairs::new());
    }
    let mut reader = Reader(bytes);
    let count = reader.len()?;
    if count > MAX_PAIRS {
        return None;
    }
    let mut sizes = Vec::with_capacity(count);
    for _ in 0..count {
        sizes.push((reader.len()?, reader.len()?));
    }
    let mut pairs = Pairs::with_capacity(count);
    for (name, value) in sizes {
        pairs.push((reader.text(name)?, reader.text(value)?));
    }
    reader.0.is_empty().then_some(pairs)
}

/// Splits a serialized property path at its NULs.
pub(super) fn decode_path(bytes: &[u8]) -> Vec<String> {
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

fn push_len(out: &mut Vec<u8>, len: usize) {
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_le_bytes());
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn len(&mut self) -> Option<usize> {
        let (head, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        usize::try_from(u32::from_le_bytes(*head)).ok()
    }

    fn text(&mut self, len: usize) -> Option<Bytes> {
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest.strip_prefix(&[0])?;
        Some(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_survive_a_round_trip_with_duplicates_and_raw_bytes() {
        let pairs: Pairs =
            vec![("a".into(), "1".into()), ("a".into(), Bytes::from(&[0xff, 0x00, 0xfe])), ("empty".into(), "".into())];
        assert_eq!(decode_pairs(&encode_pairs(&pairs)), Some(pairs));
    }

    #[test]
    fn every_truncation_of_a_pair_list_is_refused() {
        let whole = encode_pairs(&[("name", "value"), ("x", "")]);
        for len in 1..whole.len() {
            assert_eq!(decode_pairs(&whole[..len]), None, "{len} bytes");
        }
    }

    #[test]
    fn a_count_beyond_the_bytes_is_refused_without_reserving_for_it() {
        assert_eq!(decode_pairs(&u32::MAX.to_le_bytes()), None);
    }

    #[test]
    fn a_path_splits_at_nul() {
        assert_eq!(decode_path(b"source\0address"), ["source", "address"]);
        assert!(decode_path(b"").is_empty());
    }
}
