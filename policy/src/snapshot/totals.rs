use super::codec::{DecodeError, Reader};

/// How much the policies of a snapshot are. Announced in its settings, so that a reader takes memory once, and as much as it
/// needs; and held against what came, so that no policy can be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) policies: usize,
    /// Bytes of all their names.
    pub(super) name_bytes: usize,
    /// Ways in which policies are reached.
    pub(super) rules: usize,
}

impl Totals {
    #[cfg(feature = "compiler")]
    pub(super) fn plus(self, other: Totals) -> Totals {
        Totals {
            policies: self.policies + other.policies,
            name_bytes: self.name_bytes + other.name_bytes,
            rules: self.rules + other.rules,
        }
    }

    /// Reads what is announced. What a snapshot of `size` bytes cannot hold is not believed: a policy takes 8 bytes, a way 2.
    pub(super) fn read(reader: &mut Reader<'_>, size: usize) -> Result<Self, DecodeError> {
        let mut total = |most: usize| match usize::try_from(reader.varint()?) {
            Ok(total) if total <= most => Ok(total),
            _ => Err(reader.invalid("total")),
        };
        Ok(Totals { policies: total(size / 8)?, name_bytes: total(size)?, rules: total(size / 2)? })
    }
}
