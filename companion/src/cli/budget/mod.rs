//! `tollgate budget`: what calls of models have used and may still use.

mod change;
mod events;
mod holds;
mod ledger;
mod members;
mod show;
mod validate;
mod which;

use clap::{Subcommand, ValueEnum};
use hyper::Method;
use hyper::header::{ACCEPT, HeaderMap, HeaderValue};
use prost::bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::Question;

use super::exit::Exit;
use super::output::Output;
use super::remote::{Remote, explain};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    remote: Remote,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what is used, held and left of each budget
    Show(show::Args),
    /// List the calls that something is held for
    Holds(which::Which),
    /// Change what is used of a budget, more or less
    Adjust(change::Adjust),
    /// Say that nothing of a budget is used
    Reset(change::Reset),
    /// List what administrators have changed
    Changes,
    /// Say what was spent, by scope and day
    Ledger(ledger::Args),
    /// List what operators should know of: limits nearly reached, calls refused, calls that used far too much
    Events,
    /// List the companions that count in the same Redis
    Members,
    /// Go on without a companion whose ledger is gone for good: what it has settled may be missing from what is used
    Forget(members::Forget),
    /// Say which limits policy files come to, where they are served
    Validate(validate::Args),
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For spreadsheets: `show` and `ledger` alone
    Csv,
}

pub(super) fn run(args: &Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let Args { action, remote, format } = args;
    let asking = Asking { remote, format: *format };
    match action {
        Action::Show(args) => show::run(args, &asking, output),
        Action::Holds(which) => holds::run(which, &asking, output),
        Action::Adjust(args) => change::adjust(args, &asking, output),
        Action::Reset(args) => change::reset(args, &asking, output),
        Action::Changes => change::list(&asking, output),
        Action::Ledger(args) => ledger::run(args, &asking, output),
        Action::Events => events::run(&asking, output),
        Action::Members => members::list(&asking, output),
        Action::Forget(args) => members::forget(args, &asking, output),
        Action::Validate(args) => return validate::run(args, *format, output),
    }?;
    Ok(Exit::Success)
}

/// Whom to ask, and how to write what is answered.
struct Asking<'a> {
    remote: &'a Remote,
    format: Format,
}

impl Asking<'_> {
    /// Writes an answer as it came, or gives it to be written for people.
    fn get<T: DeserializeOwned>(&self, path: &str, output: &mut Output<'_>) -> anyhow::Result<Option<T>> {
        let mut headers = HeaderMap::new();
        if self.format == Format::Csv {
            headers.insert(ACCEPT, HeaderValue::from_static("text/csv"));
        }
        let question = Question { method: Method::GET, path, headers, body: Bytes::new() };
        let answer = self.remote.client()?.ask(question).map_err(|error| explain(error, output))?;
        match self.format {
            Format::Text => Ok(Some(answer.json()?)),
            Format::Json => {
                output.json(&answer.json::<Value>()?)?;
                Ok(None)
            }
            Format::Csv => {
                let text = String::from_utf8_lossy(&answer.body);
                text.lines().try_for_each(|line| output.line(line))?;
                Ok(None)
            }
        }
    }

    fn no_csv(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.format != Format::Csv, "--format csv is for `show` and `ledger`");
        Ok(())
    }
}
