//! The proxy's serialisation of a header map: a count, then the lengths of every name and value, then names and
//! values, each followed by a zero byte; integers are 32-bit little-endian.

/// Not such a serialisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proxy's header map is malformed")]
pub struct MalformedPairs;

/// A name and a value.
type Pair<'a> = (&'a [u8], &'a [u8]);

/// Reads a header map in place: any bytes are good as names and values.
///
/// # Errors
/// If lengths and content do not fit each other.
pub fn parse_pairs(map: &[u8]) -> Result<Vec<Pair<'_>>, MalformedPairs> {
    if map.is_empty() {
        return Ok(Vec::new());
    }
    pairs(map).ok_or(MalformedPairs)
}

fn pairs(map: &[u8]) -> Option<Vec<Pair<'_>>> {
    let mut lengths = map;
    let count = length(&mut lengths)?;
    // Also proves that the count is one that the map can hold, before memory is set aside for it.
    let (mut lengths, mut content) = lengths.split_at_checked(count.checked_mul(8)?)?;
    let mut pairs = Vec::with_capacity(count);
    for _ in 0..count {
        let (name, value) = (length(&mut lengths)?, length(&mut lengths)?);
        pairs.push((text(&mut content, name)?, text(&mut content, value)?));
    }
    content.is_empty().then_some(pairs)
}

/// Writes a header map.
#[must_use]
pub fn serialise_pairs<V: AsRef<str>>(pairs: &[(&str, V)]) -> Vec<u8> {
    let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut map = u32::try_from(pairs.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    for (name, value) in pairs {
        map.extend(length(name));
        map.extend(length(value.as_ref()));
    }
    for text in pairs.iter().flat_map(|(name, value)| [*name, value.as_ref()]) {
        map.extend_from_slice(text.as_bytes());
        map.push(0);
    }
    map
}

fn length(lengths: &mut &[u8]) -> Option<usize> {
    let (length, rest) = lengths.split_first_chunk()?;
    *lengths = rest;
    usize::try_from(u32::from_le_bytes(*length)).ok()
}

fn text<'a>(content: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (text, rest) = content.split_at_checked(length)?;
    *content = rest.strip_prefix(b"\0")?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_any_bytes() {
        let map = b"\x02\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\0\0\0\0\0\0x\xff\0\xfe\0\0y\0\0";
        let pairs: [Pair<'_>; 2] = [(b"x\xff", b"\xfe\0"), (b"y", b"")];
        assert_eq!(parse_pairs(map).unwrap(), pairs);
        assert_eq!(parse_pairs(b""), Ok(vec![]));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let map = serialise_pairs(&[(":path", "/a"), ("empty", ""), (":path", "/again")]);
        let pairs: [Pair<'_>; 3] = [(b":path", b"/a"), (b"empty", b""), (b":path", b"/again")];
        assert_eq!(parse_pairs(&map).unwrap(), pairs);
        assert_eq!(parse_pairs(&serialise_pairs::<&str>(&[])), Ok(vec![]));
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let whole = serialise_pairs(&[("name", "value"), ("a", "b")]);
        for cut in 1..whole.len() {
            assert_eq!(parse_pairs(&whole[..cut]), Err(MalformedPairs));
        }
        assert_eq!(parse_pairs(&[&whole[..], b"x"].concat()), Err(MalformedPairs));
        assert_eq!(parse_pairs(b"\xff\xff\xff\xff"), Err(MalformedPairs));
        assert_eq!(parse_pairs(b"\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"), Err(MalformedPairs));
    }
}
