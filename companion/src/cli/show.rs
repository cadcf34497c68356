use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::remote::{Remote, explain};
use super::style::{FAINT, STRONG};
use super::version::{self, Named, Version};

/// Lines of a document that did not change, around those that did.
const CONTEXT: usize = 3;

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The version, as `tollgate history` lists it, or `current`
    #[arg(value_name = "VERSION", default_value = "current", value_parser = Named::parse)]
    version: Named,
    #[command(flatten)]
    remote: Remote,
    /// Which documents to show
    #[arg(long, value_name = "WHICH", default_value = "changed")]
    documents: Documents,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Documents {
    /// None
    None,
    /// What the version changed, as a diff
    Changed,
    /// All that the version has, whole
    All,
}

#[derive(Serialize, Deserialize)]
struct Shown {
    #[serde(flatten)]
    version: Version,
    current: bool,
    enforcement: Enforcement,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<Change>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<Vec<Document>>,
}

/// How far a version has come.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Enforcement {
    applied_by: usize,
    alive: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ms: Option<f64>,
}

#[derive(Serialize, Deserialize)]
struct Change {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    name: String,
    text: String,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let documents = match args.documents {
        Documents::None => "none",
        Documents::Changed => "changed",
        Documents::All => "all",
    };
    let path = format!("/v1/snapshots/{}?documents={documents}", args.version);
    let shown: Shown = args.remote.client()?.get(&path).map_err(|error| explain(error, output))?;
    match args.format {
        Format::Json => output.json(&shown)?,
        Format::Text => write(&shown, output)?,
    }
    Ok(Exit::Success)
}

fn write(shown: &Shown, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Shown { version, current, enforcement, changes, documents } = shown;
    let state = if *current { "in force" } else { "replaced" };
    output.line(format_args!("{STRONG}{}{STRONG:#} ({state})", version.id()))?;
    let of = version.of.as_ref().map(|of| format!(", the content of {of} once more")).unwrap_or_default();
    let mut label = |label: &str, text: String| output.line(format_args!("{FAINT}{label:<12}{FAINT:#}{text}"));
    label("digest", version.digest.clone())?;
    label("published", format!("{} by {} ({}{of})", version.at(), version.author(), version.source))?;
    label("policies", version.policies.to_string())?;
    label("difference", version::in_words(&version.summary))?;
    let Enforcement { applied_by, alive, last_ms, .. } = enforcement;
    let last = last_ms.map(|last| format!(", the last after {last:.1} ms")).unwrap_or_default();
    label("enforced", format!("by {applied_by} of {alive} workers{last}"))?;
    changes.iter().flatten().try_for_each(|change| write_change(change, output))?;
    for Document { name, text } in documents.iter().flatten() {
        output.line(format_args!("\n{STRONG}{name}{STRONG:#}"))?;
        output.line(text.trim_end_matches('\n'))?;
    }
    Ok(())
}

fn write_change(change: &Change, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Change { name, before, after } = change;
    let side = |side: &Option<String>| if side.is_some() { name.clone() } else { "/dev/null".to_owned() };
    output.line(format_args!("\n{STRONG}--- {}\n+++ {}{STRONG:#}", side(before), side(after)))?;
    let (before, after) = (before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
    let diff = TextDiff::from_lines(before, after);
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        output.line(format_args!("{FAINT}{}{FAINT:#}", hunk.header()))?;
        for line in hunk.iter_changes() {
            let text = line.value().trim_end_matches('\n');
            match line.tag() {
                ChangeTag::Equal => output.line(format_args!(" {text}"))?,
                ChangeTag::Insert => output.line(format_args!("{ADDED}+{text}{ADDED:#}"))?,
                ChangeTag::Delete => output.line(format_args!("{REMOVED}-{text}{REMOVED:#}"))?,
            }
        }
    }
    Ok(())
}
