use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tollgate_policy::data::Data;

use crate::trust::{Key, PublicKey, Trust};

use super::members::{InvalidMember, members, text};

/// Most keys of a feed: each may have to be tried.
const MAX_KEYS: usize = 16;
/// Longest id of a key, in bytes.
const MAX_KEY_ID: usize = 64;
/// Longest audience, in bytes.
const MAX_AUDIENCE: usize = 256;

/// Keys that cannot be used, or without what they need.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTrust {
    /// Something in it is missing, unknown, or not of the type it has to be.
    #[error(transparent)]
    Member(#[from] InvalidMember),
    /// A setting that only says something of signatures.
    #[error("`{0}` says nothing without `keys`: unsigned snapshots are taken")]
    Idle(&'static str),
    /// Signatures for anyone would be good for everyone.
    #[error("`keys` need an `audience`, so that what is signed for another fleet is refused")]
    NoAudience,
    /// The audience is empty, too long, or not printable.
    #[error("`audience` is not 1 to {MAX_AUDIENCE} bytes without control characters")]
    Audience,
    /// None, or too many.
    #[error("`keys` has 1 to {MAX_KEYS} keys, not {0}")]
    Count(usize),
    /// The id is empty, too long, or not printable.
    #[error("a key's `id` is not 1 to {MAX_KEY_ID} bytes without control characters")]
    Id,
    /// Two keys have one id.
    #[error("two keys are called `{0}`")]
    Repeated(String),
    /// It is no key.
    #[error("key `{0}`: `ed25519` is not the base64 of a public key's 32 bytes")]
    Key(String),
}

/// What these two members say of signatures; none if there are no keys.
pub(super) fn read(audience: Option<&Data>, keys: Option<&Data>) -> Result<Option<Trust>, InvalidTrust> {
    let Some(keys) = keys else {
        return if audience.is_some() { Err(InvalidTrust::Idle("audience")) } else { Ok(None) };
    };
    let audience = text("audience", audience.ok_or(InvalidTrust::NoAudience)?)?;
    if !printable(audience, MAX_AUDIENCE) {
        return Err(InvalidTrust::Audience);
    }
    let Data::List(keys) = keys else { return Err(InvalidMember::Type("keys", "a list").into()) };
    if keys.is_empty() || keys.len() > MAX_KEYS {
        return Err(InvalidTrust::Count(keys.len()));
    }
    let mut known: Vec<Key> = Vec::new();
    for entry in keys.iter() {
        let key = key(entry)?;
        if known.iter().any(|other| other.id == key.id) {
            return Err(InvalidTrust::Repeated(key.id.into()));
        }
        known.push(key);
    }
    Ok(Some(Trust { audience: audience.into(), keys: known }))
}

fn key(entry: &Data) -> Result<Key, InvalidTrust> {
    let [id, ed25519] = members(entry, "keys", ["id", "ed25519"])?;
    let id = text("id", id.ok_or(InvalidMember::Missing("id"))?)?;
    if !printable(id, MAX_KEY_ID) {
        return Err(InvalidTrust::Id);
    }
    let encoded = text("ed25519", ed25519.ok_or(InvalidMember::Missing("ed25519"))?)?;
    let bytes = BASE64_STANDARD.decode(encoded).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let public = bytes.and_then(PublicKey::new).ok_or_else(|| InvalidTrust::Key(id.to_owned()))?;
    Ok(Key { id: id.into(), public })
}

fn printable(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && !text.chars().any(char::is_control)
}
