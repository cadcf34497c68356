use std::fmt::Write as _;

use anyhow::Context as _;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tollgate_budget::{ScopeKind, Unit, Window};

use crate::cli::output::Output;
use crate::cli::remote::explain;
use crate::cli::table::Table;
use crate::client::ClientError;

use super::show::{self, Budget};
use super::time;
use super::which::{Most, Query, kind, unit, window};
use super::{Asking, Format};

#[derive(Debug, clap::Args)]
pub(super) struct Adjust {
    #[command(flatten)]
    budget: Named,
    #[command(flatten)]
    period: Of,
    /// How much more is used, or, below 0, less
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    by: i64,
}

#[derive(Debug, clap::Args)]
pub(super) struct Reset {
    #[command(flatten)]
    budget: Named,
    #[command(flatten)]
    period: Of,
}

/// Which budget is changed, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Named {
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
    /// Why; it is kept with the change
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Names the change, in 32 hexadecimal digits: said again, it changes nothing again
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

/// In which period.
#[derive(Debug, clap::Args)]
struct Of {
    /// A day (2026-11-22) or a time (2026-11-22T14:00:00Z) in the period; without it, now
    #[arg(long, value_name = "TIME", alias = "day")]
    at: Option<String>,
}

/// What is said of every change.
#[derive(Serialize)]
pub(super) struct Sent<'c, T> {
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'c str>,
    window: &'static str,
    unit: &'static str,
    reason: &'c str,
    id: String,
    #[serde(flatten)]
    change: T,
}

#[derive(Serialize)]
struct Change<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Changes {
    changes: Vec<Changed>,
}

#[derive(Debug, Deserialize)]
struct Changed {
    at: u64,
    counter: String,
    #[serde(flatten)]
    what: What,
    author: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum What {
    Adjusted { by: i64, before: u64, after: u64 },
    Reset { before: u64, after: u64 },
    Set { limit: Option<u64>, until: u64 },
    Unset,
}

pub(super) fn adjust(args: &Adjust, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    change("/v1/budgets/adjust", &args.budget, &args.period, Some(args.by), asking, output)
}

pub(super) fn reset(args: &Reset, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    change("/v1/budgets/reset", &args.budget, &args.period, None, asking, output)
}

pub(super) fn list(most: Most, asking: &Asking<'_>, output: &mut Output<'_>) -> anyhow::Result<()> {
    asking.no_csv()?;
    let query = Query::of("/v1/budgets/changes");
    let Some(Changes { changes }) = asking.list(&query, "changes", most, output)? else { return Ok(()) };
    let mut table = Table::new(["AT", "AUTHOR", "BUDGET", "CHANGE", "BEFORE", "AFTER", "REASON"]);
    for Changed { at, counter, what, author, reason } in changes {
        let (change, before, after) = match what {
            What::Adjusted { by, before, after } => (format!("{by:+}"), before.to_string(), after.to_string()),
            What::Reset { before, after } => ("reset".to_owned(), before.to_string(), after.to_string()),
            What::Set { limit, until } => {
                let limit = limit.map_or_else(|| "unlimited".to_owned(), |limit| format!("limit {limit}"));
                (format!("{limit} until {}", time::text(until)), String::new(), String::new())
            }
            What::Unset => ("limit of policies".to_owned(), String::new(), String::new()),
        };
        table.row([time::text(at), author, counter, change, before, after, reason]);
    }
    table.write(output)?;
    Ok(())
}

fn change(
    path: &str,
    named: &Named,
    Of { at }: &Of,
    by: Option<i64>,
    asking: &Asking<'_>,
    output: &mut Output<'_>,
) -> anyhow::Result<()> {
    let answer = send(path, named, Change { at: at.as_deref(), by }, asking, output)?;
    match asking.format {
        Format::Json => output.json(&answer)?,
        Format::Text | Format::Csv => {
            let budget: Budget = serde_json::from_value(answer)?;
            show::table(&[budget]).write(output)?;
        }
    }
    Ok(())
}

/// Asks for a change under a name of its own, so that it can be asked for again.
pub(super) fn send(
    path: &str,
    Named { scope, name, window, unit, reason, id }: &Named,
    change: impl Serialize,
    asking: &Asking<'_>,
    output: &mut Output<'_>,
) -> anyhow::Result<Value> {
    asking.no_csv()?;
    let id = id.clone().map_or_else(fresh, Ok)?;
    let sent = Sent {
        scope: scope.as_str(),
        name: name.as_deref(),
        window: window.as_str(),
        unit: unit.as_str(),
        reason,
        id: id.clone(),
        change,
    };
    asking.remote.client()?.post(path, &sent).map_err(|error| {
        let maybe_made = matches!(
            &error,
            ClientError::Cut { .. } | ClientError::Silent(_) | ClientError::Strange(_) | ClientError::Unreadable(_)
        ) || matches!(&error, ClientError::Refused { status, .. } if status.is_server_error());
        let error = explain(error, output);
        match maybe_made {
            true => error.context(format!("this may have been done; repeated with `--id {id}`, it is done once")),
            false => error,
        }
    })
}

fn fresh() -> anyhow::Result<String> {
    let mut id = [0_u8; 16];
    SystemRandom::new().fill(&mut id).ok().context("the system has no random numbers")?;
    Ok(id.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
