use sha2::{Digest as _, Sha256};
use tollgate_policy::source::SourceFile;

/// Digest of the names and texts of policy files: equal content is judged once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(files: &[SourceFile]) -> Self {
        let mut hash = Sha256::new();
        for text in files.iter().flat_map(|file| [&*file.name, &*file.text]) {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
        Fingerprint(hash.finalize().into())
    }

    /// As it is kept.
    pub(crate) fn bytes(self) -> [u8; 32] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> SourceFile {
        SourceFile::new(name, text)
    }

    #[test]
    fn text_moving_from_one_file_to_the_next_changes_it() {
        let before = Fingerprint::of(&[file("a", "12"), file("b", "3")]);
        assert_eq!(before, Fingerprint::of(&[file("a", "12"), file("b", "3")]));
        assert_ne!(before, Fingerprint::of(&[file("a", "1"), file("b", "23")]));
    }
}
