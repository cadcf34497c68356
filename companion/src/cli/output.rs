use std::fmt;
use std::io::{self, Write};

use serde::Serialize;

/// Where commands write: results to one stream, problems to the other. Styles are taken out where nobody would see them.
pub(super) struct Output<'w> {
    results: Box<dyn Write + 'w>,
    problems: Box<dyn Write + 'w>,
}

impl Output<'static> {
    /// The process's own streams.
    pub(super) fn standard() -> Self {
        Output { results: Box::new(anstream::stdout()), problems: Box::new(anstream::stderr()) }
    }
}

impl Output<'_> {
    /// A line of the result.
    pub(super) fn line(&mut self, line: impl fmt::Display) -> io::Result<()> {
        writeln!(self.results, "{line}")
    }

    /// The result as one line of JSON.
    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let line = serde_json::to_string(value)?;
        self.line(line)
    }

    /// A line about what is wrong.
    pub(super) fn problem(&mut self, line: impl fmt::Display) -> io::Result<()> {
        writeln!(self.problems, "{line}")
    }

    /// What is wrong, as one line of JSON.
    pub(super) fn problem_json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let line = serde_json::to_string(value)?;
        self.problem(line)
    }
}

/// What a command has written: results, then problems.
#[cfg(test)]
pub(super) fn capture<T>(run: impl FnOnce(&mut Output<'_>) -> T) -> (T, String, String) {
    let (mut results, mut problems) = (Vec::new(), Vec::new());
    let mut output = Output {
        results: Box::new(anstream::StripStream::new(&mut results)),
        problems: Box::new(anstream::StripStream::new(&mut problems)),
    };
    let outcome = run(&mut output);
    drop(output);
    (outcome, String::from_utf8(results).unwrap(), String::from_utf8(problems).unwrap())
}
