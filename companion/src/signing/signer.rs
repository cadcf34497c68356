use std::fmt;
use std::path::Path;
use std::time::SystemTime;

use ring::signature::Ed25519KeyPair;
use tollgate_policy::digest::Digest;
use tollgate_policy::related::PartHead;
use tollgate_policy::snapshot::{Attestation, SnapshotId};

use super::file::{KeyFile, KeyFileError};

/// Longest name of an audience, in bytes: as much as a snapshot can carry.
const MAX_AUDIENCE: usize = 256;

/// Vouches for snapshots, and for the parts of index snapshots.
pub struct Signer {
    key: String,
    pair: Ed25519KeyPair,
    audience: String,
}

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The audience cannot be one.
    #[error("an audience must be 1 to {MAX_AUDIENCE} bytes long, not {0}")]
    Audience(usize),
}

impl Signer {
    /// Signs with the key in a file, for plugins that are configured with this audience.
    ///
    /// # Errors
    /// If the file holds no key, or the audience is empty or too long.
    pub fn new(key: &Path, audience: String) -> Result<Self, SignerError> {
        if !(1..=MAX_AUDIENCE).contains(&audience.len()) {
            return Err(SignerError::Audience(audience.len()));
        }
        let (key, pair) = KeyFile::read(key)?.into_parts();
        Ok(Signer { key, pair, audience })
    }

    /// Signs that this is a snapshot for the audience, as of now.
    #[must_use]
    pub fn attest(&self, id: SnapshotId, digest: &Digest, now: SystemTime) -> Attestation {
        self.sign(now, |issued_at| Attestation::statement(&self.audience, id, digest, issued_at))
    }

    /// Signs that this is a part of an index snapshot for the audience, as of now.
    #[must_use]
    pub fn attest_part(&self, digest: &Digest, now: SystemTime) -> Attestation {
        self.sign(now, |issued_at| PartHead::statement(&self.audience, digest, issued_at))
    }

    fn sign(&self, now: SystemTime, statement: impl FnOnce(u64) -> Vec<u8>) -> Attestation {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let issued_at = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let statement = statement(issued_at);
        let mut signature = [0; 64];
        signature.copy_from_slice(self.pair.sign(&statement).as_ref());
        Attestation { key: self.key.clone(), audience: self.audience.clone(), issued_at, signature }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("key", &self.key).field("audience", &self.audience).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ring::signature::{ED25519, KeyPair, UnparsedPublicKey};
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn what_is_signed_can_be_verified_with_the_public_part() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("key");
        KeyFile::create("2026-11", &path).unwrap();
        let signer = Signer::new(&path, "prod".to_owned()).unwrap();
        let (id, digest) = (SnapshotId { epoch: 3, version: 9 }, Digest([7; 32]));
        let signed = signer.attest(id, &digest, SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123));
        assert_eq!((&*signed.key, &*signed.audience, signed.issued_at), ("2026-11", "prod", 1_700_000_000_123));
        let public = UnparsedPublicKey::new(&ED25519, signer.pair.public_key().as_ref().to_vec());
        let statement = |audience, issued_at| Attestation::statement(audience, id, &digest, issued_at);
        public.verify(&statement("prod", signed.issued_at), &signed.signature).unwrap();
        public.verify(&statement("test", signed.issued_at), &signed.signature).unwrap_err();
        public.verify(&statement("prod", signed.issued_at + 1), &signed.signature).unwrap_err();
    }

    #[test]
    fn an_audience_is_never_empty() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("key");
        KeyFile::create("k", &path).unwrap();
        assert!(matches!(Signer::new(&path, String::new()), Err(SignerError::Audience(0))));
    }
}
