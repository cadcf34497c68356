use std::str::FromStr;

use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use tollgate_policy::digest::Digest;
use tollgate_search::{Dimensions, Model, ModelVersion};

use crate::embedding::cache::Millis;
use crate::embedding::config::EmbedderConfig;
use crate::embedding::generation::Role;

use super::{Store, StoreError};

/// Which generations there are, and what becomes of them. Written as one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::embedding) struct Plan {
    /// By number.
    pub(in crate::embedding) generations: Vec<Record>,
    /// The number of the next generation.
    pub(in crate::embedding) next: u64,
    /// What no migration begins for by itself.
    pub(in crate::embedding) held: Option<Held>,
}

/// A generation as it was begun.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::embedding) struct Record {
    pub(in crate::embedding) number: u64,
    pub(in crate::embedding) model: Model,
    /// Absent where this program cannot read how it was configured.
    pub(in crate::embedding) embedder: Option<EmbedderConfig>,
    pub(in crate::embedding) role: Role,
    pub(in crate::embedding) made: Millis,
}

/// A model that an operator has turned away from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::embedding) struct Held {
    pub(in crate::embedding) version: ModelVersion,
    pub(in crate::embedding) embedder: EmbedderConfig,
}

impl Store {
    /// What was written last.
    pub(in crate::embedding) fn plan(&self) -> Result<Plan, StoreError> {
        let generations = self.records().map_err(|source| self.fault(source))?;
        let setting = |name: &str| {
            let mut found = self.connection.prepare("SELECT value FROM settings WHERE name = ?1")?;
            let mut rows = found.query(params![name])?;
            rows.next()?.map(|row| row.get::<_, String>(0)).transpose()
        };
        let next = setting("next").map_err(|source| self.fault(source))?;
        let held = setting("held").map_err(|source| self.fault(source))?;
        let after_last = generations.iter().map(|record| record.number + 1).max().unwrap_or(1);
        Ok(Plan {
            generations,
            next: next.and_then(|next| next.parse().ok()).unwrap_or(1).max(after_last),
            held: held.and_then(|held| serde_json::from_str(&held).ok()),
        })
    }

    /// Writes all of it or nothing.
    pub(in crate::embedding) fn keep(&mut self, plan: &Plan) -> Result<(), StoreError> {
        self.do_keep(plan).map_err(|source| self.fault(source))
    }

    fn do_keep(&mut self, plan: &Plan) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        transaction.execute_batch("DELETE FROM generations; DELETE FROM settings")?;
        for Record { number, model, embedder, role, made } in &plan.generations {
            transaction.execute(
                "INSERT INTO generations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    number.cast_signed(),
                    model.version.as_str(),
                    model.fingerprint.0,
                    model.dimensions.get(),
                    serde_json::to_string(embedder).unwrap_or_default(),
                    name_of(*role),
                    made.cast_signed()
                ],
            )?;
        }
        let put = "INSERT INTO settings VALUES (?1, ?2)";
        transaction.execute(put, params!["next", plan.next.to_string()])?;
        if let Some(held) = plan.held.as_ref().and_then(|held| serde_json::to_string(held).ok()) {
            transaction.execute(put, params!["held", held])?;
        }
        transaction.commit()
    }

    fn records(&self) -> rusqlite::Result<Vec<Record>> {
        let mut found = self.connection.prepare(
            "SELECT number, version, fingerprint, dimensions, embedder, role, made_at FROM generations ORDER BY number",
        )?;
        let rows = found.query_map([], record)?;
        // What makes no sense is not there: its folder is removed, and it is made again.
        rows.filter_map(Result::transpose).collect()
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<Option<Record>> {
    let (number, version, fingerprint): (i64, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let (dimensions, embedder, role, made): (i64, String, String, i64) =
        (row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?);
    let read = || {
        let model = Model {
            version: ModelVersion::from_str(&version).ok()?,
            fingerprint: Digest(fingerprint.try_into().ok()?),
            dimensions: Dimensions::new(usize::try_from(dimensions).ok()?).ok()?,
        };
        Some(Record {
            number: number.cast_unsigned(),
            model,
            embedder: serde_json::from_str(&embedder).ok().flatten(),
            role: [Role::Building, Role::Serving, Role::Kept].into_iter().find(|other| name_of(*other) == role)?,
            made: made.cast_unsigned(),
        })
    };
    Ok(read())
}

fn name_of(role: Role) -> &'static str {
    match role {
        Role::Building => "building",
        Role::Serving => "serving",
        Role::Kept => "kept",
    }
}
