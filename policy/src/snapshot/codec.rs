use super::FORMAT;

/// Why bytes are not a snapshot. Displays with the place in the bytes where one is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not a snapshot at all.
    #[error("not a snapshot: it does not start with the format's mark")]
    NotASnapshot,
    /// Of another format version.
    #[error("snapshot format {0} is not supported, this build reads format {FORMAT}")]
    UnsupportedFormat(u16),
    /// The bytes end too early.
    #[error("snapshot is cut short at byte {0} of a {1}")]
    CutShort(usize, &'static str),
    /// Bytes after the end.
    #[error("{0} bytes follow the end of a {1}")]
    Trailing(usize, &'static str),
    /// The header is not what was written.
    #[error("snapshot is damaged: its header does not have the announced seal")]
    Header,
    /// The content does not have the digest that the header announces.
    #[error("snapshot is damaged: its content does not have the announced digest")]
    Digest,
    /// There are more or fewer policies, or more or less in them, than the settings announce.
    #[error("snapshot's policies are not as many as its settings announce")]
    Totals,
    /// A value that no encoder writes.
    #[error("invalid {what} at byte {at} of a {part}")]
    Invalid {
        /// What was expected.
        what: &'static str,
        /// Offset in the part.
        at: usize,
        /// Which part of the snapshot.
        part: &'static str,
    },
    /// More of something than a snapshot may hold.
    #[error("snapshot has more {what} than the limit of {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Two routes match the same requests.
    #[error("snapshot's routes are ambiguous at `{0}`")]
    AmbiguousRoute(String),
    /// The same thing twice.
    #[error("snapshot has two {0} called `{1}`")]
    Duplicate(&'static str, String),
}

/// Reads a part of a snapshot front to back; every read is checked.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    whole: &'a [u8],
    rest: &'a [u8],
    part: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], part: &'static str) -> Self {
        Reader { whole: bytes, rest: bytes, part }
    }

    pub(crate) fn at(&self) -> usize {
        self.whole.len() - self.rest.len()
    }

    /// What has been read.
    pub(crate) fn taken(&self) -> &'a [u8] {
        self.whole.get(..self.at()).unwrap_or_default()
    }

    /// What is still to be read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn invalid(&self, what: &'static str) -> DecodeError {
        DecodeError::Invalid { what, at: self.at(), part: self.part }
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(DecodeError::CutShort(self.at(), self.part))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeError::CutShort(self.at(), self.part))?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, DecodeError> {
        match self.rest {
            [byte @ ..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            _ => self.long_varint(),
        }
    }

    #[inline(never)]
    fn long_varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                // One encoding for each value: a snapshot's bytes are canonical.
                if byte == 0 && shift > 0 {
                    break;
                }
                return Ok(value);
            }
        }
        Err(self.invalid("varint"))
    }

    /// A count of items that take at least one byte each, so that no count can ask for more memory than there are bytes.
    #[inline(never)]
    pub(crate) fn count(&mut self) -> Result<usize, DecodeError> {
        let count = self.varint()?;
        match usize::try_from(count) {
            Ok(count) if count <= self.remaining() => Ok(count),
            _ => Err(self.invalid("count")),
        }
    }

    #[inline(never)]
    pub(crate) fn str(&mut self) -> Result<&'a str, DecodeError> {
        let (len, part) = (self.count()?, self.part);
        let at = self.at();
        let invalid = |_| DecodeError::Invalid { what: "string", at, part };
        std::str::from_utf8(self.bytes(len)?).map_err(invalid)
    }

    pub(crate) fn bool(&mut self) -> Result<bool, DecodeError> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.invalid("boolean")),
        }
    }

    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            trailing => Err(DecodeError::Trailing(trailing, self.part)),
        }
    }
}

/// Writes what [`Reader`] reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    #[cfg(feature = "compiler")]
    pub(crate) fn bool(&mut self, value: bool) {
        self.byte(u8::from(value));
    }

    #[inline(never)]
    pub(crate) fn varint(&mut self, mut value: u64) {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                return self.byte(low & 0x7f);
            }
            self.byte(low | 0x80);
        }
    }

    pub(crate) fn len(&mut self, len: usize) {
        self.varint(len as u64);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn str(&mut self, text: &str) {
        self.len(text.len());
        self.bytes(text.as_bytes());
    }
}
