use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::ensure;
use serde_json::{Map, Value, json};
use tollgate_policy::snapshot::Snapshot;

use crate::signing::{KeyFile, PublicKey, Signer};

#[derive(Debug, clap::Args)]
pub(super) struct SignatureArgs {
    /// Sign the snapshot with this key: a file of `tollgate key new`
    #[arg(long, value_name = "FILE", requires = "audience")]
    sign_key: Option<PathBuf>,
    /// For whom it is signed: what the plugins are configured with
    #[arg(long, value_name = "NAME", requires = "sign_key")]
    audience: Option<String>,
    /// With --envoy: have the plugin take only what one of these keys has signed; a file with what `tollgate key public`
    /// prints; can be repeated
    #[arg(long, value_name = "FILE", requires_all = ["envoy", "sign_key"])]
    trust_key: Vec<PathBuf>,
}

/// Who vouches for the snapshot, and whom the plugin is told to believe.
#[derive(Debug)]
pub(super) struct Signature {
    signer: Signer,
    audience: String,
    trusted: Vec<PublicKey>,
}

impl SignatureArgs {
    pub(super) fn read(self) -> anyhow::Result<Option<Signature>> {
        let (Some(key), Some(audience)) = (self.sign_key, self.audience) else { return Ok(None) };
        let trusted: Vec<_> = self.trust_key.iter().map(|file| PublicKey::read(file)).collect::<Result<_, _>>()?;
        require_trusted(&key, &trusted)?;
        Ok(Some(Signature { signer: Signer::new(&key, audience.clone())?, audience, trusted }))
    }
}

/// A plugin that trusts other keys would refuse the snapshot; better that it is never written.
fn require_trusted(key: &Path, trusted: &[PublicKey]) -> anyhow::Result<()> {
    ensure!(
        trusted.is_empty() || trusted.contains(&KeyFile::read(key)?.public()),
        "no --trust-key is the public part of `{}`: the plugin would refuse what it signs",
        key.display()
    );
    Ok(())
}

impl Signature {
    /// The snapshot again, signed as of now.
    pub(super) fn sign(&self, snapshot: &Snapshot) -> Vec<u8> {
        let attestation = self.signer.attest(snapshot.id(), &snapshot.digest(), SystemTime::now());
        snapshot.content().encode(snapshot.id(), &[attestation])
    }

    /// What the plugin's configuration says of signatures.
    pub(super) fn required(&self) -> Map<String, Value> {
        if self.trusted.is_empty() {
            return Map::new();
        }
        [("audience".to_owned(), json!(self.audience)), ("keys".to_owned(), json!(self.trusted))].into_iter().collect()
    }
}
