use std::io;
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;
use tollgate_policy::engine::Effect;

use crate::ask::{Answer, reason_name};
use crate::policies::read_paths;
use crate::suite::{Case, Expectations, Policies, Suite};

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::style::{BAD, FAINT, GOOD, STRONG};
use super::{test, validate};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// File, or folder of files, of the policy set as it was
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// File, or folder of files, of the policy set as it would be
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Questions to both, as test suites hold them, with or without expectations; folders are searched for suites
    #[arg(long, required = true, value_name = "DIR|FILE")]
    requests: Vec<PathBuf>,
    /// Exit with 1 if a decision flips
    #[arg(long)]
    fail_on_flips: bool,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// A question whose answer is another one.
#[derive(Debug, Serialize)]
struct Flip {
    file: String,
    line: usize,
    test: String,
    question: String,
    old: Side,
    new: Side,
}

/// What one of the two sets says.
#[derive(Debug, Serialize)]
struct Side {
    decision: String,
    reason: &'static str,
    policy: Option<String>,
    nearest: Option<String>,
}

#[derive(Debug, Serialize)]
struct Difference {
    asked: usize,
    flips: Vec<Flip>,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let Some(suites) = test::load_suites(&args.requests, Expectations::Optional, output)? else {
        return Ok(Exit::Unusable);
    };
    let mut sides = Vec::with_capacity(2);
    for path in [args.old, args.new] {
        match Policies::of(&read_paths(&[path])?) {
            Ok(policies) => sides.push(policies),
            Err(error) => {
                validate::report(&error, Format::Text, output)?;
                return Ok(Exit::Unusable);
            }
        }
    }
    let [old, new] = sides.as_slice() else { anyhow::bail!("two policy sets are compared") };
    let difference = compare(&suites, old, new)?;
    match args.format {
        Format::Json => output.json(&difference)?,
        Format::Text => write(&difference, output)?,
    }
    Ok(if args.fail_on_flips && !difference.flips.is_empty() { Exit::Failed } else { Exit::Success })
}

fn compare(suites: &[Suite], old: &Policies, new: &Policies) -> anyhow::Result<Difference> {
    let mut difference = Difference { asked: 0, flips: Vec::new() };
    for suite in suites {
        for test in &suite.tests {
            for case in &test.cases {
                let place = || format!("{}:{}", suite.file, case.line);
                let before =
                    old.answer(case, &mut |_| {}).with_context(|| format!("{}: asked of the old set", place()))?;
                let after =
                    new.answer(case, &mut |_| {}).with_context(|| format!("{}: asked of the new set", place()))?;
                difference.asked += 1;
                if before.decision != after.decision {
                    difference.flips.push(flip(suite, &test.name, case, &before, &after));
                }
            }
        }
    }
    Ok(difference)
}

fn flip(suite: &Suite, test: &str, case: &Case, old: &Answer, new: &Answer) -> Flip {
    Flip {
        file: suite.file.clone(),
        line: case.line,
        test: test.to_owned(),
        question: case.to_string(),
        old: Side::of(old),
        new: Side::of(new),
    }
}

impl Side {
    fn of(answer: &Answer) -> Self {
        Side {
            decision: answer.decision.to_string(),
            reason: reason_name(answer.reason),
            policy: answer.policy.clone(),
            nearest: answer.nearest.clone(),
        }
    }

    /// `deny, no-condition-holds, nearest document-owner`.
    fn text(&self) -> String {
        let Side { decision, reason, policy, nearest } = self;
        let policy = policy.as_ref().map(|policy| format!(", policy {policy}"));
        let nearest = nearest.as_ref().map(|nearest| format!(", nearest {nearest}"));
        format!("{decision}, {reason}{}{}", policy.unwrap_or_default(), nearest.unwrap_or_default())
    }
}

impl Flip {
    fn opens(&self) -> bool {
        self.new.decision == Effect::Allow.to_string()
    }
}

fn write(difference: &Difference, output: &mut Output<'_>) -> io::Result<()> {
    let Difference { asked, flips } = difference;
    for Flip { file, line, question, old, new, .. } in flips {
        output.line(format_args!("{STRONG}{file}:{line}{STRONG:#}: {question}"))?;
        output.line(format_args!("  {FAINT}old{FAINT:#}  {}", old.text()))?;
        output.line(format_args!("  {FAINT}new{FAINT:#}  {}", new.text()))?;
    }
    let opened = flips.iter().filter(|flip| flip.opens()).count();
    let closed = flips.len() - opened;
    match flips.len() {
        0 => output.line(format_args!("{GOOD}no decision flips{GOOD:#}: {asked} asked")),
        _ => output.line(format_args!(
            "{BAD}{closed} allow→deny, {opened} deny→allow{BAD:#}: {} of {asked} decisions flip",
            flips.len()
        )),
    }
}
