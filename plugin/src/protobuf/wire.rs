//! Protobuf's wire format: a reader, borrowed, bounded by its input, without panics; and a writer.

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    /// A string, bytes or a message.
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// Bytes that are not a protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed protobuf")]
pub(crate) struct Malformed;

/// The fields of a message, in order: number and value. Ends at the first error.
pub(crate) fn fields(message: &[u8]) -> impl Iterator<Item = Result<(u32, Value<'_>), Malformed>> {
    let mut rest = message;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let field = field(&mut rest).ok_or(Malformed);
        if field.is_err() {
            rest = &[];
        }
        Some(field)
    })
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<(u32, Value<'a>)> {
    const MAX_NUMBER: u64 = (1 << 29) - 1;
    let tag = varint(rest)?;
    let number = u32::try_from(Some(tag >> 3).filter(|number| (1..=MAX_NUMBER).contains(number))?).ok()?;
    let value = match tag & 7 {
        0 => Value::Varint(varint(rest)?),
        1 => Value::Fixed64(u64::from_le_bytes(*take_array(rest)?)),
        2 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            let (bytes, after) = rest.split_at_checked(length)?;
            *rest = after;
            Value::Bytes(bytes)
        }
        5 => Value::Fixed32(u32::from_le_bytes(*take_array(rest)?)),
        _ => return None,
    };
    Some((number, value))
}

/// Steps into a length-delimited field, if it is the next one, and tells how long it is; not all of it need be there.
pub(crate) fn head(rest: &mut &[u8], number: u64) -> Option<usize> {
    let is_it = varint(rest)? == number << 3 | 2;
    is_it.then(|| varint(rest)).flatten().and_then(|length| usize::try_from(length).ok())
}

/// Writes a string, bytes or a message.
#[inline(never)]
pub(crate) fn push_bytes(message: &mut Vec<u8>, number: u8, content: &[u8]) {
    message.push(number << 3 | 2);
    push_varint(message, content.len() as u64);
    message.extend_from_slice(content);
}

/// Writes a number, unless it is zero: protobuf leaves that out.
#[inline(never)]
pub(crate) fn push_number(message: &mut Vec<u8>, number: u8, value: u64) {
    if value != 0 {
        message.push(number << 3);
        push_varint(message, value);
    }
}

fn push_varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "the seven lowest bits and the mark that more follow")]
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "less than 128")]
    message.push(value as u8);
}

/// What stands in the next field, if that is one of bytes with this first byte. Otherwise `rest` stays as it is.
pub(crate) fn bytes_field<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let mut after = rest.strip_prefix(&[tag])?;
    let length = usize::try_from(varint(&mut after)?).ok()?;
    let (bytes, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

/// The numbers of a repeated field, as they stand together in its bytes.
pub(crate) fn packed(bytes: &[u8]) -> Result<Vec<u64>, Malformed> {
    let mut rest = bytes;
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        numbers.push(varint(&mut rest).ok_or(Malformed)?);
    }
    Ok(numbers)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    match rest.split_first()? {
        (byte, after) if *byte < 0x80 => {
            *rest = after;
            Some(u64::from(*byte))
        }
        _ => long_varint(rest),
    }
}

fn long_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        let bits = u64::from(byte & 0x7f);
        // The tenth byte has room for one bit.
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take_array<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (array, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(array)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &[u8]) -> Result<Vec<(u32, Value<'_>)>, Malformed> {
        fields(message).collect()
    }

    #[test]
    fn every_wire_type_is_read() {
        let message = b"\x08\x96\x01\x11\x01\0\0\0\0\0\0\0\x1a\x02hi\x25\x02\0\0\0";
        let expected =
            vec![(1, Value::Varint(150)), (2, Value::Fixed64(1)), (3, Value::Bytes(b"hi")), (4, Value::Fixed32(2))];
        assert_eq!(read(message), Ok(expected));
        assert_eq!(read(b""), Ok(vec![]));
    }

    #[test]
    fn the_largest_varint_is_read_and_a_larger_one_refused() {
        let largest = b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(read(largest), Ok(vec![(1, Value::Varint(u64::MAX))]));
        assert_eq!(read(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), Err(Malformed));
        assert_eq!(read(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), Err(Malformed));
    }

    #[test]
    fn what_is_cut_short_or_unknown_is_refused() {
        for message in
            [&b"\x08"[..], b"\x0a\x05hi", b"\x09\0\0", b"\x0d\0", b"\x0b", b"\x0c", b"\x0e", b"\0\0", b"\x80"]
        {
            assert_eq!(read(message), Err(Malformed), "{message:x?}");
        }
        // A length that would overflow any sum.
        assert_eq!(read(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), Err(Malformed));
    }

    #[test]
    fn numbers_may_stand_together() {
        assert_eq!(packed(b"\x01\x96\x01\x00"), Ok(vec![1, 150, 0]));
        assert_eq!(packed(b""), Ok(vec![]));
        assert_eq!(packed(b"\x01\x96"), Err(Malformed));
    }

    #[test]
    fn reading_stops_at_the_first_error() {
        assert_eq!(fields(b"\x0c\x08\x01").count(), 1);
    }
}
