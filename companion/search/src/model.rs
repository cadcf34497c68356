use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tollgate_policy::digest::Digest;

use crate::Dimensions;

/// Longest name of a model version, in bytes.
const MAX_VERSION: usize = 200;

/// What an operator calls a model and everything that goes with it: 1 to 200 of `A-Z a-z 0-9 . _ -`; `v1` unless said
/// otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelVersion(String);

/// A name that no model version can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a model version has 1 to {MAX_VERSION} letters, digits, dots, underscores and hyphens; {0:?} is none")]
pub struct ModelVersionError(String);

impl ModelVersion {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ModelVersion {
    fn default() -> Self {
        ModelVersion("v1".to_owned())
    }
}

impl fmt::Display for ModelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ModelVersion {
    type Err = ModelVersionError;

    fn from_str(name: &str) -> Result<Self, ModelVersionError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        match (1..=MAX_VERSION).contains(&name.len()) && name.bytes().all(is_allowed) {
            true => Ok(ModelVersion(name.to_owned())),
            false => Err(ModelVersionError(name.chars().take(MAX_VERSION).collect())),
        }
    }
}

impl TryFrom<String> for ModelVersion {
    type Error = ModelVersionError;

    fn try_from(name: String) -> Result<Self, ModelVersionError> {
        name.parse()
    }
}

impl From<ModelVersion> for String {
    fn from(version: ModelVersion) -> Self {
        version.0
    }
}

/// What makes vectors comparable: equal models give equal vectors for equal texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// What it is called.
    pub version: ModelVersion,
    /// Digest over what the vectors depend on besides the text: kind of embedder, its parameters, weights and vocabulary as far
    /// as they are known, and how texts are made and cleaned.
    pub fingerprint: Digest,
    /// How many numbers a vector has.
    pub dimensions: Dimensions,
}

/// SHA-256 of a policy's text as it is handed to an embedder: what tells whether its vector is still the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextHash(pub [u8; 32]);

impl TextHash {
    /// Of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        TextHash(Sha256::digest(text).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_made_of_what_can_stand_in_a_path() {
        for good in ["v1", "all-MiniLM-L6-v2", "2026.11_b", &"x".repeat(200)] {
            assert_eq!(good.parse::<ModelVersion>().unwrap().as_str(), good);
        }
        for bad in ["", "v 1", "v/1", "é", "v1\n", &"x".repeat(201)] {
            bad.parse::<ModelVersion>().unwrap_err();
        }
        assert_eq!(ModelVersion::default().as_str(), "v1");
    }
}
