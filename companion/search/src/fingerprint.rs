use sha2::{Digest as _, Sha256};
use tollgate_policy::digest::Digest;

use crate::text::TEXT_VERSION;

/// Digest over what a model's vectors depend on besides the text: the kind of embedder, the kind's own parts, and how texts
/// are made. Parts are told apart by their lengths, so that moving a byte from one to the next is another model.
#[must_use]
pub fn fingerprint(kind: &str, parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in [kind.as_bytes(), &TEXT_VERSION.to_le_bytes()].iter().chain(parts) {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    Digest(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_differ_by_kind_and_by_each_part() {
        let all = [
            fingerprint("a", &[b"b", b"c"]),
            fingerprint("x", &[b"b", b"c"]),
            fingerprint("a", &[b"bc", b""]),
            fingerprint("a", &[b"bc"]),
            fingerprint("a", &[]),
        ];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
        assert_eq!(all[0], fingerprint("a", &[b"b", b"c"]));
    }
}
