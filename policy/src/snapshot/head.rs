use crate::digest::Digest;

use super::codec::{DecodeError, Reader, Writer};
use super::limits::Limit;
use super::{DELTA_MAGIC, FORMAT, MAGIC, SnapshotId, tree};

/// Most signatures that a snapshot carries.
const ATTESTATIONS: Limit = Limit::new("attestations", 8);
/// Bytes of a key's id.
const KEY_ID: Limit = Limit::new("bytes in a key's id", 64);
/// Bytes of an audience.
const AUDIENCE: Limit = Limit::new("bytes in an audience", 256);

/// Begins what is signed, so that no signature over anything else can pass for one over a snapshot.
const STATEMENT: &[u8] = b"tollgate snapshot 1\0";

/// What stands before the content of a snapshot or a delta: what it claims to be, and who vouches for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which snapshot it is, or leads to.
    pub id: SnapshotId,
    /// Digest of that snapshot's content.
    pub digest: Digest,
    /// Signatures. They are carried, not checked: who has keys does that, before anything else is read.
    pub attestations: Vec<Attestation>,
}

/// A signature of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// Names the key; at most 64 bytes.
    pub key: String,
    /// For whom the snapshot is meant; at most 256 bytes.
    pub audience: String,
    /// When it was signed, in milliseconds since 1970.
    pub issued_at: u64,
    /// Ed25519 over [`Attestation::statement`].
    pub signature: [u8; 64],
}

/// The snapshot that a delta starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// Which one.
    pub id: SnapshotId,
    /// Digest of its content.
    pub digest: Digest,
}

impl Attestation {
    /// The bytes that are signed: a mark, the audience's length and text, epoch, version, digest, and the time.
    #[must_use]
    pub fn statement(audience: &str, id: SnapshotId, digest: &Digest, issued_at: u64) -> Vec<u8> {
        statement(
            STATEMENT,
            audience,
            &[&id.epoch.to_le_bytes(), &id.version.to_le_bytes(), &digest.0, &issued_at.to_le_bytes()],
        )
    }
}

/// What is signed: a mark, which tells what it is about, the audience's length and text, and what is said.
pub(crate) fn statement(mark: &[u8], audience: &str, said: &[&[u8]]) -> Vec<u8> {
    let mut out = mark.to_vec();
    out.extend((audience.len() as u64).to_le_bytes());
    out.extend(audience.as_bytes());
    said.iter().for_each(|bytes| out.extend_from_slice(bytes));
    out
}

impl Head {
    /// Reads what a snapshot claims to be. Its content may still be anything.
    ///
    /// # Errors
    /// If this is not the beginning of a snapshot in this format.
    pub fn of_snapshot(bytes: &[u8]) -> Result<Self, DecodeError> {
        Head::read(&mut Reader::new(bytes, "snapshot"))
    }

    /// Reads what a delta claims to lead to, and from where.
    ///
    /// # Errors
    /// If this is not the beginning of a delta in this format.
    pub fn of_delta(bytes: &[u8]) -> Result<(Self, Base), DecodeError> {
        Head::read_delta(&mut Reader::new(bytes, "delta"))
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        start(reader, MAGIC)?;
        Head::finish(reader)
    }

    pub(super) fn read_delta(reader: &mut Reader<'_>) -> Result<(Self, Base), DecodeError> {
        start(reader, DELTA_MAGIC)?;
        let base = Base { id: read_id(reader)?, digest: Digest(reader.array()?) };
        Ok((Head::finish(reader)?, base))
    }

    fn finish(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (id, digest) = (read_id(reader)?, Digest(reader.array()?));
        let seal = tree::seal(reader.taken());
        if reader.array()? != seal {
            return Err(DecodeError::Header);
        }
        Ok(Head { id, digest, attestations: attestations(reader)? })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.bytes(MAGIC);
        out.bytes(&FORMAT.to_le_bytes());
        self.write_rest(out);
    }

    #[cfg(feature = "compiler")]
    pub(super) fn write_delta(&self, base: Base, out: &mut Writer) {
        out.bytes(DELTA_MAGIC);
        out.bytes(&FORMAT.to_le_bytes());
        write_id(base.id, out);
        out.bytes(&base.digest.0);
        self.write_rest(out);
    }

    /// Nothing stands in `out` but what the seal is of, too.
    fn write_rest(&self, out: &mut Writer) {
        write_id(self.id, out);
        out.bytes(&self.digest.0);
        let seal = tree::seal(&out.0);
        out.bytes(&seal);
        write_attestations(&self.attestations, out);
    }
}

/// Writes what [`attestations`] reads.
pub(crate) fn write_attestations(attestations: &[Attestation], out: &mut Writer) {
    out.len(attestations.len());
    for Attestation { key, audience, issued_at, signature } in attestations {
        out.str(key);
        out.str(audience);
        out.bytes(&issued_at.to_le_bytes());
        out.bytes(signature);
    }
}

/// Reads signatures, of whatever.
#[inline(never)]
pub(crate) fn attestations(reader: &mut Reader<'_>) -> Result<Vec<Attestation>, DecodeError> {
    let count = ATTESTATIONS.check(reader.count()?)?;
    (0..count).map(|_| attestation(reader)).collect()
}

fn start(reader: &mut Reader<'_>, magic: &[u8; 6]) -> Result<(), DecodeError> {
    if !reader.array().is_ok_and(|found: [u8; 6]| found == *magic) {
        return Err(DecodeError::NotASnapshot);
    }
    match u16::from_le_bytes(reader.array()?) {
        FORMAT => Ok(()),
        other => Err(DecodeError::UnsupportedFormat(other)),
    }
}

fn attestation(reader: &mut Reader<'_>) -> Result<Attestation, DecodeError> {
    let mut text = |limit: &Limit| -> Result<String, DecodeError> {
        let text = reader.str()?;
        limit.check(text.len())?;
        Ok(text.to_owned())
    };
    let (key, audience) = (text(&KEY_ID)?, text(&AUDIENCE)?);
    Ok(Attestation { key, audience, issued_at: u64::from_le_bytes(reader.array()?), signature: reader.array()? })
}

fn read_id(reader: &mut Reader<'_>) -> Result<SnapshotId, DecodeError> {
    Ok(SnapshotId { epoch: u64::from_le_bytes(reader.array()?), version: u64::from_le_bytes(reader.array()?) })
}

fn write_id(id: SnapshotId, out: &mut Writer) {
    out.bytes(&id.epoch.to_le_bytes());
    out.bytes(&id.version.to_le_bytes());
}
