use std::io;

use anstyle::Style;

use crate::ask::Answer;
use crate::cli::args::Format;
use crate::cli::check;
use crate::cli::output::Output;
use crate::cli::style::{BAD, FAINT, GOOD, ODD, STRONG};
use crate::explain::{Explained, Part, Subject, WatchedStep, is_within};

/// Most characters of a value or a part that are shown.
const MAX_SHOWN: usize = 72;

/// Widest column of values.
const MAX_COLUMN: usize = 28;

/// Writes the decision as `check` does, then each candidate with its parts.
pub(super) fn write(answer: &mut Answer, explained: &[Explained], output: &mut Output<'_>) -> io::Result<()> {
    // They follow in full.
    answer.candidates.clear();
    check::write(answer, Format::Text, output)?;
    for candidate in explained {
        output.line("")?;
        write_candidate(candidate, output)?;
    }
    Ok(())
}

fn write_candidate(explained: &Explained, output: &mut Output<'_>) -> io::Result<()> {
    let Explained { candidate, parts } = explained;
    let effect = match candidate.shadow {
        true => format!("shadow {}", candidate.effect),
        false => candidate.effect.to_string(),
    };
    let scope = candidate.scope.as_ref().map(|scope| format!(" in {scope}")).unwrap_or_default();
    let (style, state) = match candidate.applies {
        "yes" => (GOOD, "applies"),
        "no" => (BAD, "does not apply"),
        _ if candidate.effect == tollgate_policy::engine::Effect::Deny => {
            (ODD, "applies, because it failed to evaluate")
        }
        _ => (ODD, "does not apply, because it failed to evaluate"),
    };
    output.line(format_args!("{STRONG}{}{STRONG:#} ({effect}{scope}): {style}{state}{style:#}", candidate.policy))?;
    parts.iter().try_for_each(|part| write_part(part, output))
}

fn write_part(part: &Part, output: &mut Output<'_>) -> io::Result<()> {
    let label = match &part.subject {
        Subject::Condition => "condition".to_owned(),
        Subject::DerivedRole(name) => format!("derived role {name}"),
        Subject::Window => "window".to_owned(),
    };
    output.line(format_args!("  {FAINT}{label}{FAINT:#}"))?;
    let steps = told(&part.watched.steps);
    let values: Vec<String> = steps.iter().map(|step| value(step)).collect();
    let width = values.iter().map(|value| value.chars().count()).max().unwrap_or_default().min(MAX_COLUMN);
    for (step, value) in steps.into_iter().zip(values) {
        let style = style(step);
        let indent = " ".repeat(step.depth * 2);
        output.line(format_args!("    {style}{value:width$}{style:#}  {indent}{}", shown(&step.text)))?;
    }
    Ok(())
}

/// Without what is in a part that was not reached: that says it all.
fn told(steps: &[WatchedStep]) -> Vec<&WatchedStep> {
    let is_skipped = |step: &&WatchedStep| {
        !steps.iter().any(|outer| outer.values.is_empty() && is_within(&step.range, &outer.range))
    };
    steps.iter().filter(is_skipped).collect()
}

fn value(step: &WatchedStep) -> String {
    match step.values.as_slice() {
        [] => "not reached".to_owned(),
        values => shown(&values.join(", ")),
    }
}

fn style(step: &WatchedStep) -> Style {
    match step.seen {
        seen if seen.is_error => ODD,
        seen if seen.is_false && !seen.is_true => BAD,
        seen if seen.is_true && !seen.is_false => GOOD,
        _ if step.values.is_empty() => FAINT,
        _ => Style::new(),
    }
}

/// On one line, and cut to what a screen holds.
fn shown(text: &str) -> String {
    let line: Vec<char> = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    match line.get(..MAX_SHOWN) {
        Some(start) if line.len() > MAX_SHOWN => start.iter().collect::<String>() + "…",
        _ => line.into_iter().collect(),
    }
}
