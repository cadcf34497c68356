use serde::{Deserialize, Serialize};
use tollgate_policy::snapshot::SnapshotId;

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::remote::{Remote, explain};
use super::style::{FAINT, STRONG};
use super::version::{Version, id, in_words};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    remote: Remote,
    /// How many versions to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
    /// List versions before this one
    #[arg(long, value_name = "VERSION", value_parser = id)]
    before: Option<SnapshotId>,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Serialize, Deserialize)]
struct History {
    snapshots: Vec<Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let before = args.before.map(|id| format!("&before={id}")).unwrap_or_default();
    let path = format!("/v1/snapshots?limit={}{before}", args.limit);
    let history: History = args.remote.client()?.get(&path).map_err(|error| explain(error, output))?;
    match args.format {
        Format::Json => output.json(&history)?,
        Format::Text => write(&history, output)?,
    }
    Ok(Exit::Success)
}

fn write(history: &History, output: &mut Output<'_>) -> anyhow::Result<()> {
    if history.snapshots.is_empty() {
        output.line("nothing was published yet")?;
        return Ok(());
    }
    output.line(format_args!(
        "{FAINT}{:<18}  {:<20}  {:<8}  {:<16}  {:>8}  difference{FAINT:#}",
        "version", "published", "source", "author", "policies"
    ))?;
    for version in &history.snapshots {
        let of = version.of.as_ref().map(|of| format!("content of {of}; ")).unwrap_or_default();
        output.line(format_args!(
            "{STRONG}{:<18}{STRONG:#}  {:<20}  {:<8}  {:<16}  {:>8}  {of}{}",
            version.id().to_string(),
            version.at(),
            version.source.name(),
            version.author(),
            version.policies,
            in_words(&version.summary)
        ))?;
    }
    if let Some(next) = &history.next {
        output.line(format_args!("{FAINT}older ones: --before {next}{FAINT:#}"))?;
    }
    Ok(())
}
