//! Our types as SQLite keeps them.

use std::error::Error;

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Type, ValueRef};

use crate::adjust::AdjustmentId;
use crate::amounts::Unit;
use crate::counter::{Counter, Counters};
use crate::label::Label;
use crate::look::Scopes;
use crate::period::{KEPT_SECONDS, Period, Window};
use crate::reservation::ReservationId;
use crate::scope::{Scope, ScopeKind};

/// A number for SQLite, which knows none above the largest `i64`.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number from SQLite that is never negative.
pub(crate) fn whole(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A value that none of ours is written as.
fn foreign(error: impl Error + Send + Sync + 'static) -> FromSqlError {
    FromSqlError::Other(Box::new(error))
}

/// Whether a row has something that none of ours is written as: it was damaged, or another program wrote it.
pub(crate) fn is_unreadable<T>(row: &rusqlite::Result<T>) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
    matches!(row, Err(FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..)))
}

/// A word in a table that is none of ours.
pub(crate) fn unknown(word: &str) -> rusqlite::Error {
    let error = format!("`{word}` is not expected").into();
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error)
}

macro_rules! words {
    ($($type:ident),*) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.as_str().to_sql()
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                $type::from_word(value.as_str()?).ok_or(FromSqlError::InvalidType)
            }
        }
    )*};
}
words!(Window, Unit, ScopeKind);

macro_rules! ids {
    ($($type:ident),*) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.as_slice().to_sql()
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_blob()?.try_into().map($type).map_err(foreign)
            }
        }
    )*};
}
ids!(ReservationId, AdjustmentId);

impl ToSql for Label {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

impl FromSql for Label {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Label::new(value.as_str()?).map_err(foreign)
    }
}

impl ToSql for Counter {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Counter {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(foreign)
    }
}

impl ToSql for Counters {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let lines: Vec<_> = self.iter().map(Counter::to_string).collect();
        Ok(lines.join("\n").into())
    }
}

impl FromSql for Counters {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let counters = value.as_str()?.lines().map(str::parse).collect::<Result<_, _>>().map_err(foreign)?;
        Counters::new(counters).map_err(foreign)
    }
}

/// A counter in the columns of the tables that have a row for each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CounterKey<'c> {
    pub(crate) window: Window,
    pub(crate) begins: i64,
    pub(crate) kind: ScopeKind,
    /// Empty for all calls together.
    pub(crate) name: &'c str,
    pub(crate) unit: Unit,
}

impl<'c> CounterKey<'c> {
    pub(crate) fn of(counter: &'c Counter) -> Self {
        let Counter { scope, unit, period } = counter;
        let name = scope.name().map_or("", Label::as_str);
        CounterKey { window: period.window(), begins: int(period.begins()), kind: scope.kind(), name, unit: *unit }
    }

    /// From the first five columns of a row.
    pub(crate) fn counter(row: &Row<'_>) -> rusqlite::Result<Counter> {
        let period = Period::containing(row.get(0)?, whole(row.get(1)?));
        Ok(Counter { scope: scope(row, 2)?, unit: row.get(4)?, period })
    }
}

/// From two columns, its kind and its name.
pub(crate) fn scope(row: &Row<'_>, from: usize) -> rusqlite::Result<Scope> {
    let kind: ScopeKind = row.get(from)?;
    let name: Option<Label> = match kind {
        ScopeKind::Global => None,
        ScopeKind::Org | ScopeKind::User | ScopeKind::Provider | ScopeKind::Model => Some(row.get(from + 1)?),
    };
    Scope::new(kind, name).ok_or_else(|| unknown(kind.as_str()))
}

/// When the oldest hour, day and month begin whose counters are kept at a time.
pub(crate) fn oldest_kept(now: u64) -> [i64; 3] {
    Window::ALL.map(|window| int(Period::containing(window, now.saturating_sub(KEPT_SECONDS)).begins()))
}

/// The kind and the name that a scope must have to be looked at.
pub(crate) fn wanted(scopes: &Scopes) -> (Option<ScopeKind>, Option<&str>) {
    match scopes {
        Scopes::All => (None, None),
        Scopes::Kind(kind) => (Some(*kind), None),
        Scopes::One(scope) => (Some(scope.kind()), Some(scope.name().map_or("", Label::as_str))),
    }
}
