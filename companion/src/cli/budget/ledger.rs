use serde::Deserialize;

use crate::cli::output::Output;
use crate::cli::table::Table;

use super::Asking;
use super::which::{Query, Which};

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
}

#[derive(Debug, Deserialize)]
struct Answer {
    spent: Vec<Sum>,
    more: bool,
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
    let Args { which, day, from, to } = args;
    let query = Query::of("/v1/budgets/ledger")
        .which(which)
        .with("day", day.as_deref())
        .with("from", from.as_deref())
        .with("to", to.as_deref());
    let Some(Answer { spent, more }) = asking.get(query.path(), output)? else { return Ok(()) };
    let mut table = Table::new(["DAY", "SCOPE", "NAME", "CALLS", "TOKENS", "MICRO-DOLLARS"]);
    for Sum { day, scope, name, calls, tokens, micro_dollars } in spent {
        let [calls, tokens, micro_dollars] = [calls, tokens, micro_dollars].map(|number| number.to_string());
        table.row([day, scope, name.unwrap_or_default(), calls, tokens, micro_dollars]);
    }
    table.write(output)?;
    if more {
        output.problem("there are more: ask for one scope, or fewer days")?;
    }
    Ok(())
}
