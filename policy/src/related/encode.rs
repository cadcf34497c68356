use crate::digest::Digest;
use crate::snapshot::codec::Writer;
use crate::snapshot::head::write_attestations;
use crate::snapshot::{Attestation, tree};

use super::{MARK, NEIGHBOURS, PolicyKey, Similarity};

/// Which part of which index snapshot it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartId {
    /// What the model is called that the vectors are of; 1 to 200 bytes.
    pub model: String,
    /// The generation of the index.
    pub generation: u64,
    /// Raised whenever the index snapshot changes; this part is the same in those between its own and the next that it has.
    pub revision: u64,
    /// How many parts there are: a power of two.
    pub parts: u16,
    /// Which of them this is.
    pub number: u16,
}

/// A policy and its neighbours, the most similar first; what is more than [`NEIGHBOURS`] is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The policy.
    pub key: PolicyKey,
    /// What is like it.
    pub neighbours: Vec<(PolicyKey, Similarity)>,
}

/// What a part says, as bytes, before anybody has signed it.
#[derive(Clone, Debug)]
pub struct PartContent {
    bytes: Vec<u8>,
    digest: Digest,
}

impl PartContent {
    /// Of these policies, in the order of their keys. A part that is not as the format asks is refused by whoever reads it.
    #[must_use]
    pub fn new(id: &PartId, policies: &[Policy]) -> Self {
        let PartId { model, generation, revision, parts, number } = id;
        let mut out = Writer::default();
        out.bytes(&parts.to_le_bytes());
        out.bytes(&generation.to_le_bytes());
        out.byte(u8::try_from(model.len()).unwrap_or_default());
        out.bytes(model.as_bytes());
        out.bytes(&number.to_le_bytes());
        out.bytes(&revision.to_le_bytes());
        for Policy { key, neighbours } in policies {
            out.bytes(&key.0.to_le_bytes());
            for place in 0..NEIGHBOURS {
                let neighbour = neighbours.get(place).map_or((0, 0), |(key, similarity)| (key.0, similarity.steps()));
                out.bytes(&neighbour.0.to_le_bytes());
                out.byte(neighbour.1);
            }
        }
        PartContent { digest: tree::part(&out.0), bytes: out.0 }
    }

    /// How many bytes it has; signed, a part has a little more.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// What signatures are of.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The part.
    #[must_use]
    pub fn encode(&self, attestations: &[Attestation]) -> Vec<u8> {
        let mut out = Writer::default();
        out.0.reserve(self.bytes.len() + 64 + 512 * attestations.len());
        out.bytes(MARK);
        out.bytes(&self.digest.0);
        write_attestations(attestations, &mut out);
        let seal = tree::seal(&out.0);
        out.bytes(&seal);
        out.bytes(&self.bytes);
        out.0
    }
}
