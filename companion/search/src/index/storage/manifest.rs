use std::io;

use serde::{Deserialize, Serialize};
use tollgate_policy::digest::Digest;

use super::seal::{self, Unreadable};
use crate::{Dimensions, Model, ModelVersion};

/// What a folder has: whose vectors, and which files of them count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::index) struct Manifest {
    pub(in crate::index) model: StoredModel,
    /// Rises with every change; changes of the logs come on top.
    pub(in crate::index) revision: u64,
    pub(in crate::index) segments: Vec<StoredSegment>,
    /// Logs with lower numbers are over: what they say is in the segments.
    pub(in crate::index) first_log: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::index) struct StoredSegment {
    pub(in crate::index) number: u32,
    /// Where on its tape those are that were removed since it was made, in units of [`super::ALIGN`].
    pub(in crate::index) dead: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::index) struct StoredModel {
    version: ModelVersion,
    fingerprint: [u8; 32],
    dimensions: Dimensions,
}

impl From<&Model> for StoredModel {
    fn from(model: &Model) -> Self {
        let Model { version, fingerprint, dimensions } = model;
        StoredModel { version: version.clone(), fingerprint: fingerprint.0, dimensions: *dimensions }
    }
}

impl std::fmt::Display for StoredModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let StoredModel { version, fingerprint, dimensions } = self;
        write!(f, "{version} ({dimensions} dimensions, fingerprint {})", Digest(*fingerprint))
    }
}

const MAGIC: [u8; 4] = *b"TGix";

impl Manifest {
    pub(in crate::index) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = seal::opened(MAGIC);
        bytes = postcard::to_extend(self, bytes).map_err(io::Error::other)?;
        Ok(seal::close(bytes))
    }

    pub(in crate::index) fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        postcard::from_bytes(seal::read(MAGIC, bytes)?).map_err(|_| Unreadable::Damaged)
    }
}
