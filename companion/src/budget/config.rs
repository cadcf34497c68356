use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;

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
}

/// For how many days the ledger keeps what has been settled: longer than anything that is held can still be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerDays(NonZeroU32);

/// A text that names no budget store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no budget store: write `sqlite:` and the path of a file")]
pub struct InvalidStore(String);

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
    /// The file that is used unless another one is named.
    #[must_use]
    pub fn beside(state: &Path) -> Self {
        let mut path = state.as_os_str().to_owned();
        path.push(".budgets");
        BudgetStore::Sqlite(path.into())
    }
}

impl FromStr for BudgetStore {
    type Err = InvalidStore;

    fn from_str(text: &str) -> Result<Self, InvalidStore> {
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(BudgetStore::Sqlite(path.into())),
            _ => Err(InvalidStore(text.to_owned())),
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
        assert_eq!("sqlite:/var/a b".parse(), Ok(BudgetStore::Sqlite("/var/a b".into())));
        assert_eq!(BudgetStore::beside(Path::new("s/state")), BudgetStore::Sqlite("s/state.budgets".into()));
        for text in ["", "sqlite:", "file", "postgres://x"] {
            let error = text.parse::<BudgetStore>().unwrap_err();
            assert!(error.to_string().contains("sqlite:"), "{error}");
        }
    }

    #[test]
    fn the_ledger_is_kept_for_longer_than_a_month_can_be_settled() {
        assert_eq!(LedgerDays::try_from(33), Err(InvalidLedgerDays));
        assert_eq!(LedgerDays::try_from(34).unwrap().seconds(), 34 * 86_400);
        assert_eq!(LedgerDays::default().seconds(), 90 * 86_400);
    }
}
