use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::output::Output;
use crate::cli::table::Table;

use super::change::{self, Named};
use super::time;
use super::{Asking, Format};

#[derive(Debug, clap::Args)]
pub(super) struct Set {
    #[command(flatten)]
    budget: Named,
    #[command(flatten)]
    to: To,
    /// When what policies say counts again, as 2026-11-22T14:00:00Z; without it, when this hour, day or month ends
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

/// To what.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct To {
    /// To so many tokens or micro-dollars
    #[arg(long, value_name = "AMOUNT")]
    limit: Option<u64>,
    /// To none
    #[arg(long)]
    unlimited: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Unset {
    #[command(flatten)]
    budget: Named,
}

#[derive(Serialize)]
struct Change<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unlimited: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<&'c str>,
}

#[derive(Debug, Deserialize)]
struct Overrides {
    overrides: Vec<Override>,
}

#[derive(Debug, Deserialize)]
struct Override {
    scope: String,
    name: Option<String>,
    window: String,
    unit: String,
    limit: Option<u64>,
    until: u64,
    author: String,
    reason: String,
}

pub(super) fn set(args: &Set, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Set { budget, to: To { limit, unlimited }, until } = args;
    let change = Change { limit: *limit, unlimited: *unlimited, until: until.as_deref() };
    let answer = change::send("/v1/budgets/set", budget, change, asking, output)?;
    write(answer, asking, output)
}

pub(super) fn unset(args: &Unset, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    let change = Change { limit: None, unlimited: false, until: None };
    let answer = change::send("/v1/budgets/unset", &args.budget, change, asking, output)?;
    write(answer, asking, output)
}

pub(super) fn list(asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    asking.no_csv()?;
    match asking.get("/v1/budgets/overrides", output)? {
        Some(overrides) => table(overrides, output),
        None => Ok(()),
    }
}

fn write(answer: Value, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    match asking.format {
        Format::Json => Ok(output.json(&answer)?),
        Format::Text | Format::Csv => table(serde_json::from_value(answer)?, output),
    }
}

fn table(Overrides { overrides }: Overrides, output: &mut Output<'_>) -> anyhow::Result<()> {
    if overrides.is_empty() {
        output.line("no limit is set: what policies say counts")?;
        return Ok(());
    }
    let mut table = Table::new(["SCOPE", "NAME", "WINDOW", "UNIT", "LIMIT", "UNTIL", "AUTHOR", "REASON"]);
    for Override { scope, name, window, unit, limit, until, author, reason } in overrides {
        let limit = limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string());
        table.row([scope, name.unwrap_or_default(), window, unit, limit, time::text(until), author, reason]);
    }
    table.write(output)?;
    Ok(())
}
