use serde::Deserialize;
use tollgate_budget::{Unit, Window};

use crate::cli::output::Output;
use crate::cli::table::Table;

use super::Asking;
use super::time;
use super::which::{Most, Query, Which, unit, window};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// Those by the hour, day or month
    #[arg(long, value_name = "WINDOW", value_parser = window)]
    window: Option<Window>,
    /// Those in tokens or microDollars
    #[arg(long, value_name = "UNIT", value_parser = unit)]
    unit: Option<Unit>,
    /// Those of a day (2026-11-22) or a time (2026-11-22T14:00:00Z), or `all` that are kept; without it, those of now
    #[arg(long, value_name = "TIME|all")]
    at: Option<String>,
    #[command(flatten)]
    most: Most,
}

#[derive(Debug, Deserialize)]
struct Answer {
    budgets: Vec<Budget>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Budget {
    scope: String,
    name: Option<String>,
    window: String,
    unit: String,
    begins: u64,
    limit: Option<u64>,
    used: u64,
    held: u64,
    left: Option<u64>,
}

pub(super) fn run(args: &Args, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Args { which, window, unit, at, most } = args;
    let query = Query::of("/v1/budgets")
        .which(which)
        .with("window", window.map(Window::as_str))
        .with("unit", unit.map(Unit::as_str))
        .with("at", at.as_deref());
    let Some(Answer { budgets }) = asking.list(&query, "budgets", *most, output)? else { return Ok(()) };
    table(&budgets).write(output)?;
    Ok(())
}

pub(super) fn table(budgets: &[Budget]) -> Table {
    let mut table = Table::new(["SCOPE", "NAME", "WINDOW", "BEGINS", "UNIT", "LIMIT", "USED", "HELD", "LEFT"]);
    let or_none = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    for Budget { scope, name, window, unit, begins, limit, used, held, left } in budgets {
        table.row([
            scope.clone(),
            name.clone().unwrap_or_default(),
            window.clone(),
            time::text(*begins),
            unit.clone(),
            or_none(*limit),
            used.to_string(),
            held.to_string(),
            or_none(*left),
        ]);
    }
    table
}
