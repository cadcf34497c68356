use std::fmt::Display;
use std::io;

use crate::ask::{Answer, reason_name};
use crate::cli::output::Output;
use crate::cli::style::{BAD, FAINT, GOOD, STRONG};

use super::{CaseRun, SuiteRun, TestRun};

/// Writes every test in a line, every case that failed with its reasons, and the sum.
pub(super) fn write(runs: &[SuiteRun<'_>], output: &mut Output<'_>) -> io::Result<()> {
    let names = runs.iter().flat_map(|run| &run.tests).map(|run| run.test.name.chars().count());
    let width = names.max().unwrap_or_default();
    for run in runs {
        output.line(format_args!("{STRONG}{}{STRONG:#}", run.suite.file))?;
        for test in &run.tests {
            write_test(&run.suite.file, test, width, output)?;
        }
    }
    let tests: Vec<&TestRun<'_>> = runs.iter().flat_map(|run| &run.tests).collect();
    let cases: usize = tests.iter().map(|test| test.cases.len()).sum();
    let failed: usize = tests.iter().map(|test| test.failures().count()).sum();
    let sum = format!("{} in {}", counted(cases, "case"), counted(tests.len(), "test"));
    match failed {
        0 => output.line(format_args!("{GOOD}passed{GOOD:#}: {sum}")),
        failed => output.line(format_args!("{BAD}failed{BAD:#}: {failed} of {sum}")),
    }
}

fn write_test(file: &str, run: &TestRun<'_>, width: usize, output: &mut Output<'_>) -> io::Result<()> {
    let (name, cases) = (&run.test.name, counted(run.cases.len(), "case"));
    let failed = run.failures().count();
    if failed == 0 {
        return output.line(format_args!("  {GOOD}ok{GOOD:#}    {name:width$}  {FAINT}{cases}{FAINT:#}"));
    }
    output.line(format_args!("  {BAD}FAIL{BAD:#}  {name:width$}  {failed} of {cases}"))?;
    run.failures().try_for_each(|failure| {
        output.line(format_args!("        {STRONG}{file}:{}{STRONG:#}: {}", failure.case.line, failure.case))?;
        for (label, text) in details(failure) {
            output.line(format_args!("          {FAINT}{label:<9}{FAINT:#} {text}"))?;
        }
        Ok(())
    })
}

/// What was expected, what came, and why.
pub(super) fn details(run: &CaseRun<'_>) -> Vec<(&'static str, String)> {
    let CaseRun { case, answer } = run;
    let expected = case.expected.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut details = vec![("expected", expected), ("got", got(answer))];
    let http = answer.http.as_ref();
    let principal = answer.principal.as_ref();
    let more = [
        ("policy", answer.policy.clone()),
        ("nearest", answer.nearest.clone()),
        ("route", http.and_then(|http| http.route.clone())),
        ("detail", http.and_then(|http| http.detail.clone())),
        ("roles", principal.map(|principal| principal.roles.join(", ")).filter(|roles| !roles.is_empty())),
    ];
    details.extend(more.into_iter().filter_map(|(label, text)| Some((label, text?))));
    details.extend(answer.candidates.iter().map(|candidate| {
        let state = match (candidate.applies, &candidate.error) {
            (_, Some(error)) => error.clone(),
            ("yes", None) => format!("{} ({}): applies", candidate.policy, candidate.effect),
            (_, None) => format!("{} ({}): condition is false", candidate.policy, candidate.effect),
        };
        ("candidate", state)
    }));
    if answer.candidates.is_empty() {
        details.extend(answer.first_error.iter().map(|error| ("error", error.clone())));
    }
    details
}

/// `deny: no policy allows …` or `403 FORBIDDEN: …`, and the word for the reason.
fn got(answer: &Answer) -> String {
    let http = answer.http.as_ref();
    let effect: &dyn Display = &answer.decision;
    let status = match http.and_then(|http| http.status.zip(http.code)) {
        Some((status, code)) => format!(" {status} {code}"),
        None => String::new(),
    };
    format!("{effect}{status}: {} ({})", answer.reason, reason_name(answer.reason))
}

fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}
