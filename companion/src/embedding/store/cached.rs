use std::sync::Arc;

use rusqlite::{Row, params};
use tollgate_search::Vector;

use crate::embedding::cache::{Cached, Changes, Key, Millis, ModelKey};

use super::{Store, StoreError};

impl Store {
    /// The vectors that were wanted last, `most` of them, least wanted first.
    pub(in crate::embedding) fn cached(&self, most: usize) -> Result<Vec<(Key, Cached)>, StoreError> {
        let read = || {
            let mut found = self.connection.prepare(
                "SELECT model, text, vector, made_at, used_at, hits FROM cache ORDER BY used_at DESC LIMIT ?1",
            )?;
            let rows = found.query_map(params![i64::try_from(most).unwrap_or(i64::MAX)], cached)?;
            rows.filter_map(Result::transpose).collect::<rusqlite::Result<Vec<_>>>()
        };
        let mut cached = read().map_err(|source| self.fault(source))?;
        cached.reverse();
        Ok(cached)
    }

    /// Writes a part of what differs, as one.
    pub(in crate::embedding) fn save(&mut self, changes: &Changes) -> Result<(), StoreError> {
        self.do_save(changes).map_err(|source| self.fault(source))
    }

    /// Forgets every vector but those of the cache's latest `most`, and those of models that no generation has.
    pub(in crate::embedding) fn trim(&mut self, most: usize) -> Result<(), StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let trimmed = self.connection.execute(
            "DELETE FROM cache WHERE rowid NOT IN (SELECT rowid FROM cache ORDER BY used_at DESC LIMIT ?1)",
            params![most],
        );
        trimmed.map(drop).map_err(|source| self.fault(source))
    }

    fn do_save(&mut self, changes: &Changes) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut remove = transaction.prepare_cached("DELETE FROM cache WHERE model = ?1 AND text = ?2")?;
            for key in &changes.gone {
                remove.execute(params![key.model.0, key.text])?;
            }
            let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO cache VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            for (key, Cached { vector, made, used, hits }) in &changes.new {
                let bytes: Vec<u8> = vector.as_slice().iter().flat_map(|number| number.to_le_bytes()).collect();
                let (made, used, hits) = (made.cast_signed(), used.cast_signed(), hits.cast_signed());
                put.execute(params![key.model.0, key.text, bytes, made, used, hits])?;
            }
            let mut touch = transaction
                .prepare_cached("UPDATE cache SET used_at = ?3, hits = ?4 WHERE model = ?1 AND text = ?2")?;
            for (key, Cached { used, hits, .. }) in &changes.used {
                touch.execute(params![key.model.0, key.text, used.cast_signed(), hits.cast_signed()])?;
            }
        }
        transaction.commit()
    }
}

/// A vector that is none any more, because a byte of it has changed, was never there.
fn cached(row: &Row<'_>) -> rusqlite::Result<Option<(Key, Cached)>> {
    let (model, text, bytes): (Vec<u8>, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let (made, used, hits): (i64, i64, i64) = (row.get(3)?, row.get(4)?, row.get(5)?);
    let read = || {
        let numbers = bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
        let key = Key { model: ModelKey(model.try_into().ok()?), text: text.try_into().ok()? };
        let [made, used]: [Millis; 2] = [made.cast_unsigned(), used.cast_unsigned()];
        let vector = Arc::new(Vector::unit(numbers).ok()?);
        Some((key, Cached { vector, made, used, hits: hits.cast_unsigned() }))
    };
    Ok(read())
}
