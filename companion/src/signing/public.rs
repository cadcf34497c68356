use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::file::{KeyFileError, check_id};

/// The public part of a key, as the plugin's configuration takes it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    id: String,
    ed25519: String,
}

impl PublicKey {
    pub(super) fn new(id: &str, key: &[u8]) -> Self {
        PublicKey { id: id.to_owned(), ed25519: STANDARD.encode(key) }
    }

    /// Reads what `tollgate key public` prints from a file.
    ///
    /// # Errors
    /// If the file cannot be read or holds something else.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let text = fs::read(path).map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
        let unusable = || KeyFileError::Public(path.to_owned());
        let key: PublicKey = serde_json::from_slice(&text).map_err(|_| unusable())?;
        check_id(&key.id)?;
        let bytes = STANDARD.decode(&key.ed25519).map_err(|_| unusable())?;
        if bytes.len() == 32 { Ok(key) } else { Err(unusable()) }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::super::KeyFile;
    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        let dir = tempdir().unwrap();
        let key = KeyFile::create("2026-11", &dir.path().join("key")).unwrap().public();
        let file = dir.path().join("public");
        fs::write(&file, serde_json::to_string(&key).unwrap() + "\n").unwrap();
        assert_eq!(PublicKey::read(&file).unwrap(), key);
    }

    #[test]
    fn anything_else_is_no_public_key() {
        let dir = tempdir().unwrap();
        let file = dir.path().join("key");
        KeyFile::create("2026-11", &file).unwrap();
        assert!(matches!(PublicKey::read(&file), Err(KeyFileError::Public(_))), "it is a private one");
        for text in ["", "{}", r#"{"id":"1","ed25519":"AAAA"}"#, r#"{"id":"1","ed25519":"?"}"#] {
            fs::write(&file, text).unwrap();
            assert!(matches!(PublicKey::read(&file), Err(KeyFileError::Public(_))), "{text}");
        }
    }
}
