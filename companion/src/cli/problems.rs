use std::io;

use tollgate_policy::source::{Diagnostic, Diagnostics, Excerpt};

use super::output::Output;
use super::style::{BAD, FAINT, STRONG};

/// Writes every problem of a set of files: place, sentence, the text that is meant, and what may be written.
pub(super) fn write(diagnostics: &Diagnostics, output: &mut Output<'_>) -> io::Result<()> {
    list(diagnostics.iter(), diagnostics.omitted(), output)
}

/// Writes problems as another companion has told them.
pub(super) fn list<'d>(
    problems: impl IntoIterator<Item = &'d Diagnostic>,
    omitted: usize,
    output: &mut Output<'_>,
) -> io::Result<()> {
    problems.into_iter().try_for_each(|problem| write_one(problem, output))?;
    match omitted {
        0 => Ok(()),
        omitted => output.problem(format_args!("and {omitted} more problems")),
    }
}

fn write_one(problem: &Diagnostic, output: &mut Output<'_>) -> io::Result<()> {
    let Diagnostic { file, line, column, message, help, excerpt, .. } = problem;
    output.problem(format_args!("{STRONG}{file}:{line}:{column}:{STRONG:#} {message}"))?;
    if let Some(Excerpt { text, start, len }) = excerpt {
        output.problem(format_args!("    {text}"))?;
        output.problem(format_args!("    {:start$}{BAD}{:^<len$}{BAD:#}", "", ""))?;
    }
    match help {
        Some(help) => output.problem(format_args!("  {FAINT}help:{FAINT:#} {help}")),
        None => Ok(()),
    }
}
