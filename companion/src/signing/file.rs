use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};

use super::public::PublicKey;

/// Longest name of a key, in bytes: as much as a snapshot can carry.
const MAX_ID: usize = 64;

/// A private key with its name, as it lies in a file: one JSON object.
pub struct KeyFile {
    id: String,
    pair: Ed25519KeyPair,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The name cannot be one.
    #[error("a key's id must be 1 to {MAX_ID} bytes long, not {0}")]
    Id(usize),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes to make a key of")]
    Random,
    /// The file exists.
    #[error("`{}` exists: a key is never overwritten, name another file", .0.display())]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("cannot write the key to `{}`: {source}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read the key in `{}`: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("`{}` is no key file as `tollgate key new` writes it", .0.display())]
    Content(PathBuf),
    /// The file holds something else than the public part of a key.
    #[error("`{}` is no public key as `tollgate key public` prints it", .0.display())]
    Public(PathBuf),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    id: String,
    /// Base64 of the 32 bytes that everything follows from.
    ed25519_seed: String,
}

impl KeyFile {
    /// Makes a key and writes it to a file of its own that only its owner can read.
    ///
    /// # Errors
    /// If the id is empty or too long, or the file exists or cannot be written.
    pub fn create(id: &str, path: &Path) -> Result<Self, KeyFileError> {
        check_id(id)?;
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| KeyFileError::Random)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| KeyFileError::Random)?;
        let stored = Stored { id: id.to_owned(), ed25519_seed: STANDARD.encode(seed) };
        write(path, &stored).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
            _ => KeyFileError::Write { path: path.to_owned(), source },
        })?;
        Ok(KeyFile { id: stored.id, pair })
    }

    /// Reads a key from its file.
    ///
    /// # Errors
    /// If the file cannot be read or is no key file. What it holds is not said.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let text = fs::read(path).map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
        let unusable = || KeyFileError::Content(path.to_owned());
        let Stored { id, ed25519_seed } = serde_json::from_slice(&text).map_err(|_| unusable())?;
        check_id(&id)?;
        let seed = STANDARD.decode(ed25519_seed).map_err(|_| unusable())?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| unusable())?;
        Ok(KeyFile { id, pair })
    }

    /// What may be known to everyone.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::new(&self.id, self.pair.public_key().as_ref())
    }

    pub(super) fn into_parts(self) -> (String, Ed25519KeyPair) {
        (self.id, self.pair)
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyFile").field(&self.public()).finish()
    }
}

pub(super) fn check_id(id: &str) -> Result<(), KeyFileError> {
    match id.len() {
        1..=MAX_ID => Ok(()),
        length => Err(KeyFileError::Id(length)),
    }
}

fn write(path: &Path, stored: &Stored) -> io::Result<()> {
    let mut text = serde_json::to_vec(stored)?;
    text.push(b'\n');
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(&text).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key is of no use to anyone, and would be in the way of the next.
        let _ = fs::remove_file(path);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tempfile::tempdir;

    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_made_and_only_its_owner_can() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("key");
        let made = KeyFile::create("2026-11", &path).unwrap();
        assert_eq!(KeyFile::read(&path).unwrap().public(), made.public());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{made:?}").contains("seed"));
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("key");
        let first = KeyFile::create("a", &path).unwrap().public();
        assert!(matches!(KeyFile::create("b", &path), Err(KeyFileError::Exists(_))));
        assert_eq!(KeyFile::read(&path).unwrap().public(), first);
    }

    #[test]
    fn a_key_without_a_usable_name_is_not_made() {
        let dir = tempdir().unwrap();
        for id in ["", &"x".repeat(65)] {
            assert!(matches!(KeyFile::create(id, &dir.path().join("key")), Err(KeyFileError::Id(_))));
        }
        assert!(!dir.path().join("key").exists());
    }

    #[test]
    fn the_public_part_is_that_of_the_standard() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("key");
        // RFC 8032, 7.1, test 1.
        fs::write(&path, r#"{"id":"1","ed25519_seed":"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="}"#).unwrap();
        let public = KeyFile::read(&path).unwrap().public();
        let printed = serde_json::to_string(&public).unwrap();
        assert_eq!(printed, r#"{"id":"1","ed25519":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}"#);
    }

    #[test]
    fn anything_else_is_no_key_file() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("key");
        for text in ["", "{}", r#"{"id":"1","ed25519_seed":"AAAA"}"#, r#"{"id":"1","ed25519_seed":"?"}"#] {
            fs::write(&path, text).unwrap();
            assert!(matches!(KeyFile::read(&path), Err(KeyFileError::Content(_))), "{text}");
        }
    }
}
