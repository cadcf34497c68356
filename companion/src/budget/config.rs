use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tollgate_budget::redis::{InvalidAddress, RedisAddress, RedisSettings};
use tollgate_budget::{Durability, Lease};

/// How budgets are kept.
#[derive(Clone, Debug)]
pub struct BudgetConfig {
    /// Where counters and holds are, and the ledger.
    pub store: BudgetStore,
    /// What acknowledged operations survive.
    pub durability: Durability,
    /// How long a call is held that says nothing of itself.
    pub lease: Lease,
    /// For how many days the ledger keeps what has been settled.
    pub ledger_days: LedgerDays,
}

/// Where counters and holds are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BudgetStore {
    /// In a file that this companion alone has.
    Sqlite(PathBuf),
    /// In Redis or Valkey, which companions share.
    Redis(Box<RedisBudgets>),
}

/// Budgets that companions share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisBudgets {
    /// Where counters and holds are, and how they are asked for.
    pub settings: RedisSettings,
    /// The file with this companion's ledger, which no other one may have.
    pub ledger: PathBuf,
}

/// Where counters and holds are, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BudgetPlace {
    /// `sqlite:` and the path of a file.
    Sqlite(PathBuf),
    /// The address of a Redis.
    Redis(RedisAddress),
}

/// For how many days the ledger keeps what has been settled: longer than anything that is held can still be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerDays(NonZeroU32);

/// A text that names no budget store. It is not repeated: there may be a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStore {
    /// It begins with something else.
    #[error(
        "this is no budget store: write `sqlite:` and the path of a file, `redis://HOST:PORT/DATABASE`, \
         `rediss://HOST:PORT/DATABASE` or `redis+unix:///PATH`"
    )]
    Kind,
    /// It is meant for a Redis.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
}

/// Days that are too few.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger is kept for at least {least} days, so that nothing can be settled twice", least = LedgerDays::LEAST)]
pub struct InvalidLedgerDays;

impl BudgetConfig {
    /// In a file beside the state file.
    #[must_use]
    pub fn beside(state: &Path) -> Self {
        BudgetConfig {
            store: BudgetStore::beside(state),
            durability: Durability::Process,
            lease: Lease::default(),
            ledger_days: LedgerDays::default(),
        }
    }
}

impl BudgetStore {
    /// The file that is used unless another store is named.
    #[must_use]
    pub fn beside(state: &Path) -> Self {
        BudgetStore::Sqlite(beside(state, ".budgets"))
    }
}

impl RedisBudgets {
    /// The file of the ledger, unless another one is named. It is not that of counters, should those have been in one before.
    #[must_use]
    pub fn ledger_beside(state: &Path) -> PathBuf {
        beside(state, ".ledger")
    }
}

fn beside(state: &Path, ending: &str) -> PathBuf {
    let mut path = state.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

impl FromStr for BudgetPlace {
    type Err = InvalidStore;

    fn from_str(text: &str) -> Result<Self, InvalidStore> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(BudgetPlace::Sqlite(path.into())),
            Some(("redis" | "rediss" | "redis+unix", _)) => Ok(BudgetPlace::Redis(text.parse()?)),
            _ => Err(InvalidStore::Kind),
        }
    }
}

impl LedgerDays {
    /// A month, and the two days for which its counters are kept after it, and a day more.
    const LEAST: u32 = 34;

    /// So many seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        u64::from(self.0.get()) * 24 * 60 * 60
    }
}

impl Default for LedgerDays {
    fn default() -> Self {
        LedgerDays(NonZeroU32::MIN.saturating_add(89))
    }
}

impl TryFrom<u32> for LedgerDays {
    type Error = InvalidLedgerDays;

    fn try_from(days: u32) -> Result<Self, InvalidLedgerDays> {
        NonZeroU32::new(days).filter(|days| days.get() >= Self::LEAST).map(LedgerDays).ok_or(InvalidLedgerDays)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_by_its_kind_and_place() {
        assert_eq!("sqlite:/var/a b".parse(), Ok(BudgetPlace::Sqlite("/var/a b".into())));
        for address in ["redis://h:7000/2", "rediss://h:6379/0", "redis+unix:///run/redis"] {
            let Ok(BudgetPlace::Redis(read)) = address.parse() else { panic!("{address}") };
            assert_eq!(read.to_string(), address);
        }
        assert_eq!(BudgetStore::beside(Path::new("s/state")), BudgetStore::Sqlite("s/state.budgets".into()));
        assert_eq!(RedisBudgets::ledger_beside(Path::new("s/state")), Path::new("s/state.ledger"));
        for text in ["", "sqlite:", "file", "postgres://u:secret@x"] {
            let error = text.parse::<BudgetPlace>().unwrap_err().to_string();
            assert!(error.contains("sqlite:") && error.contains("redis://") && !error.contains("secret"), "{error}");
        }
        for text in ["redis://u:secret@h", "redis://h/0?password=secret", "redis:u:secret@h"] {
            let error = text.parse::<BudgetPlace>().unwrap_err().to_string();
            assert!(error.contains("redis") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_ledger_is_kept_for_longer_than_a_month_can_be_settled() {
        assert_eq!(LedgerDays::try_from(33), Err(InvalidLedgerDays));
        assert_eq!(LedgerDays::try_from(34).unwrap().seconds(), 34 * 86_400);
        assert_eq!(LedgerDays::default().seconds(), 90 * 86_400);
    }
}
