//! `tollgate lint`: what is probably not meant in a valid policy set.

use std::path::PathBuf;

use serde::Serialize;
use tollgate_policy::lint::{Finding, lint};
use tollgate_policy::source::Loader;

use crate::policies::{load, read_paths};

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::style::{FAINT, GOOD, STRONG};
use super::validate;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, and folders of files, that make up one policy set
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Exit with 1 if there are findings
    #[arg(long)]
    deny: bool,
}

/// What `--format json` writes.
#[derive(Debug, Serialize)]
struct Document<'f> {
    findings: Vec<Entry<'f>>,
}

#[derive(Debug, Serialize)]
struct Entry<'f> {
    rule: &'static str,
    kind: &'static str,
    name: &'f str,
    message: &'f str,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let files = read_paths(&args.paths)?;
    let set = match load(&files, &mut Loader::default()) {
        Ok(set) => set,
        Err(error) => {
            validate::report(&error, args.format, output)?;
            return Ok(Exit::Unusable);
        }
    };
    let findings = lint(&set);
    match args.format {
        Format::Json => output.json(&Document { findings: findings.iter().map(Entry::of).collect() })?,
        Format::Text => write(&findings, output)?,
    }
    Ok(if args.deny && !findings.is_empty() { Exit::Failed } else { Exit::Success })
}

fn write(findings: &[Finding], output: &mut Output<'_>) -> anyhow::Result<()> {
    for Finding { subject, rule, message } in findings {
        output.line(format_args!("{STRONG}{subject}:{STRONG:#} {message} {FAINT}[{rule}]{FAINT:#}"))?;
    }
    match findings.len() {
        0 => output.line(format_args!("{GOOD}ok{GOOD:#}: no findings"))?,
        1 => output.line("1 finding")?,
        count => output.line(format_args!("{count} findings"))?,
    }
    Ok(())
}

impl<'f> Entry<'f> {
    fn of(finding: &'f Finding) -> Self {
        Entry {
            rule: finding.rule.id(),
            kind: finding.subject.kind(),
            name: finding.subject.name(),
            message: &finding.message,
        }
    }
}
