//! `tollgate check`: one decision from the command line, with reasons.

mod args;
mod principal;
mod report;
mod request;
mod resource;
#[cfg(test)]
mod tests;

use tollgate_policy::engine::Query;

use crate::ask::{Answer, Asked, ask, send};
use crate::policies::read_paths;
use crate::suite::Policies;

use super::exit::Exit;
use super::output::Output;
use super::validate;

pub(super) use args::Args;
use args::Question;
pub(super) use report::write;

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let Some(answer) = answer(&args, output, &mut |_, _| {})? else { return Ok(Exit::Error) };
    write(&answer, args.format, output)?;
    Ok(if answer.is_allowed() { Exit::Success } else { Exit::Denied })
}

/// The answer to what a command line asks; nothing where problems of the policies were written. `watch` sees the question
/// as the engine does.
pub(super) fn answer(
    args: &Args,
    output: &mut Output<'_>,
    watch: &mut dyn FnMut(&Policies, &Query<'_>),
) -> anyhow::Result<Option<Answer>> {
    let principal = args.principal()?;
    let question = args.question()?;
    let circumstances = args.circumstances()?;
    let policies = match Policies::of(&read_paths(&args.policies)?) {
        Ok(policies) => policies,
        Err(error) => {
            validate::report(&error, args.format, output)?;
            return Ok(None);
        }
    };
    let (snapshot, principal) = (&policies.snapshot, principal.as_ref());
    let mut watch = |query: &Query<'_>| watch(&policies, query);
    let answer = match &question {
        Question::Resource { action, resource, request } => {
            let asked = Asked { action, resource, request: request.as_ref() };
            ask(snapshot, &policies.set, principal, asked, circumstances, &mut watch)?
        }
        Question::Request(request) => send(snapshot, &policies.set, principal, request, circumstances, &mut watch)?,
    };
    Ok(Some(answer))
}
