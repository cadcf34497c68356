use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::ValueEnum;
use tollgate_budget::redis::{Prefix, RedisAddress, RedisSettings};
use tollgate_budget::{Durability, Lease};

use crate::budget::{BudgetConfig, BudgetPlace, BudgetStore, LedgerDays, RedisBudgets};

/// How budgets are kept.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Budgets")]
pub(super) struct BudgetArgs {
    /// Where counters and holds are: `sqlite:` and the path of a file that this companion has for itself, or
    /// `redis://HOST:PORT/DATABASE`, `rediss://…` for TLS or `redis+unix:///PATH` for what companions share; without it, a
    /// file beside the state file
    // Read by us: an error of clap's would repeat it, and a password that somebody has written into it.
    #[arg(long, value_name = "STORE")]
    budget_store: Option<String>,
    #[command(flatten)]
    redis: RedisArgs,
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

/// What only a store in Redis needs.
#[derive(Debug, clap::Args)]
struct RedisArgs {
    /// With budgets in Redis: the file of what this companion has settled; without it, beside the state file
    #[arg(long, value_name = "FILE")]
    budget_ledger: Option<PathBuf>,
    /// With budgets in Redis: the file with its password; read again with every connection
    #[arg(long, value_name = "FILE")]
    budget_password_file: Option<PathBuf>,
    /// With budgets in Redis: whom its certificate is to be from, as PEM; without it, whom the system trusts
    #[arg(long, value_name = "FILE")]
    budget_ca: Option<PathBuf>,
    /// With budgets in Redis: the certificate that is shown to it, as PEM
    #[arg(long, value_name = "FILE", requires = "budget_key")]
    budget_cert: Option<PathBuf>,
    /// Private key of --budget-cert, as PEM
    #[arg(long, value_name = "FILE", requires = "budget_cert")]
    budget_key: Option<PathBuf>,
    /// With budgets in Redis: what all keys begin with; companions with the same one count together [default: tollgate]
    #[arg(long, value_name = "TEXT", value_parser = Prefix::new)]
    budget_prefix: Option<Prefix>,
    /// With budgets in Redis: seconds for which an empty one that this companion has never known is closed, should others
    /// have known it [default: 3]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(0..=3600))]
    budget_grace: Option<u32>,
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
    pub(super) fn config(self, state: &Path) -> anyhow::Result<BudgetConfig> {
        let BudgetArgs { budget_store, redis, budget_durability, budget_lease, ledger_days } = self;
        let place: Option<BudgetPlace> =
            budget_store.as_deref().map(str::parse).transpose().context("--budget-store")?;
        let store = match place {
            Some(BudgetPlace::Redis(address)) => BudgetStore::Redis(Box::new(redis.budgets(address, state)?)),
            Some(BudgetPlace::Sqlite(path)) => redis.none().map(|()| BudgetStore::Sqlite(path))?,
            None => redis.none().map(|()| BudgetStore::beside(state))?,
        };
        Ok(BudgetConfig {
            store,
            durability: match budget_durability {
                Survives::Process => Durability::Process,
                Survives::Power => Durability::Power,
            },
            lease: Lease::new(Duration::from_secs(budget_lease.into())),
            ledger_days,
        })
    }
}

impl RedisArgs {
    fn budgets(self, address: RedisAddress, state: &Path) -> anyhow::Result<RedisBudgets> {
        let RedisArgs {
            budget_ledger,
            budget_password_file: password,
            budget_ca: authorities,
            budget_cert,
            budget_key,
            budget_prefix,
            budget_grace,
        } = self;
        let usual = RedisSettings::new(address);
        let settings = RedisSettings {
            password,
            authorities,
            identity: budget_cert.zip(budget_key),
            prefix: budget_prefix.unwrap_or_default(),
            grace: budget_grace.map_or(usual.grace, |seconds| Duration::from_secs(seconds.into())),
            ..usual
        };
        settings.check().with_context(|| format!("--budget-store {}", settings.address))?;
        Ok(RedisBudgets { settings, ledger: budget_ledger.unwrap_or_else(|| RedisBudgets::ledger_beside(state)) })
    }

    /// They are not for a file.
    fn none(&self) -> anyhow::Result<()> {
        let RedisArgs {
            budget_ledger,
            budget_password_file,
            budget_ca,
            budget_cert,
            budget_key,
            budget_prefix,
            budget_grace,
        } = self;
        for (option, is_given) in [
            ("--budget-ledger", budget_ledger.is_some()),
            ("--budget-password-file", budget_password_file.is_some()),
            ("--budget-ca", budget_ca.is_some()),
            ("--budget-cert", budget_cert.is_some()),
            ("--budget-key", budget_key.is_some()),
            ("--budget-prefix", budget_prefix.is_some()),
            ("--budget-grace", budget_grace.is_some()),
        ] {
            ensure!(
                !is_given,
                "{option} is for budgets in Redis: name it with --budget-store redis://HOST:PORT/DATABASE"
            );
        }
        Ok(())
    }
}

fn ledger_days(text: &str) -> Result<LedgerDays, String> {
    let days: u32 = text.parse().map_err(|_| "a number of days is expected".to_owned())?;
    LedgerDays::try_from(days).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        budget: BudgetArgs,
    }

    fn config(arguments: &[&str]) -> Result<BudgetConfig, String> {
        let cli = Cli::try_parse_from([&["tollgate"], arguments].concat()).map_err(|error| error.to_string())?;
        cli.budget.config(Path::new("/var/state")).map_err(|error| format!("{error:#}"))
    }

    fn redis(arguments: &[&str]) -> RedisBudgets {
        match config(arguments).unwrap().store {
            BudgetStore::Redis(budgets) => *budgets,
            BudgetStore::Sqlite(path) => panic!("{}", path.display()),
        }
    }

    #[test]
    fn budgets_are_in_a_file_unless_a_redis_is_named() {
        assert_eq!(config(&[]).unwrap().store, BudgetStore::Sqlite("/var/state.budgets".into()));
        assert_eq!(config(&["--budget-store", "sqlite:/b"]).unwrap().store, BudgetStore::Sqlite("/b".into()));
        let usual = redis(&["--budget-store", "redis://h/2"]);
        assert_eq!(usual.ledger, Path::new("/var/state.ledger"));
        assert_eq!(usual.settings, RedisSettings::new("redis://h:6379/2".parse().unwrap()));
        let own = ["--budget-ledger", "/l", "--budget-prefix", "team-1", "--budget-grace", "0"];
        let own = redis(&[&["--budget-store", "redis://h"], &own[..]].concat());
        assert_eq!(own.ledger, Path::new("/l"));
        assert_eq!((own.settings.prefix, own.settings.grace), (Prefix::new("team-1").unwrap(), Duration::ZERO));
    }

    #[test]
    fn what_a_store_has_no_use_for_is_refused() {
        for option in ["--budget-ledger", "--budget-password-file", "--budget-ca", "--budget-prefix"] {
            for store in [&[][..], &["--budget-store", "sqlite:/b"]] {
                let refused = config(&[store, &[option, "x"]].concat()).unwrap_err();
                assert!(refused.contains(option) && refused.contains("redis://"), "{refused}");
            }
        }
        let secured = config(&["--budget-store", "redis://h", "--budget-ca", "/ca"]).unwrap_err();
        assert!(secured.contains("redis://h:6379/0") && secured.contains("`rediss://`"), "{secured}");
        assert!(config(&["--budget-store", "rediss://h", "--budget-cert", "c"]).unwrap_err().contains("--budget-key"));
    }

    #[test]
    fn files_that_cannot_be_used_are_named_before_anything_starts() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("empty"), "\n").unwrap();
        fs::write(path("password"), "secret\n").unwrap();
        let with = |address, option, file: &str| config(&["--budget-store", address, option, &path(file)]);
        assert!(with("redis://h", "--budget-password-file", "password").is_ok());
        for (address, option, file) in [
            ("redis://h", "--budget-password-file", "missing"),
            ("redis://h", "--budget-password-file", "empty"),
            ("rediss://h", "--budget-ca", "missing"),
            ("rediss://h", "--budget-ca", "password"),
        ] {
            let refused = with(address, option, file).unwrap_err();
            assert!(refused.contains(&path(file)) && refused.contains("--budget-store"), "{refused}");
        }
        assert!(config(&["--budget-store", "redis://budget@h"]).unwrap_err().contains("password is missing"));
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        for address in ["redis://u:secret@h", "redis://:secret@h", "valkey://u:secret@h", "redis://h/?password=secret"]
        {
            let refused = config(&["--budget-store", address]).unwrap_err();
            assert!(refused.contains("--budget-store") && !refused.contains("secret"), "{refused}");
        }
        assert!(config(&["--budget-store", "redis://u:secret@h"]).unwrap_err().contains("put it into a file"));
    }
}
