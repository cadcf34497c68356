//! Who has to have signed a snapshot, or a part of the index snapshot: text in an operator's log is not for anybody to write.
//!
//! A signature is of the audience, the snapshot's id, the digest of its content and the time at which it was issued
//! ([`Attestation::statement`]). What it cannot say is whether there is a newer snapshot: a VM that has none, in an Envoy
//! whose shared data holds no mark either, takes any snapshot that was ever signed for it and can be told only by the
//! signature's age (`max_issued_age`) that one is being replayed to it.

use std::fmt;

use tollgate_policy::related::PartHead;
use tollgate_policy::snapshot::{Attestation, Head};

#[cfg(test)]
mod tests;

/// The keys that count, and for whom they have to have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// For whom.
    pub audience: Box<str>,
    /// The keys; several while one replaces another.
    pub keys: Vec<Key>,
}

/// A key with the name that signatures call it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name.
    pub id: Box<str>,
    /// The key.
    pub public: PublicKey,
}

/// An ed25519 public key: a canonical point that is not of small order.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// Why a snapshot's signatures do not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// It has none.
    #[error("it is not signed")]
    Unsigned,
    /// None is by a key that counts.
    #[error("it is signed with `{}`, which is none of the configured keys", .0.escape_debug())]
    UnknownKey(String),
    /// It is signed for others.
    #[error("it is signed for the audience `{}`", .0.escape_debug())]
    Audience(String),
    /// The signature is not of this content under this id, or not by this key.
    #[error("its signature with the key `{}` is wrong", .0.escape_debug())]
    Signature(String),
}

impl Trust {
    /// When the snapshot of this head was signed, in milliseconds since 1970. One signature that counts is enough.
    ///
    /// # Errors
    /// If there is none that counts, with what comes closest to one.
    pub fn check(&self, head: &Head) -> Result<u64, Untrusted> {
        self.check_statements(&head.attestations, &|Attestation { audience, issued_at, .. }| {
            Attestation::statement(audience, head.id, &head.digest, *issued_at)
        })
    }

    /// When the part of an index snapshot that has this head was signed, as [`Trust::check`] has it.
    ///
    /// # Errors
    /// If no signature counts.
    pub fn check_part(&self, head: &PartHead) -> Result<u64, Untrusted> {
        self.check_statements(&head.attestations, &|Attestation { audience, issued_at, .. }| {
            PartHead::statement(audience, &head.digest, *issued_at)
        })
    }

    fn check_statements(
        &self,
        attestations: &[Attestation],
        statement: &dyn Fn(&Attestation) -> Vec<u8>,
    ) -> Result<u64, Untrusted> {
        let mut closest = Untrusted::Unsigned;
        for attestation in attestations {
            closest = match self.keys.iter().find(|key| *key.id == *attestation.key) {
                None => closest.or(Untrusted::UnknownKey(attestation.key.clone())),
                Some(_) if *attestation.audience != *self.audience => {
                    closest.or(Untrusted::Audience(attestation.audience.clone()))
                }
                Some(key) if key.public.has_signed(&statement(attestation), &attestation.signature) => {
                    return Ok(attestation.issued_at);
                }
                // One try: whoever sends many signatures does not keep the VM busy.
                Some(_) => return Err(Untrusted::Signature(attestation.key.clone())),
            };
        }
        Err(closest)
    }
}

impl Untrusted {
    fn or(self, other: Self) -> Self {
        match (&self, &other) {
            (Untrusted::Unsigned, _) | (Untrusted::UnknownKey(_), Untrusted::Audience(_)) => other,
            _ => self,
        }
    }
}

impl PublicKey {
    /// The key of these bytes, if they are one.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Option<Self> {
        ed25519_compact::PublicKey::new(bytes).validate().ok().map(|()| PublicKey(bytes))
    }

    /// Whether the signature is this key's, of this statement. A signature has one form only: scalars that are not reduced
    /// and points that are not canonical or of small order are refused.
    fn has_signed(&self, statement: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_compact::Signature::new(*signature);
        ed25519_compact::PublicKey::new(self.0).verify(statement, &signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
