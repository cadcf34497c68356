use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};
use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::SnapshotId;
use tollgate_policy::source::{Shape, SourceFile};

use super::error::Fault;
use super::upkeep::Untended;
use super::version::{Change, Origin, Version};
use super::{Newest, Store, StoreError, pieces};

const COLUMNS: &str =
    "epoch, version, digest, created_at, author, source, of_epoch, of_version, policies, summary, held_against";

/// A path, and the pieces of its text after and before a version.
type ChangeRow = (String, Option<Vec<u8>>, Option<Vec<u8>>);

/// The newest version, as a restart goes on from it.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) version: Version,
    /// A whole snapshot.
    pub(crate) checkpoint: Vec<u8>,
    /// What leads from it to the version.
    pub(crate) deltas: Vec<Vec<u8>>,
}

impl Store {
    /// The newest version with its compiled form.
    pub(crate) fn recover(&self) -> Result<Option<Recovered>, StoreError> {
        self.find_recovered().map_err(|fault| StoreError::reading(&self.path, fault))
    }

    /// The newest versions, newest first, from before one if that is given.
    pub(crate) fn versions(&self, before: Option<SnapshotId>, most: u32) -> Result<Vec<Version>, StoreError> {
        let before = before.map_or((i64::MAX, i64::MAX), |id| (number(id.epoch), number(id.version)));
        self.find_versions(before, most).map_err(|fault| StoreError::reading(&self.path, fault))
    }

    /// One version.
    pub(crate) fn version(&self, id: SnapshotId) -> Result<Option<Version>, StoreError> {
        self.find_version(id).map_err(|fault| StoreError::reading(&self.path, fault))
    }

    /// Every document of a version, by path; `None` if there is no such version, or its texts were not kept.
    pub(crate) fn documents(&self, id: SnapshotId) -> Result<Option<Vec<SourceFile>>, StoreError> {
        self.find_documents(id).map_err(|fault| StoreError::reading(&self.path, fault))
    }

    /// What a version did to documents, by path.
    pub(crate) fn changes(&self, id: SnapshotId) -> Result<Vec<Change>, StoreError> {
        self.find_changes(id).map_err(|fault| StoreError::reading(&self.path, fault))
    }

    pub(super) fn find_newest(&self) -> Result<Option<Newest>, Fault> {
        let sql = "SELECT number, epoch, version FROM versions ORDER BY number DESC LIMIT 1";
        let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let Some((number, epoch, version)) = self.connection.query_row(sql, [], row).optional()? else {
            return Ok(None);
        };
        Ok(Some(Newest { number, id: id(epoch, version)? }))
    }

    pub(super) fn find_untended(&self) -> Result<Untended, Fault> {
        let sql = "SELECT count(*), coalesce(sum(length(content)), 0), \
                   (SELECT coalesce(max(length(content)), 0) FROM checkpoints) FROM deltas";
        let row = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        let (deltas, bytes, checkpoint) = self.connection.query_row(sql, [], row)?;
        Ok(Untended::found(size(deltas)?, size(bytes)?, size(checkpoint)?))
    }

    fn find_recovered(&self) -> Result<Option<Recovered>, Fault> {
        let Some(newest) = self.newest else { return Ok(None) };
        let version = self.find_version(newest.id)?.ok_or(Fault::Unusable)?;
        let sql = "SELECT number, content FROM checkpoints ORDER BY number DESC LIMIT 1";
        let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let (start, checkpoint): (i64, Vec<u8>) =
            self.connection.query_row(sql, [], row).optional()?.ok_or(Fault::Unusable)?;
        let mut statement =
            self.connection.prepare("SELECT number, content FROM deltas WHERE number > ?1 ORDER BY number")?;
        let deltas: Vec<(i64, Vec<u8>)> =
            statement.query_map([start], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        let is_complete = deltas.iter().map(|(number, _)| *number).eq(start + 1..=newest.number);
        let deltas = deltas.into_iter().map(|(_, content)| content).collect();
        if is_complete { Ok(Some(Recovered { version, checkpoint, deltas })) } else { Err(Fault::Unusable) }
    }

    fn find_versions(&self, before: (i64, i64), most: u32) -> Result<Vec<Version>, Fault> {
        let sql = format!(
            "SELECT {COLUMNS} FROM versions WHERE (epoch, version) < (?1, ?2) ORDER BY epoch DESC, version DESC LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![before.0, before.1, most])?;
        let mut versions = Vec::new();
        while let Some(row) = rows.next()? {
            versions.push(version(row)?);
        }
        Ok(versions)
    }

    fn find_version(&self, id: SnapshotId) -> Result<Option<Version>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM versions WHERE epoch = ?1 AND version = ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([number(id.epoch), number(id.version)])?;
        rows.next()?.map(version).transpose()
    }

    /// Its number, if its texts were kept.
    fn number_of(&self, id: SnapshotId) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT number FROM versions WHERE epoch = ?1 AND version = ?2 AND documents IS NOT NULL";
        self.connection.query_row(sql, [number(id.epoch), number(id.version)], |row| row.get(0)).optional()
    }

    fn find_documents(&self, id: SnapshotId) -> Result<Option<Vec<SourceFile>>, Fault> {
        let Some(number) = self.number_of(id)? else { return Ok(None) };
        let mut documents = Vec::new();
        let mut found = Vec::new();
        each_document(&self.connection, number, |path, policy, pieces| {
            found.push((path.to_owned(), policy.map(str::to_owned), pieces.to_owned()));
            Ok(())
        })?;
        for (path, policy, ids) in found {
            let text = pieces::read(&self.connection, &ids)?.into();
            documents.push(SourceFile { name: path, text, shape: policy.map_or(Shape::Sections, Shape::Policy) });
        }
        Ok(Some(documents))
    }

    fn find_changes(&self, id: SnapshotId) -> Result<Vec<Change>, Fault> {
        let Some(number) = self.number_of(id)? else { return Ok(Vec::new()) };
        let mut statement = self.connection.prepare_cached(
            "SELECT path, pieces, (SELECT before.pieces FROM changes before WHERE before.path = now.path \
             AND before.number < now.number ORDER BY before.number DESC LIMIT 1) \
             FROM changes now WHERE number = ?1 ORDER BY path",
        )?;
        let rows: Vec<ChangeRow> = statement
            .query_map([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let text = |ids: Option<Vec<u8>>| -> Result<Option<Arc<str>>, Fault> {
            ids.map(|ids| Ok(pieces::read(&self.connection, &ids)?.into())).transpose()
        };
        rows.into_iter()
            .map(|(path, after, before)| Ok(Change { path, before: text(before)?, after: text(after)? }))
            .collect()
    }
}

/// Tells of every document of a version, by path.
pub(super) fn each_document(
    connection: &Connection,
    number: i64,
    mut tell: impl FnMut(&str, Option<&str>, &[u8]) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT now.path, now.policy, now.pieces FROM \
         (SELECT path, max(number) AS number FROM changes WHERE number <= ?1 GROUP BY path) AS newest \
         JOIN changes now ON now.number = newest.number AND now.path = newest.path \
         WHERE now.pieces IS NOT NULL ORDER BY now.path",
    )?;
    let mut rows = statement.query([number])?;
    while let Some(row) = rows.next()? {
        tell(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str_or_null()?, row.get_ref(2)?.as_blob()?)?;
    }
    Ok(())
}

fn version(row: &Row<'_>) -> Result<Version, Fault> {
    let source: String = row.get(5)?;
    let of: (Option<i64>, Option<i64>) = (row.get(6)?, row.get(7)?);
    let digest: Vec<u8> = row.get(2)?;
    let summary: String = row.get(9)?;
    let held_against: Option<Vec<u8>> = row.get(10)?;
    Ok(Version {
        id: id(row.get(0)?, row.get(1)?)?,
        digest: Digest(digest.try_into().map_err(|_| Fault::Unusable)?),
        at: u64::try_from(row.get::<_, i64>(3)?).map_err(|_| Fault::Unusable)?,
        author: row.get(4)?,
        source: Origin::ALL.into_iter().find(|origin| origin.name() == source).ok_or(Fault::Unusable)?,
        of: match of {
            (Some(epoch), Some(version)) => Some(id(epoch, version)?),
            _ => None,
        },
        policies: size(row.get(8)?)?,
        summary: serde_json::from_str(&summary).map_err(|_| Fault::Unusable)?,
        held_against: held_against.map(|bytes| bytes.try_into().map_err(|_| Fault::Unusable)).transpose()?,
    })
}

fn id(epoch: i64, version: i64) -> Result<SnapshotId, Fault> {
    let part = |number| u64::try_from(number).map_err(|_| Fault::Unusable);
    Ok(SnapshotId { epoch: part(epoch)?, version: part(version)? })
}

fn size(number: i64) -> Result<usize, Fault> {
    usize::try_from(number).map_err(|_| Fault::Unusable)
}

/// What no row has where the file cannot hold it.
fn number(part: u64) -> i64 {
    i64::try_from(part).unwrap_or(i64::MAX)
}
