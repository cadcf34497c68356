//! `tollgate budget`: what calls of models have used and may still use.

mod change;
mod events;
mod holds;
mod ledger;
mod members;
mod overrides;
mod show;
mod time;
mod validate;
mod which;

use clap::{Subcommand, ValueEnum};
use hyper::Method;
use hyper::header::{ACCEPT, HeaderMap, HeaderValue};
use prost::bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::{Answer, Question};

use super::exit::Exit;
use super::output::Output;
use super::remote::{Remote, explain};

use which::{Most, Query};

/// Entries that are asked for at a time.
const PAGE: usize = 10_000;

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
    /// Set a limit for a while, instead of what policies say
    Set(overrides::Set),
    /// Take a limit away that was set: what policies say counts again
    Unset(overrides::Unset),
    /// List the limits that are set instead of those of policies
    Overrides,
    /// Change what is used of a budget, more or less
    Adjust(change::Adjust),
    /// Say that nothing of a budget is used
    Reset(change::Reset),
    /// List what administrators have changed
    Changes(which::Most),
    /// Say what was spent, by scope and day
    Ledger(ledger::Args),
    /// List what operators should know of: limits nearly reached, calls refused, calls that used far too much
    Events(which::Most),
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
        Action::Set(args) => overrides::set(args, &asking, output),
        Action::Unset(args) => overrides::unset(args, &asking, output),
        Action::Overrides => overrides::list(&asking, output),
        Action::Adjust(args) => change::adjust(args, &asking, output),
        Action::Reset(args) => change::reset(args, &asking, output),
        Action::Changes(most) => change::list(*most, &asking, output),
        Action::Ledger(args) => ledger::run(args, &asking, output),
        Action::Events(most) => events::run(*most, &asking, output),
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
        let answer = self.ask(path, headers, output)?;
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

    /// The same for a list that comes in pages: all of them as one answer, or so many entries.
    fn list<T: DeserializeOwned>(
        &self,
        query: &Query,
        list: &str,
        Most { limit }: Most,
        output: &mut Output<'_>,
    ) -> anyhow::Result<Option<T>> {
        if self.format == Format::Csv {
            let limit = limit.map(|limit| limit.to_string());
            return self.get(query.clone().with("limit", limit.as_deref()).path(), output);
        }
        let mut most = limit.unwrap_or(usize::MAX);
        let (mut entries, mut after) = (Vec::new(), None);
        let mut answer = loop {
            let page = query.clone().with("limit", Some(&most.min(PAGE).to_string())).with("after", after.as_deref());
            let mut answer: Value = self.ask(page.path(), HeaderMap::new(), output)?.json()?;
            if let Some(Value::Array(page)) = answer.get_mut(list).map(Value::take) {
                most = most.saturating_sub(page.len());
                entries.extend(page);
            }
            after = match answer.as_object_mut().and_then(|answer| answer.remove("next")) {
                Some(Value::String(text)) => Some(text),
                Some(Value::Number(number)) => Some(number.to_string()),
                _ => None,
            };
            if most == 0 || after.is_none() {
                break answer;
            }
        };
        if after.is_some() {
            output.problem("there are more: a higher --limit shows them, without it all are shown")?;
        }
        if let Some(answer) = answer.as_object_mut() {
            answer.insert(list.to_owned(), Value::Array(entries));
        }
        match self.format {
            Format::Json => {
                output.json(&answer)?;
                Ok(None)
            }
            Format::Text | Format::Csv => Ok(Some(serde_json::from_value(answer)?)),
        }
    }

    fn ask(&self, path: &str, headers: HeaderMap, output: &mut Output<'_>) -> anyhow::Result<Answer> {
        let question = Question { method: Method::GET, path, headers, body: Bytes::new() };
        self.remote.client()?.ask(question).map_err(|error| explain(error, output))
    }

    fn no_csv(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.format != Format::Csv, "--format csv is for `show` and `ledger`");
        Ok(())
    }
}
