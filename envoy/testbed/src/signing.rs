use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::artifacts;

/// A key that the companion signs snapshots with.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// Its file.
    pub file: PathBuf,
    /// Its public part, as the plugin's configuration takes it.
    pub public: Value,
}

/// Who vouches for what the companion sends.
#[derive(Clone, Debug)]
pub struct Signing {
    /// With this key.
    pub key: SigningKey,
    /// For plugins that are configured with this audience.
    pub audience: String,
}

impl SigningKey {
    /// Makes a key in a folder, by `tollgate key new`.
    ///
    /// # Errors
    ///
    /// When there is no companion, or it makes none.
    pub fn make(id: &str, folder: &Path) -> Result<Self> {
        let file = folder.join(format!("{id}.key"));
        let mut command = Command::new(artifacts::companion()?);
        let output = command.args(["key", "new", "--id", id, "--out"]).arg(&file).output()?;
        ensure!(output.status.success(), "no key: {}", String::from_utf8_lossy(&output.stderr));
        Ok(SigningKey { file, public: serde_json::from_slice(&output.stdout)? })
    }

    /// Signs for this audience.
    #[must_use]
    pub fn signing_for(&self, audience: &str) -> Signing {
        Signing { key: self.clone(), audience: audience.to_owned() }
    }
}
