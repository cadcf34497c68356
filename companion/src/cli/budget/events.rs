use serde::Deserialize;
use serde_json::Value;

use crate::cli::output::Output;
use crate::cli::table::Table;

use super::Asking;
use super::time;
use super::which::{Most, Query};

#[derive(Debug, Deserialize)]
struct Answer {
    events: Vec<Event>,
}

#[derive(Debug, Deserialize)]
struct Event {
    at: u64,
    severity: String,
    kind: String,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

pub(super) fn run(most: Most, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    asking.no_csv()?;
    let query = Query::of("/v1/budgets/events");
    let Some(Answer { events }) = asking.list(&query, "events", most, output)? else { return Ok(()) };
    let mut table = Table::new(["AT", "SEVERITY", "KIND", "WHAT"]);
    for Event { at, severity, kind, mut rest } in events {
        rest.remove("number");
        table.row([time::text(at), severity, kind, Value::Object(rest).to_string()]);
    }
    table.write(output)?;
    Ok(())
}
