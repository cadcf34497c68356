use std::str;

use bumpalo::Bump;

use super::InvalidRequest;

/// A path with exactly one reading: what is decided is what the upstream sees.
///
/// Envoy normalises before the filter runs. What is still not canonical here is refused, never rewritten, since a private
/// copy could differ from what router and upstream read. The rules are those of RFC 3986 section 6.2.2, with what
/// servers are known to read in two ways refused outright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CanonicalPath<'a> {
    text: &'a str,
    /// Whether any of it is percent-encoded.
    encoded: bool,
}

impl<'a> CanonicalPath<'a> {
    /// Checks a request target, as in `:path`; the query, from the first `?`, is not part of the path.
    ///
    /// # Errors
    /// Says what is not canonical.
    pub fn parse(target: &'a [u8]) -> Result<Self, InvalidRequest> {
        let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
        let Some(segments) = path.strip_prefix(b"/") else {
            return Err(InvalidRequest::PathForm);
        };
        let mut encoded = false;
        let mut segments = segments.split(|byte| *byte == b'/').peekable();
        while let Some(segment) = segments.next() {
            match segment {
                // A trailing slash is a path of its own; any other empty segment is ambiguous.
                b"" if segments.peek().is_some() => return Err(InvalidRequest::EmptySegment),
                b"." | b".." => return Err(InvalidRequest::DotSegment),
                _ if segment.iter().all(|byte| is_plain(*byte)) => {}
                _ => {
                    check_segment(segment)?;
                    encoded = true;
                }
            }
        }
        // Only visible ASCII is left.
        let text = str::from_utf8(path).map_err(|_| InvalidRequest::PathByte)?;
        Ok(CanonicalPath { text, encoded })
    }

    /// The path, still percent-encoded.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.text
    }

    /// Whether any of it may be percent-encoded.
    pub(crate) fn is_encoded(self) -> bool {
        self.encoded
    }
}

/// What [`is_pchar`] says of every byte.
#[expect(clippy::indexing_slicing, reason = "out of bounds it would not compile")]
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    loop {
        plain[byte as usize] = is_pchar(byte);
        if byte == u8::MAX {
            break plain;
        }
        byte += 1;
    }
};

fn is_plain(byte: u8) -> bool {
    PLAIN.get(usize::from(byte)).is_some_and(|plain| *plain)
}

fn check_segment(segment: &[u8]) -> Result<(), InvalidRequest> {
    let mut encoded_non_ascii = false;
    let mut bytes = segment.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let (Some(high), Some(low)) = (hex(bytes.next()), hex(bytes.next())) else {
                    return Err(InvalidRequest::PercentForm);
                };
                let decoded = high << 4 | low;
                if is_unreserved(decoded) || matches!(decoded, b'/' | b'\\') || decoded.is_ascii_control() {
                    return Err(InvalidRequest::PercentEncoded);
                }
                // `%252f`: some servers decode twice.
                if decoded == b'%'
                    && matches!(bytes.as_slice(), [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
                {
                    return Err(InvalidRequest::PercentEncoded);
                }
                if decoded == b';' {
                    return Err(InvalidRequest::PathParameter);
                }
                encoded_non_ascii |= !decoded.is_ascii();
            }
            b';' => return Err(InvalidRequest::PathParameter),
            _ if is_pchar(*byte) => {}
            _ => return Err(InvalidRequest::PathByte),
        }
    }
    if encoded_non_ascii && str::from_utf8(&decoded(segment).collect::<Vec<u8>>()).is_err() {
        return Err(InvalidRequest::PathUtf8);
    }
    Ok(())
}

/// A canonical segment (or several) with its percent-encoding undone; borrowed where there is none.
pub(crate) fn decode<'a>(segment: &'a str, arena: &'a Bump) -> &'a str {
    if !segment.as_bytes().contains(&b'%') {
        return segment;
    }
    let bytes = arena.alloc_slice_fill_iter(decoded(segment.as_bytes()).collect::<Vec<u8>>());
    // Canonical paths decode to UTF-8; the fallback cannot be reached through `CanonicalPath`.
    str::from_utf8(bytes).unwrap_or(segment)
}

/// Whether a segment, its percent-encoding undone, is this text.
pub(crate) fn decodes_to(segment: &str, text: &str) -> bool {
    decoded(segment.as_bytes()).eq(text.bytes())
}

fn decoded(segment: &[u8]) -> impl Iterator<Item = u8> {
    let mut bytes = segment.iter();
    std::iter::from_fn(move || {
        let byte = *bytes.next()?;
        if byte != b'%' {
            return Some(byte);
        }
        Some(hex(bytes.next())? << 4 | hex(bytes.next())?)
    })
}

/// The value of a hexadecimal digit.
pub(crate) fn hex(digit: Option<&u8>) -> Option<u8> {
    let digit = char::from(*digit?).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// RFC 3986 section 2.3.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// RFC 3986 section 3.3, without `;`, which is refused by name.
pub(crate) const fn is_pchar(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@')
}
