use std::collections::HashMap;

use rusqlite::{Transaction, params};
use tollgate_policy::snapshot::SnapshotId;
use tollgate_policy::source::{Shape, SourceFile};

use super::version::Version;
use super::{Newest, Store, StoreError, history, pieces};

/// A version to be kept.
#[derive(Debug)]
pub(crate) struct Entry<'e> {
    pub(crate) version: &'e Version,
    pub(crate) edits: Edits<'e>,
    /// How many documents the version has.
    pub(crate) documents: usize,
    pub(crate) compiled: Compiled<'e>,
}

/// What a version does to the documents.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edits<'e> {
    /// Those of the version before, but for these.
    Some(&'e [Edit]),
    /// These, and no other.
    All(&'e [SourceFile]),
}

/// What becomes of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    Write(SourceFile),
    Remove(String),
}

/// A version's compiled form.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Compiled<'e> {
    /// What leads from the version before to this one.
    Delta(&'e [u8]),
    Whole(&'e [u8]),
}

impl Store {
    /// Makes a version the newest one. When this returns, it is on the disk.
    pub(crate) fn append(&mut self, entry: &Entry<'_>) -> Result<(), StoreError> {
        let id = entry.version.id;
        let numbers = (i64::try_from(id.epoch), i64::try_from(id.version));
        let (Ok(epoch), Ok(version)) = numbers else { return Err(StoreError::Number(id)) };
        let number = self.newest.map_or(0, |newest| newest.number) + 1;
        match self.write(number, (epoch, version), entry) {
            Ok(()) => {
                self.is_uncertain = false;
                self.newest = Some(Newest { number, id });
                self.untended.appended(entry.compiled);
                Ok(())
            }
            Err(source) => {
                self.is_uncertain = true;
                Err(StoreError::writing(&self.path, source))
            }
        }
    }

    fn write(&mut self, number: i64, id: (i64, i64), entry: &Entry<'_>) -> rusqlite::Result<()> {
        let is_uncertain = self.is_uncertain;
        let transaction = self.connection.transaction()?;
        if is_uncertain {
            withdraw(&transaction, number)?;
        }
        insert_version(&transaction, number, id, entry)?;
        match entry.edits {
            Edits::Some(edits) => {
                let mut changes = Changes { transaction: &transaction, number };
                edits.iter().try_for_each(|edit| match edit {
                    Edit::Write(SourceFile { name, text, shape }) => {
                        let pieces = pieces::write(&transaction, text)?;
                        changes.insert(name, policy(shape), Some(&pieces))
                    }
                    Edit::Remove(path) => changes.insert(path, None, None),
                })?;
            }
            Edits::All(documents) => write_all(&transaction, number, documents)?,
        }
        match entry.compiled {
            Compiled::Delta(delta) => {
                transaction
                    .prepare_cached("INSERT INTO deltas (number, content) VALUES (?1, ?2)")?
                    .execute(params![number, delta])?;
            }
            Compiled::Whole(whole) => put_checkpoint(&transaction, number, whole)?,
        }
        transaction.commit()
    }
}

/// Nobody was told of what was reported as failed.
fn withdraw(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
    for table in ["versions", "changes", "deltas", "checkpoints"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE number >= ?1"), [number])?;
    }
    Ok(())
}

/// Replaces the compiled form of all versions before.
pub(super) fn put_checkpoint(transaction: &Transaction<'_>, number: i64, whole: &[u8]) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM checkpoints", [])?;
    transaction.execute("DELETE FROM deltas WHERE number <= ?1", [number])?;
    transaction.execute("INSERT INTO checkpoints (number, content) VALUES (?1, ?2)", params![number, whole])?;
    Ok(())
}

fn insert_version(
    transaction: &Transaction<'_>,
    number: i64,
    (epoch, version): (i64, i64),
    entry: &Entry<'_>,
) -> rusqlite::Result<()> {
    let Entry { version: Version { digest, at, author, source, of, policies, summary, held_against, .. }, .. } = entry;
    let summary = serde_json::to_string(summary).unwrap_or_default();
    let of =
        of.and_then(|SnapshotId { epoch, version }| Some((i64::try_from(epoch).ok()?, i64::try_from(version).ok()?)));
    transaction
        .prepare_cached(
            "INSERT INTO versions (number, epoch, version, digest, created_at, author, source, of_epoch, of_version, \
             policies, summary, documents, held_against) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            number,
            epoch,
            version,
            &digest.0[..],
            i64::try_from(*at).unwrap_or(i64::MAX),
            author,
            source.name(),
            of.map(|of| of.0),
            of.map(|of| of.1),
            count(*policies),
            summary,
            count(entry.documents),
            held_against.as_ref().map(|fingerprint| &fingerprint[..]),
        ])?;
    Ok(())
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

struct Changes<'t> {
    transaction: &'t Transaction<'t>,
    number: i64,
}

impl Changes<'_> {
    fn insert(&mut self, path: &str, policy: Option<&str>, pieces: Option<&[u8]>) -> rusqlite::Result<()> {
        self.transaction
            .prepare_cached("INSERT INTO changes (number, path, policy, pieces) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![self.number, path, policy, pieces])?;
        Ok(())
    }
}

/// Writes what differs from the version before, whatever that held.
fn write_all(transaction: &Transaction<'_>, number: i64, documents: &[SourceFile]) -> rusqlite::Result<()> {
    let mut before: HashMap<String, (Option<String>, Vec<u8>)> = HashMap::new();
    history::each_document(transaction, number - 1, |path, policy, pieces| {
        before.insert(path.to_owned(), (policy.map(str::to_owned), pieces.to_owned()));
        Ok(())
    })?;
    let mut changes = Changes { transaction, number };
    for SourceFile { name, text, shape } in documents {
        let now = (policy(shape).map(str::to_owned), pieces::write(transaction, text)?);
        if before.remove(name).as_ref() != Some(&now) {
            changes.insert(name, policy(shape), Some(&now.1))?;
        }
    }
    before.keys().try_for_each(|path| changes.insert(path, None, None))
}

/// The policy that a document is.
fn policy(shape: &Shape) -> Option<&str> {
    match shape {
        Shape::Sections => None,
        Shape::Policy(name) => Some(name),
    }
}
