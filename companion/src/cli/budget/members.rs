use serde::{Deserialize, Serialize};
use serde_json::Value;
use tollgate_budget::ledger::LedgerId;

use crate::cli::output::Output;
use crate::cli::remote::explain;
use crate::cli::table::Table;

use super::{Asking, Format};

#[derive(Debug, clap::Args)]
pub(super) struct Forget {
    /// The companion's ledger, as `tollgate budget members` lists it
    #[arg(value_name = "LEDGER")]
    ledger: LedgerId,
    /// Why; it is kept in the companion's log
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Serialize)]
struct Sent<'s> {
    ledger: String,
    reason: &'s str,
}

#[derive(Debug, Deserialize)]
struct Answer {
    store: String,
    state: Option<String>,
    problem: Option<String>,
    members: Vec<Member>,
}

#[derive(Debug, Deserialize)]
struct Member {
    ledger: String,
    through: bool,
    own: bool,
}

pub(super) fn list(asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    asking.no_csv()?;
    let Some(answer) = asking.get("/v1/budgets/members", output)? else { return Ok(()) };
    write(answer, output)
}

pub(super) fn forget(args: &Forget, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    asking.no_csv()?;
    let sent = Sent { ledger: args.ledger.to_string(), reason: &args.reason };
    let answer = asking.remote.client()?.post("/v1/budgets/members/forget", &sent);
    let answer: Value = answer.map_err(|error| explain(error, output))?;
    match asking.format {
        Format::Json => Ok(output.json(&answer)?),
        Format::Text | Format::Csv => write(serde_json::from_value(answer)?, output),
    }
}

fn write(Answer { store, state, problem, members }: Answer, output: &mut Output<'_>) -> anyhow::Result<()> {
    if let Some(state) = state {
        output.line(format_args!("{store} is {state}"))?;
    }
    if let Some(problem) = problem {
        output.line(problem)?;
    }
    let mut table = Table::new(["LEDGER", "COUNTS", ""]);
    for Member { ledger, through, own } in members {
        let counts = if through { "with all it has" } else { "missing" };
        let whose = if own { "the companion that was asked" } else { "" };
        table.row([ledger, counts.to_owned(), whose.to_owned()]);
    }
    table.write(output)?;
    Ok(())
}
