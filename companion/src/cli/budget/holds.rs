use serde::Deserialize;

use crate::cli::output::Output;
use crate::cli::table::Table;

use super::Asking;
use super::time;
use super::which::{Query, Which};

#[derive(Debug, Deserialize)]
struct Answer {
    all: u64,
    holds: Vec<Hold>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hold {
    id: String,
    at: u64,
    lease_ends: u64,
    held: Used,
    so_far: Used,
    counters: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Used {
    tokens: u64,
}

pub(super) fn run(which: &Which, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    asking.no_csv()?;
    let query = Query::of("/v1/budgets/holds").which(which);
    let Some(Answer { all, holds }) = asking.get(query.path(), output)? else { return Ok(()) };
    let mut table = Table::new(["RESERVATION", "MADE", "LEASE ENDS", "TOKENS", "SO FAR", "COUNTS FOR"]);
    for Hold { id, at, lease_ends, held, so_far, counters } in &holds {
        let [at, lease_ends] = [*at, *lease_ends].map(time::text);
        let [tokens, so_far] = [held.tokens, so_far.tokens].map(|number| number.to_string());
        table.row([id.clone(), at, lease_ends, tokens, so_far, counters.join(" ")]);
    }
    table.write(output)?;
    output.line(format_args!("{} of {all} calls on their way", holds.len()))?;
    Ok(())
}
