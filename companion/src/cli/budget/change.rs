use serde::{Deserialize, Serialize};
use serde_json::Value;
use tollgate_budget::{ScopeKind, Unit, Window};

use crate::cli::output::Output;
use crate::cli::remote::explain;
use crate::cli::table::Table;

use super::show::{self, Budget};
use super::which::{kind, unit, window};
use super::{Asking, Format};

#[derive(Debug, clap::Args)]
pub(super) struct Adjust {
    #[command(flatten)]
    budget: Named,
    /// How much more is used, or, below 0, less
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    by: i64,
}

#[derive(Debug, clap::Args)]
pub(super) struct Reset {
    #[command(flatten)]
    budget: Named,
}

/// Which budget is changed, and why.
#[derive(Debug, clap::Args)]
struct Named {
    /// Of which kind: global, org, user, provider or model
    #[arg(long, value_name = "KIND", value_parser = kind)]
    scope: ScopeKind,
    /// Which of that kind
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// By the hour, day or month
    #[arg(long, value_name = "WINDOW", default_value = "day", value_parser = window)]
    window: Window,
    /// In tokens or microDollars
    #[arg(long, value_name = "UNIT", default_value = "tokens", value_parser = unit)]
    unit: Unit,
    /// A day in the period, written as 2026-11-22; without it, today
    #[arg(long, value_name = "DAY")]
    day: Option<String>,
    /// Why; it is kept with the change
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Names the change, in 32 hexadecimal digits: said again, it changes nothing again
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

#[derive(Serialize)]
struct Change<'c> {
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'c str>,
    window: &'static str,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<&'c str>,
    reason: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Changes {
    changes: Vec<Changed>,
    next: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Changed {
    at: u64,
    counter: String,
    by: Option<i64>,
    before: u64,
    after: u64,
    author: String,
    reason: String,
}

pub(super) fn adjust(args: &Adjust, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    change("/v1/budgets/adjust", &args.budget, Some(args.by), asking, output)
}

pub(super) fn reset(args: &Reset, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    change("/v1/budgets/reset", &args.budget, None, asking, output)
}

pub(super) fn list(asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    asking.no_csv()?;
    let Some(Changes { changes, next }) = asking.get("/v1/budgets/changes", output)? else { return Ok(()) };
    let mut table = Table::new(["AT", "AUTHOR", "BUDGET", "CHANGE", "BEFORE", "AFTER", "REASON"]);
    for Changed { at, counter, by, before, after, author, reason } in changes {
        let change = by.map_or_else(|| "reset".to_owned(), |by| format!("{by:+}"));
        table.row([at.to_string(), author, counter, change, before.to_string(), after.to_string(), reason]);
    }
    table.write(output)?;
    if next.is_some() {
        output.problem("there are more: `--format json` with the API's `after` reads on")?;
    }
    Ok(())
}

fn change(
    path: &str,
    named: &Named,
    by: Option<i64>,
    asking: &Asking<'_>,
    output: &mut Output<'_>,
) -> anyhow::Result<()> {
    asking.no_csv()?;
    let Named { scope, name, window, unit, day, reason, id } = named;
    let change = Change {
        scope: scope.as_str(),
        name: name.as_deref(),
        window: window.as_str(),
        unit: unit.as_str(),
        day: day.as_deref(),
        reason,
        id: id.as_deref(),
        by,
    };
    let answer: Value = asking.remote.client()?.post(path, &change).map_err(|error| explain(error, output))?;
    match asking.format {
        Format::Json => output.json(&answer)?,
        Format::Text | Format::Csv => {
            let budget: Budget = serde_json::from_value(answer)?;
            show::table(&[budget]).write(output)?;
        }
    }
    Ok(())
}
