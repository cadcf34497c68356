use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;
use tollgate_budget::{Durability, Lease};

use crate::budget::{BudgetConfig, BudgetStore, LedgerDays};

/// How budgets are kept.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Budgets")]
pub(super) struct BudgetArgs {
    /// Where counters, holds and the ledger are: `sqlite:` and the path of a file; without it, a file beside the state file
    #[arg(long, value_name = "STORE")]
    budget_store: Option<BudgetStore>,
    /// What an acknowledged reservation or settlement survives
    #[arg(long, value_name = "WHAT", default_value = "process")]
    budget_durability: Survives,
    /// Seconds for which a call is held that nothing is heard of
    #[arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    budget_lease: u32,
    /// Days for which the ledger keeps what has been settled
    #[arg(long, value_name = "DAYS", default_value = "90", value_parser = ledger_days)]
    ledger_days: LedgerDays,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Survives {
    /// The end of the process at any moment
    Process,
    /// A power failure, too: the disk is waited for
    Power,
}

impl BudgetArgs {
    /// Beside this state file, unless they say otherwise.
    pub(super) fn config(self, state: &Path) -> BudgetConfig {
        let BudgetArgs { budget_store, budget_durability, budget_lease, ledger_days } = self;
        BudgetConfig {
            store: budget_store.unwrap_or_else(|| BudgetStore::beside(state)),
            durability: match budget_durability {
                Survives::Process => Durability::Process,
                Survives::Power => Durability::Power,
            },
            lease: Lease::new(Duration::from_secs(budget_lease.into())),
            ledger_days,
        }
    }
}

fn ledger_days(text: &str) -> Result<LedgerDays, String> {
    let days: u32 = text.parse().map_err(|_| "a number of days is expected".to_owned())?;
    LedgerDays::try_from(days).map_err(|error| error.to_string())
}
