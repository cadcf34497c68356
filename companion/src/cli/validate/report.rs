use serde::Serialize;
use serde_json::{Value, json};
use tollgate_policy::source::Diagnostic;

use crate::cli::args::Format;
use crate::cli::output::Output;
use crate::cli::problems;
use crate::policies::CompileError;

use super::{Checked, Counts, cost};

/// What `--format json` writes: one document, whether the set is valid or not.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    ok: bool,
    /// Absent where the set is not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<&'a Counts>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    costs: &'a [cost::Entry],
    problems: Vec<Problem<'a>>,
    /// How many problems there are beyond those listed.
    omitted: usize,
}

/// A problem of a file, or of the set as a whole.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Problem<'a> {
    Located(&'a Diagnostic),
    Whole { message: String },
}

impl<'a> Document<'a> {
    pub(super) fn of(checked: Result<&'a Checked, &'a CompileError>) -> Self {
        let counts = checked.ok().map(|checked| &checked.counts);
        let costs = checked.ok().map(|checked| checked.costs.as_slice()).unwrap_or_default();
        let (problems, omitted) = checked.err().map(of).unwrap_or_default();
        Document { ok: counts.is_some(), counts, costs, problems, omitted }
    }
}

fn of(error: &CompileError) -> (Vec<Problem<'_>>, usize) {
    match error {
        CompileError::Policies(problems) => (problems.iter().map(Problem::Located).collect(), problems.omitted()),
        other => (vec![Problem::Whole { message: other.to_string() }], 0),
    }
}

/// Writes why files are refused.
pub(in crate::cli) fn report(error: &CompileError, format: Format, output: &mut Output<'_>) -> anyhow::Result<()> {
    match (error, format) {
        (error, Format::Json) => {
            let (problems, omitted) = of(error);
            let document: Value = json!({ "ok": false, "problems": problems, "omitted": omitted });
            output.problem_json(&document)?;
        }
        (CompileError::Policies(diagnostics), Format::Text) => problems::write(diagnostics, output)?,
        (error, Format::Text) => output.problem(error)?,
    }
    Ok(())
}
