//! `tollgate explain`: a decision, and what each part of each candidate's conditions came to.

mod report;

use serde::Serialize;

use crate::ask::Answer;
use crate::explain::{Conditions, Explained, explain};

use super::args::Format;
use super::check;
use super::exit::Exit;
use super::output::Output;

/// An answer, and why.
#[derive(Debug, Serialize)]
struct Explanation {
    #[serde(flatten)]
    answer: Answer,
    /// The candidates again, part by part.
    explained: Vec<Explained>,
}

pub(super) fn run(args: check::Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let mut explained = Vec::new();
    let answer = check::answer(&args, output, &mut |policies, query| {
        let mut conditions = Conditions::of(&policies.set);
        explained = explain(&policies.snapshot, &policies.set, &mut conditions, query);
    })?;
    let Some(mut answer) = answer else { return Ok(Exit::Error) };
    let exit = if answer.is_allowed() { Exit::Success } else { Exit::Denied };
    match args.format() {
        Format::Json => {
            answer.candidates.clear();
            output.json(&Explanation { answer, explained })?;
        }
        Format::Text => report::write(&mut answer, &explained, output)?,
    }
    Ok(exit)
}
