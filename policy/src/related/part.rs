use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::snapshot::codec::{DecodeError, Reader};
use crate::snapshot::head::attestations;
use crate::snapshot::limits::Limit;
use crate::snapshot::{Attestation, tree};

use super::{FORMAT, MAGIC, MAX_MODEL, MAX_PARTS, MAX_POLICIES, NEIGHBOURS, PolicyKey, Similarity};

const POLICIES: Limit = Limit::new("policies in a part of an index snapshot", MAX_POLICIES);

/// Begins what is signed, so that no signature over anything else can pass for one over a part, nor the other way round.
const STATEMENT: &[u8] = b"tollgate index snapshot 1\0";

/// Bytes of a policy.
const POLICY: usize = 4 + NEIGHBOURS * 5;

/// What stands before the content of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartHead {
    /// Digest of its content.
    pub digest: Digest,
    /// Signatures. They are carried, not checked: who has keys does that, before anything else is read.
    pub attestations: Vec<Attestation>,
}

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
    pub parts: usize,
    /// Which of them this is.
    pub number: usize,
}

/// A part that has been read. It keeps the bytes it came in, and nothing else that grows.
#[derive(Clone, Debug)]
pub struct Part {
    id: PartId,
    bytes: Vec<u8>,
    /// Where its policies begin; they go to the end.
    policies: usize,
}

impl PartHead {
    /// Reads what a part claims to be. Its content may still be anything.
    ///
    /// # Errors
    /// If this is not the beginning of a part in this format.
    pub fn of(bytes: &[u8]) -> Result<Self, DecodeError> {
        PartHead::read(&mut Reader::new(bytes, "part"))
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if reader.array()? != *MAGIC || u16::from_le_bytes(reader.array()?) != FORMAT {
            return Err(reader.invalid("mark"));
        }
        let head = PartHead { digest: Digest(reader.array()?), attestations: attestations(reader)? };
        let seal = tree::seal(reader.taken());
        match reader.array()? == seal {
            true => Ok(head),
            false => Err(DecodeError::Header),
        }
    }

    /// The bytes that are signed: a mark, the audience's length and text, the digest, and the time.
    #[must_use]
    pub fn statement(audience: &str, digest: &Digest, issued_at: u64) -> Vec<u8> {
        let mut out = STATEMENT.to_vec();
        out.extend((audience.len() as u64).to_le_bytes());
        out.extend(audience.as_bytes());
        out.extend(digest.0);
        out.extend(issued_at.to_le_bytes());
        out
    }
}

impl Part {
    /// Reads a part, checking everything: mark, digest, every count, order and limit.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(&bytes, "part");
        let head = PartHead::read(&mut reader)?;
        let content = reader.rest();
        if Sha256::digest(content)[..] != head.digest.0 {
            return Err(DecodeError::Digest);
        }
        let model = reader.str()?;
        let (generation, revision) = (u64::from_le_bytes(reader.array()?), u64::from_le_bytes(reader.array()?));
        let mut small = || reader.varint().map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        let (parts, number, count) = (small()?, small()?, small()?);
        if !(1..=MAX_MODEL).contains(&model.len()) || parts > MAX_PARTS || !parts.is_power_of_two() || number >= parts {
            return Err(reader.invalid("number of parts or name of a model"));
        }
        let id = PartId { model: model.to_owned(), generation, revision, parts, number };
        let policies = reader.at();
        let records = reader.bytes(POLICIES.check(count)? * POLICY)?;
        let mut last = None;
        for policy in policies_of(records) {
            let key = key(policy);
            if last >= Some(key) || key.part(parts) != number || !is_sound(policy) {
                return Err(reader.invalid("policy"));
            }
            last = Some(key);
        }
        reader.finish()?;
        Ok(Part { id, bytes, policies })
    }

    /// Which one it is.
    #[must_use]
    pub fn id(&self) -> &PartId {
        &self.id
    }

    /// The neighbours of a policy, the most similar first; none if it is not in this part.
    pub(super) fn neighbours(&self, policy: PolicyKey) -> impl Iterator<Item = (PolicyKey, Similarity)> {
        let (records, _) = self.bytes.get(self.policies..).unwrap_or_default().as_chunks::<POLICY>();
        let found = records.binary_search_by_key(&policy, key).ok().and_then(|at| records.get(at));
        found.into_iter().flat_map(neighbours)
    }
}

fn policies_of(records: &[u8]) -> impl Iterator<Item = &[u8; POLICY]> {
    records.as_chunks().0.iter()
}

fn key(policy: &[u8; POLICY]) -> PolicyKey {
    PolicyKey(policy.first_chunk().map_or(0, |key| u32::from_le_bytes(*key)))
}

fn neighbours(policy: &[u8; POLICY]) -> impl Iterator<Item = (PolicyKey, Similarity)> {
    let all = policy.split_first_chunk::<4>().map_or(&[][..], |(_, rest)| rest.as_chunks::<5>().0);
    all.iter().map_while(|[a, b, c, d, steps]| {
        Some((PolicyKey(u32::from_le_bytes([*a, *b, *c, *d])), Similarity::new(*steps)?))
    })
}

/// Whether neighbours are in order, and nothing stands after the last.
fn is_sound(policy: &[u8; POLICY]) -> bool {
    let (own, mut count, mut least) = (key(policy), 0, None);
    for (neighbour, similarity) in neighbours(policy) {
        if neighbour == own || least.is_some_and(|least| similarity > least) {
            return false;
        }
        least = Some(similarity);
        count += 1;
    }
    policy.get(4 + 5 * count..).is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
}
