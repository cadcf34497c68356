use sha2::{Digest as _, Sha256};

/// Digest of the names and texts of policy files: equal content is judged once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of one file.
    pub(super) fn of(name: &str, text: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [name, text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Fingerprint(hash.finalize().into())
    }

    /// As it is kept.
    pub(crate) fn bytes(self) -> [u8; 32] {
        self.0
    }

    /// Of all files together, in this order.
    pub(super) fn of_all(files: impl IntoIterator<Item = Self>) -> Self {
        let mut hash = Sha256::new();
        files.into_iter().for_each(|Fingerprint(file)| hash.update(file));
        Fingerprint(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_moving_from_one_file_to_the_next_changes_it() {
        let of =
            |files: &[(&str, &str)]| Fingerprint::of_all(files.iter().map(|(name, text)| Fingerprint::of(name, text)));
        let before = of(&[("a", "12"), ("b", "3")]);
        assert_eq!(before, of(&[("a", "12"), ("b", "3")]));
        assert_ne!(before, of(&[("a", "1"), ("b", "23")]));
        assert_ne!(before, of(&[("a", "12")]));
    }

    #[test]
    fn text_moving_between_a_file_and_its_name_changes_it() {
        assert_ne!(Fingerprint::of("ab", "c"), Fingerprint::of("a", "bc"));
    }
}
