use crate::digest::Digest;
use crate::snapshot::codec::{DecodeError, Reader};
use crate::snapshot::head::{attestations, statement};
use crate::snapshot::{Attestation, tree};

use super::{MARK, MAX_MODEL, MAX_PARTS, MAX_POLICIES, NEIGHBOURS, PolicyKey, Similarity};

/// Begins what is signed, so that no signature over anything else can pass for one over a part, nor the other way round.
const STATEMENT: &[u8] = b"tollgate index snapshot 1\0";

/// Bytes of a policy.
const POLICY: usize = 4 + NEIGHBOURS * 5;

/// Bytes before the name of the model.
const SERIES: usize = 11;

/// What stands before the content of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartHead {
    /// Digest of its content.
    pub digest: Digest,
    /// Signatures. They are carried, not checked: who has keys does that, before anything else is read.
    pub attestations: Vec<Attestation>,
}

/// A part that has been read. It keeps the bytes it came in, and nothing else that grows.
#[derive(Clone, Debug)]
pub struct Part {
    bytes: Vec<u8>,
    /// Where its content begins.
    content: usize,
}

/// What a part says, in order.
struct Content<'a> {
    /// Number of parts, generation and model: what it has in common with every other part that it can stand beside.
    series: &'a [u8],
    parts: usize,
    number: usize,
    policies: &'a [Record],
}

/// A policy as bytes.
type Record = [u8; POLICY];

impl PartHead {
    /// Reads what a part claims to be. Its content may still be anything.
    ///
    /// # Errors
    /// If this is not the beginning of a part in this format.
    pub fn of(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, "part");
        match PartHead::read(&mut reader) {
            Some(head) => Ok(head),
            None => Err(reader.invalid("head")),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        if reader.bytes(MARK.len()).ok()? != MARK {
            return None;
        }
        let head = PartHead { digest: Digest(reader.array().ok()?), attestations: attestations(reader).ok()? };
        let seal = tree::seal(reader.taken());
        (reader.array().ok()? == seal).then_some(head)
    }

    /// The bytes that are signed: a mark, the audience's length and text, the digest, and the time.
    #[must_use]
    pub fn statement(audience: &str, digest: &Digest, issued_at: u64) -> Vec<u8> {
        statement(STATEMENT, audience, &[&digest.0, &issued_at.to_le_bytes()])
    }
}

impl Part {
    /// Reads a part, checking everything: mark, digest, every count, order and limit.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub fn decode(mut bytes: Vec<u8>) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(&bytes, "part");
        let Some(head) = PartHead::read(&mut reader) else { return Err(reader.invalid("head")) };
        if tree::part(reader.rest()) != head.digest {
            return Err(DecodeError::Digest);
        }
        let content = reader.at();
        if !Content::of(reader.rest()).is_some_and(|content| content.is_sound()) {
            return Err(reader.invalid("content"));
        }
        // They may have come in a message that was made long to take up memory.
        bytes.shrink_to_fit();
        Ok(Part { content, bytes })
    }

    /// How many parts there are, and which of them this is.
    pub(super) fn place(&self) -> (usize, usize) {
        self.content().map_or((0, 0), |content| (content.parts, content.number))
    }

    /// Whether both are of one model, one generation and one division into parts.
    pub(super) fn is_beside(&self, other: &Part) -> bool {
        self.content().map(|content| content.series) == other.content().map(|content| content.series)
    }

    /// The neighbours of a policy, the most similar first; none if it is not in this part.
    pub(super) fn neighbours(&self, policy: PolicyKey) -> &[[u8; 5]] {
        let policies = self.content().map_or(&[][..], |content| content.policies);
        let found = policies.binary_search_by_key(&policy, key).ok().and_then(|at| policies.get(at));
        found.map_or(&[], |record| neighbours(record))
    }

    /// It was read before.
    fn content(&self) -> Option<Content<'_>> {
        Content::of(self.bytes.get(self.content..)?)
    }
}

impl<'a> Content<'a> {
    /// Takes apart what is as long as it says.
    #[inline(never)]
    fn of(content: &'a [u8]) -> Option<Self> {
        let (&[n0, n1, _, _, _, _, _, _, _, _, model], _) = content.split_first_chunk::<SERIES>()?;
        let (series, rest) = content.split_at_checked(SERIES + usize::from(model))?;
        let (&[p0, p1, ..], records) = rest.split_first_chunk::<10>()?;
        let (policies, []) = records.as_chunks() else { return None };
        let number = |a, b| usize::from(u16::from_le_bytes([a, b]));
        Some(Content { series, parts: number(n0, n1), number: number(p0, p1), policies })
    }

    fn is_sound(&self) -> bool {
        let Content { series, parts, number, policies } = self;
        let has_model = (SERIES + 1..=SERIES + MAX_MODEL).contains(&series.len());
        let bounded = number < parts && *parts <= MAX_PARTS && policies.len() <= MAX_POLICIES;
        let mut last = None;
        let in_order = policies.iter().all(|record| {
            let key = Some(key(record));
            std::mem::replace(&mut last, key) < key
        });
        let sound = |record: &Record| key(record).part(*parts) == *number && is_sound(record);
        has_model && bounded && parts.is_power_of_two() && in_order && policies.iter().all(sound)
    }
}

fn key(record: &Record) -> PolicyKey {
    PolicyKey(record.first_chunk().map_or(0, |key| u32::from_le_bytes(*key)))
}

fn neighbours(record: &Record) -> &[[u8; 5]] {
    record.split_first_chunk::<4>().map_or(&[], |(_, rest)| rest.as_chunks().0)
}

/// A neighbour, if there is one in its place.
pub(super) fn neighbour([a, b, c, d, steps]: &[u8; 5]) -> Option<(PolicyKey, Similarity)> {
    Some((PolicyKey(u32::from_le_bytes([*a, *b, *c, *d])), Similarity::new(*steps)?))
}

/// Whether neighbours are others, in order, and nothing stands after the last.
fn is_sound(record: &Record) -> bool {
    let own = record.first_chunk::<4>();
    let mut least = u8::MAX;
    neighbours(record).iter().all(|neighbour| {
        let [key @ .., steps] = neighbour;
        let in_order = std::mem::replace(&mut least, *steps) >= *steps;
        in_order && if *steps == 0 { *key == [0; 4] } else { Some(key) != own }
    })
}
