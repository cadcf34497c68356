use rusqlite::params;
use tollgate_search::TextHash;

use crate::embedding::dead::DeadLetter;

use super::{Store, StoreError};

/// A job that a shutdown has left over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::embedding) struct Left {
    pub(in crate::embedding) generation: u64,
    pub(in crate::embedding) name: String,
    /// 0 low, 1 normal, 2 high.
    pub(in crate::embedding) priority: u8,
}

impl Store {
    /// What the last shutdown has left over. It is told once.
    pub(in crate::embedding) fn take_left(&mut self) -> Result<Vec<Left>, StoreError> {
        let read = || {
            let mut found = self.connection.prepare("SELECT generation, name, priority FROM queue")?;
            let rows = found.query_map([], |row| {
                let generation = row.get::<_, i64>(0)?.cast_unsigned();
                Ok(Left { generation, name: row.get(1)?, priority: row.get(2)? })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let left = read().map_err(|source| self.fault(source))?;
        self.connection.execute_batch("DELETE FROM queue").map_err(|source| self.fault(source))?;
        Ok(left)
    }

    pub(in crate::embedding) fn leave(&mut self, left: &[Left]) -> Result<(), StoreError> {
        let mut write = || {
            let transaction = self.connection.transaction()?;
            transaction.execute_batch("DELETE FROM queue")?;
            for Left { generation, name, priority } in left {
                let put = "INSERT OR REPLACE INTO queue VALUES (?1, ?2, ?3)";
                transaction.execute(put, params![generation.cast_signed(), name, priority])?;
            }
            transaction.commit()
        };
        write().map_err(|source| self.fault(source))
    }

    /// What could not be embedded, by generation.
    pub(in crate::embedding) fn letters(&self) -> Result<Vec<(u64, DeadLetter)>, StoreError> {
        let read = || {
            let mut found =
                self.connection.prepare("SELECT generation, name, text, reason, attempts, at, may_pass FROM dead")?;
            let rows = found.query_map([], |row| {
                let (name, text): (String, Vec<u8>) = (row.get(1)?, row.get(2)?);
                let letter = DeadLetter {
                    name: name.into(),
                    // Of no text, then: it is tried again.
                    text: TextHash(text.try_into().unwrap_or_default()),
                    reason: row.get(3)?,
                    attempts: row.get(4)?,
                    at: row.get::<_, i64>(5)?.cast_unsigned(),
                    may_pass: row.get(6)?,
                };
                Ok((row.get::<_, i64>(0)?.cast_unsigned(), letter))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|source| self.fault(source))
    }

    pub(in crate::embedding) fn keep_letters(&mut self, letters: &[(u64, DeadLetter)]) -> Result<(), StoreError> {
        let mut write = || {
            let transaction = self.connection.transaction()?;
            transaction.execute_batch("DELETE FROM dead")?;
            for (generation, DeadLetter { name, text, reason, attempts, at, may_pass }) in letters {
                let put = "INSERT OR REPLACE INTO dead VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
                let (generation, at) = (generation.cast_signed(), at.cast_signed());
                transaction.execute(put, params![generation, &**name, text.0, reason, attempts, at, may_pass])?;
            }
            transaction.commit()
        };
        write().map_err(|source| self.fault(source))
    }
}
