use serde::Deserialize;

use crate::cli::output::Output;
use crate::cli::table::Table;

use super::Asking;
use super::which::{Most, Query, Which};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// A day, written as 2026-11-22; without any, today
    #[arg(long, value_name = "DAY", conflicts_with_all = ["from", "to"])]
    day: Option<String>,
    /// The first day
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day; without it, today
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<String>,
    #[command(flatten)]
    most: Most,
}

#[derive(Debug, Deserialize)]
struct Answer {
    spent: Vec<Sum>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sum {
    day: String,
    scope: String,
    name: Option<String>,
    calls: i64,
    tokens: i64,
    micro_dollars: i64,
}

pub(super) fn run(args: &Args, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Args { which, day, from, to, most } = args;
    let query = Query::of("/v1/budgets/ledger")
        .which(which)
        .with("day", day.as_deref())
        .with("from", from.as_deref())
        .with("to", to.as_deref());
    let Some(Answer { spent }) = asking.list(&query, "spent", *most, output)? else { return Ok(()) };
    let mut table = Table::new(["DAY", "SCOPE", "NAME", "CALLS", "TOKENS", "MICRO-DOLLARS"]);
    for Sum { day, scope, name, calls, tokens, micro_dollars } in spent {
        let [calls, tokens, micro_dollars] = [calls, tokens, micro_dollars].map(|number| number.to_string());
        table.row([day, scope, name.unwrap_or_default(), calls, tokens, micro_dollars]);
    }
    table.write(output)?;
    Ok(())
}
