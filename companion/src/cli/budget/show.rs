use serde::Deserialize;
use tollgate_budget::{Unit, Window};

use crate::cli::output::Output;
use crate::cli::table::Table;

use super::Asking;
use super::which::{Query, Which, unit, window};

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
    /// Those of a day, written as 2026-11-22, or `all` that are kept; without it, those of now
    #[arg(long, value_name = "DAY|all")]
    at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    budgets: Vec<Budget>,
    more: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Budget {
    scope: String,
    name: Option<String>,
    window: String,
    unit: String,
    limit: Option<u64>,
    used: u64,
    held: u64,
    left: Option<u64>,
}

pub(super) fn run(args: &Args, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Args { which, window, unit, at } = args;
    let query = Query::of("/v1/budgets")
        .which(which)
        .with("window", window.map(Window::as_str))
        .with("unit", unit.map(Unit::as_str))
        .with("at", at.as_deref());
    let Some(Answer { budgets, more }) = asking.get(query.path(), output)? else { return Ok(()) };
    table(&budgets).write(output)?;
    if more {
        output.problem("there are more: ask for one scope, window or unit")?;
    }
    Ok(())
}

pub(super) fn table(budgets: &[Budget]) -> Table {
    let mut table = Table::new(["SCOPE", "NAME", "WINDOW", "UNIT", "LIMIT", "USED", "HELD", "LEFT"]);
    let or_none = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    for Budget { scope, name, window, unit, limit, used, held, left } in budgets {
        table.row([
            scope.clone(),
            name.clone().unwrap_or_default(),
            window.clone(),
            unit.clone(),
            or_none(*limit),
            used.to_string(),
            held.to_string(),
            or_none(*left),
        ]);
    }
    table
}
