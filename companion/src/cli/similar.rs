//! `tollgate similar`: which policies are like this one, or about this.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::ArgGroup;
use tollgate_search::Ranking;

use crate::client::ClientError;
use crate::find::{Fields, Filters, Found, Question, SearchError, Similar, search};

use super::args::Format;
use super::asked::Asked;
use super::exit::Exit;
use super::output::Output;
use super::problems;
use super::remote::explain;
use super::style::{FAINT, ODD};
use super::table::Table;

#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("subject").required(true))]
pub(super) struct Args {
    /// Words that policies are to be about
    #[arg(value_name = "TEXT", group = "subject")]
    text: Option<String>,
    /// The policy that others are to be like
    #[arg(long, value_name = "NAME", group = "subject")]
    policy: Option<String>,
    /// File with a policy that is in no set: its fields alone, or one entry in `policies`
    #[arg(long, value_name = "FILE", group = "subject")]
    draft: Option<PathBuf>,
    /// How many policies to list
    #[arg(short, value_name = "N", default_value_t = 10)]
    k: usize,
    /// What policies are ranked by; what is best for the embedder, unless said
    #[arg(long, value_name = "RANKING")]
    ranking: Option<Ranking>,
    #[command(flatten)]
    filters: Filters,
    #[command(flatten)]
    asked: Asked,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let Args { text, policy, draft, k, ranking, filters, asked, format } = args;
    let file = draft.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let read = |path: PathBuf| fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()));
    let question = Question { text, policy, draft: draft.map(read).transpose()?, k: Some(k), ranking, filters };
    let found = match asked.remote() {
        Some(remote) => remote.client()?.post("/v1/policies/search", &question).map_err(|mut error| {
            if let ClientError::Refused { problem, .. } = &mut error {
                problem.diagnostics.iter_mut().for_each(|problem| problem.file.clone_from(&file));
            }
            explain(error, output)
        })?,
        None => {
            let Some(corpus) = asked.corpus(output)? else { return Ok(Exit::Error) };
            search(&corpus, &question, &file).map_err(|error| refuse(error, output))?
        }
    };
    match format {
        Format::Json => output.json(&found)?,
        Format::Text => write(&found, output)?,
    }
    Ok(Exit::Success)
}

/// Says why there is no answer; of a draft, everything that is wrong with it.
fn refuse(error: SearchError, output: &mut Output<'_>) -> anyhow::Error {
    if let SearchError::Draft(diagnostics) = &error
        && let Err(error) = problems::write(diagnostics, output)
    {
        return error.into();
    }
    error.into()
}

fn write(found: &Found, output: &mut Output<'_>) -> anyhow::Result<()> {
    notes(&found.notes, output)?;
    if found.results.is_empty() {
        output.line("no policy is like it")?;
    } else {
        table(&found.results).write(output)?;
    }
    let model = found.model.as_ref().map(|model| format!(", model {model}")).unwrap_or_default();
    let generation = found.generation.map(|number| format!(", generation {number}")).unwrap_or_default();
    output.line(format_args!(
        "{FAINT}{} of {} policies, ranking {}{model}{generation}{FAINT:#}",
        found.results.len(),
        found.index.policies,
        found.ranking
    ))?;
    Ok(())
}

/// What is not as it usually is.
pub(super) fn notes(notes: &[String], output: &mut Output<'_>) -> anyhow::Result<()> {
    notes.iter().try_for_each(|note| output.problem(format_args!("{ODD}note{ODD:#}: {note}")))?;
    Ok(())
}

fn table(results: &[Similar]) -> Table {
    let mut table = Table::new(["POLICY", "SCORE", "SIMILARITY", "EFFECT", "RESOURCE", "ACTIONS", "ROLES", "WHY"]);
    for similar in results {
        let outline = &similar.outline;
        table.row([
            similar.name.clone(),
            format!("{:.3}", similar.score),
            similar.similarity.map(|similarity| format!("{similarity:.2}")).unwrap_or_default(),
            outline.effect.as_str().to_owned(),
            outline.resource.join(","),
            outline.actions.join(","),
            outline.roles.join(","),
            why(similar),
        ]);
    }
    table
}

/// `same resource, roles; words invoice, approve`.
fn why(similar: &Similar) -> String {
    let Fields { kinds, actions, roles, scope, effect } = &similar.why.fields;
    let fields = [
        ("resource", !kinds.is_empty()),
        ("actions", !actions.is_empty()),
        ("roles", !roles.is_empty()),
        ("scope", scope.is_some()),
        ("effect", effect.is_some()),
    ];
    let fields: Vec<&str> = fields.into_iter().filter(|(_, is_shared)| *is_shared).map(|(name, _)| name).collect();
    let mut parts = Vec::new();
    if !fields.is_empty() {
        parts.push(format!("same {}", fields.join(", ")));
    }
    if !similar.why.terms.is_empty() {
        parts.push(format!("words {}", similar.why.terms.join(", ")));
    }
    if similar.stale {
        parts.push("stale".to_owned());
    }
    parts.join("; ")
}
