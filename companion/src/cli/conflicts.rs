//! `tollgate conflicts`: which policies contradict each other, with a question that shows it.

use std::io;

use clap::ValueEnum;

use crate::conflicts::{Conflict, Found, LeftOut, Pair, Question, Report, Study, find};

use super::args::Format;
use super::asked::Asked;
use super::exit::Exit;
use super::output::Output;
use super::remote::explain;
use super::similar::notes;
use super::style::{BAD, FAINT, GOOD, ODD, STRONG};

/// Conflicts of one deny that are shown, unless all are asked for.
const SHOWN: usize = 5;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    asked: Asked,
    /// Compare only this policy, with all others
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// Most pairs to compare
    #[arg(long, value_name = "N")]
    pairs: Option<usize>,
    /// Show all conflicts of each deny, and pairs that do not contradict each other, with the reason
    #[arg(long)]
    all: bool,
    /// Exit with 1 if there is one of these; may be repeated
    #[arg(long, value_name = "FINDING")]
    deny: Vec<Finding>,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// What can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Finding {
    /// An allow and a deny that answer one question
    Conflict,
    /// An allow that a deny denies all of
    Shadowed,
    /// A policy that makes no difference beside another of its effect
    Redundant,
    /// A pair of which it is not known whether it is a conflict
    Unknown,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let Args { asked, policy, pairs, all, deny, format } = args;
    let each = if all || policy.is_some() { usize::MAX } else { SHOWN };
    let question = Question { policy, pairs, all };
    let report: Report = match asked.remote() {
        Some(remote) => {
            remote.client()?.post("/v1/policies/conflicts", &question).map_err(|error| explain(error, output))?
        }
        None => {
            let Some(corpus) = asked.corpus(output)? else { return Ok(Exit::Unusable) };
            find(&corpus, &question, &Study::default())?
        }
    };
    match format {
        Format::Json => output.json(&report)?,
        Format::Text => write(&report, &asked.check(), each, output)?,
    }
    Ok(if deny.iter().any(|finding| finding.is_in(&report)) { Exit::Failed } else { Exit::Success })
}

impl Finding {
    fn is_in(self, report: &Report) -> bool {
        match self {
            Finding::Conflict => !report.conflicts.is_empty(),
            Finding::Shadowed => report.conflicts.iter().any(|found| found.what.shadowed),
            Finding::Redundant => !report.redundant.is_empty(),
            Finding::Unknown => !report.unknown.is_empty(),
        }
    }
}

/// `check`: how the questions are asked; `each`: how many conflicts are shown of one deny.
fn write(report: &Report, check: &str, each: usize, output: &mut Output<'_>) -> anyhow::Result<()> {
    notes(&report.notes, output)?;
    for of_deny in report.conflicts.chunk_by(|a, b| a.pair.deny == b.pair.deny) {
        conflicts(of_deny, check, each, output)?;
    }
    for redundant in &report.redundant {
        let how = if redundant.mutual { "says the same as" } else { "makes no difference beside" };
        output.line(format_args!(
            "{ODD}redundant{ODD:#}  {STRONG}{}{STRONG:#} {how} {STRONG}{}{STRONG:#}",
            redundant.policy, redundant.beside
        ))?;
    }
    for Found { pair, what } in &report.unknown {
        line(ODD, "unknown", pair, &format!(": none was found in {} tries", what.tried), output)?;
    }
    for Found { pair, what } in &report.disjoint {
        line(GOOD, "disjoint", pair, &format!(": {what}"), output)?;
    }
    left_out(&report.left_out, output)?;
    let compared = &report.compared;
    output.line(format_args!(
        "{} conflicts, {} redundant, {} unknown: {} pairs compared, {} disjoint",
        compared.conflicts,
        report.redundant.len(),
        compared.unknown,
        compared.pairs,
        compared.disjoint
    ))?;
    Ok(())
}

/// Those of one deny: many are what a deny for everybody is there for.
fn conflicts(of_deny: &[Found<Conflict>], check: &str, each: usize, output: &mut Output<'_>) -> io::Result<()> {
    for Found { pair, what } in of_deny.iter().take(each) {
        let more = [
            (what.shadowed, "the deny denies all of it"),
            (what.by_fault, "the deny's condition fails"),
            (what.joined_roles, "it takes a role of each"),
        ];
        let more: Vec<&str> = more.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect();
        let more = if more.is_empty() { String::new() } else { format!(": {}", more.join(", ")) };
        line(BAD, "conflict", pair, &more, output)?;
        output.line(format_args!("  {FAINT}{check} {}{FAINT:#}", what.witness))?;
    }
    match of_deny.split_at_checked(each) {
        Some((_, rest @ [first, ..])) => {
            let deny = &first.pair.deny;
            output
                .line(format_args!("  {FAINT}and {} more with {deny}: --policy {deny} shows all{FAINT:#}", rest.len()))
        }
        _ => Ok(()),
    }
}

fn line(style: anstyle::Style, what: &str, pair: &Pair, more: &str, output: &mut Output<'_>) -> io::Result<()> {
    let Pair { allow, deny, proposed } = pair;
    let index = proposed.index.then(|| "index".to_owned());
    let near = proposed.similarity.map(|similarity| format!("similarity {similarity:.2}"));
    let by = index.into_iter().chain(near).collect::<Vec<_>>().join(", ");
    output.line(format_args!(
        "{style}{what:<8}{style:#}  {STRONG}{allow}{STRONG:#} (allow), {STRONG}{deny}{STRONG:#} (deny){more} {FAINT}[{by}]{FAINT:#}"
    ))
}

fn left_out(left_out: &LeftOut, output: &mut Output<'_>) -> io::Result<()> {
    if left_out.shadow > 0 {
        output.line(format_args!(
            "{FAINT}left out: {} shadow policies, which decide nothing{FAINT:#}",
            left_out.shadow
        ))?;
    }
    if left_out.is_nothing() {
        return Ok(());
    }
    let counts = [
        (left_out.pairs, "pairs (--pairs compares more)"),
        (left_out.same_effect, "pairs of one effect"),
        (left_out.policies, "policies, for which no pairs were looked for"),
        (left_out.vectors, "policies whose nearest were not looked for"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        output.line(format_args!("{ODD}left out{ODD:#}: {count} {what}"))?;
    }
    for of in left_out.of.iter().take(5) {
        output.line(format_args!("  {} with {}", of.pairs, of.policy))?;
    }
    Ok(())
}
