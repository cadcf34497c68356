//! The end of plain text within a string, eight bytes at a time: WebAssembly as Envoy is given it has no wider registers.

const LOW: u64 = u64::from_le_bytes([0x01; 8]);
const HIGH: u64 = u64::from_le_bytes([0x80; 8]);

/// Where the next quote, backslash or control character stands, or how long the bytes are.
#[inline]
pub(super) fn special(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*eight);
        // Exact for the first byte that is marked; bytes after it may be marked wrongly.
        let marks =
            (zeros(word ^ (LOW * 0x22)) | zeros(word ^ (LOW * 0x5c)) | (word.wrapping_sub(LOW * 0x20) & !word)) & HIGH;
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, b'"' | b'\\' | 0..0x20) {
            break;
        }
        at += 1;
    }
    at
}

/// The highest bit of each byte that is zero; of the bytes after the first such one it may be set, too.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word
}

/// Where the next end of a line stands, or how long the bytes are.
pub(crate) fn line_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*eight);
        let marks = (zeros(word ^ (LOW * 0x0a)) | zeros(word ^ (LOW * 0x0d))) & HIGH;
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, b'\n' | b'\r') {
            break;
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes of which many are among those that are looked for, or differ from them by a bit.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte =
            prop_oneof![any::<u8>(), proptest::sample::select(b"\"\\\x1f\x20\x21\x23\x5b\n\r\x0b\x8a\x00".to_vec())];
        proptest::collection::vec(byte, 0..40)
    }

    proptest! {
        #[test]
        fn it_is_the_first_one(bytes in bytes(), from in 0_usize..45) {
            let first = |wanted: fn(u8) -> bool| {
                (from..bytes.len()).find(|at| wanted(bytes[*at])).unwrap_or(bytes.len().max(from))
            };
            prop_assert_eq!(special(&bytes, from), first(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)));
            prop_assert_eq!(line_end(&bytes, from), first(|byte| matches!(byte, b'\n' | b'\r')));
        }
    }
}
