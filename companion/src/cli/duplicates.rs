//! `tollgate duplicates`: which policies say the same, or nearly.

use crate::conflicts::Study;
use crate::duplicates::{Difference, Group, Member, Question, Report, find};

use super::args::Format;
use super::asked::Asked;
use super::exit::Exit;
use super::output::Output;
use super::remote::explain;
use super::similar::notes;
use super::style::{FAINT, GOOD, ODD, STRONG};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    asked: Asked,
    /// How near two vectors are at least whose policies are nearly the same: a cosine from 0 to 1
    #[arg(long, value_name = "COSINE")]
    threshold: Option<f32>,
    /// Exit with 1 if policies say the same
    #[arg(long)]
    deny: bool,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let Args { asked, threshold, deny, format } = args;
    let question = Question { threshold };
    let report: Report = match asked.remote() {
        Some(remote) => {
            remote.client()?.post("/v1/policies/duplicates", &question).map_err(|error| explain(error, output))?
        }
        None => {
            let Some(corpus) = asked.corpus(output)? else { return Ok(Exit::Unusable) };
            find(&corpus, question, &Study::default())?
        }
    };
    match format {
        Format::Json => output.json(&report)?,
        Format::Text => write(&report, output)?,
    }
    let is_same = |group: &Group| group.members.iter().filter(|member| member.same).count() > 1;
    Ok(if deny && report.groups.iter().any(is_same) { Exit::Failed } else { Exit::Success })
}

fn write(report: &Report, output: &mut Output<'_>) -> anyhow::Result<()> {
    notes(&report.notes, output)?;
    for Group { exact, members } in &report.groups {
        let Some((first, others)) = members.split_first() else { continue };
        let what = if *exact { "the same" } else { "near" };
        output.line(format_args!("{ODD}{what}{ODD:#}  {STRONG}{}{STRONG:#}", first.name))?;
        for Member { name, similarity, same, differs } in others {
            let similarity = similarity.map(|similarity| format!(" {similarity:.3}")).unwrap_or_default();
            let same = if *same && !exact { ", says the same" } else { "" };
            output.line(format_args!("  {STRONG}{name}{STRONG:#}{FAINT}{similarity}{same}{FAINT:#}"))?;
            for Difference { field, first, here } in differs {
                let shown = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
                output.line(format_args!("    {FAINT}{field}{FAINT:#}  {} → {}", shown(first), shown(here)))?;
            }
        }
    }
    if report.left_out > 0 {
        output.line(format_args!(
            "{ODD}left out{ODD:#}: {} policies whose nearest were not looked for",
            report.left_out
        ))?;
    }
    let (same, near): (Vec<_>, Vec<_>) = report.groups.iter().partition(|group| group.exact);
    let summary = match report.groups.len() {
        0 => format!("{GOOD}ok{GOOD:#}: no two of {} policies are nearly the same", report.policies),
        _ => format!(
            "{} groups the same, {} near (threshold {}): {} policies",
            same.len(),
            near.len(),
            report.threshold,
            report.policies
        ),
    };
    output.line(summary)?;
    Ok(())
}
