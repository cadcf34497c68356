use std::fmt;

use serde::{Deserialize, Serialize};

use super::printable::printable;

/// One problem of a policy file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Diagnostic {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The column after the last character that is meant, on the same line.
    pub end_column: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
    /// More about what may be written.
    pub help: Option<String>,
    /// The text that is meant.
    pub excerpt: Option<Excerpt>,
}

/// A line of text with the part that is meant: of the file, or of a condition where its place in the file cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The line, cut to what fits on a screen, without control characters.
    pub text: String,
    /// Characters before the part that is meant.
    pub start: usize,
    /// Length of the part that is meant, in characters; at least 1.
    pub len: usize,
}

/// Most characters of a line that are shown before and after the start of the part that is meant.
const SHOWN_BEFORE: usize = 60;
const SHOWN_AFTER: usize = 60;

impl Excerpt {
    /// Of a line, the part that starts at this offset and has this length, in bytes.
    pub(super) fn new(line: &str, start: usize, len: usize) -> Self {
        let (before, after) = line.split_at_checked(start).unwrap_or((line, ""));
        let indentation = before.len() - before.trim_start().len();
        let before = before.get(indentation..).unwrap_or_default();
        let mut shown: String = printable(before.chars().rev(), SHOWN_BEFORE, ' ').chars().rev().collect();
        let start = shown.chars().count();
        let after_start = printable(after.chars(), SHOWN_AFTER, ' ');
        let meant = after.get(..len).unwrap_or(after).chars().take(SHOWN_AFTER).count();
        let len = meant.clamp(1, after_start.chars().count().max(1));
        shown.push_str(&after_start);
        Excerpt { text: shown.trim_end().to_owned(), start, len }
    }
}

/// All problems of a set of policy files; never empty. Displays as one located message after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diagnostics {
    problems: Vec<Diagnostic>,
    omitted: usize,
}

impl Diagnostics {
    pub(super) fn new(problems: Vec<Diagnostic>, omitted: usize) -> Self {
        Diagnostics { problems, omitted }
    }

    /// The problems, in the order of file, line and column; no more than a thousand.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Diagnostic> {
        self.problems.iter()
    }

    /// How many problems there are beyond those listed.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// How many problems there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.problems.len() + self.omitted
    }
}

impl std::error::Error for Diagnostics {}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            problem.fmt(f)?;
        }
        match self.omitted {
            0 => Ok(()),
            omitted => write!(f, "\nand {omitted} more problems"),
        }
    }
}

/// `file:line:column: message`, the excerpt with carets, and the help. Without a line end after the last line.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic { file, line, column, end_column: _, message, help, excerpt } = self;
        write!(f, "{file}:{line}:{column}: {message}")?;
        if let Some(Excerpt { text, start, len }) = excerpt {
            write!(f, "\n    {text}\n    {:start$}{:^<len$}", "", "")?;
        }
        match help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}
