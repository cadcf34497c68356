//! `tollgate recommend`: policies to begin with, for a kind of resource that is new.

use tollgate_policy::source::tree::printable;

use crate::find::{NewKind, Recommendation, Share, recommend};

use super::args::Format;
use super::asked::Asked;
use super::exit::Exit;
use super::output::Output;
use super::remote::explain;
use super::similar;
use super::style::FAINT;

/// Most characters of a comment; a condition has fewer.
const MAX_COMMENT: usize = 16 << 10;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The kind of resource that policies are wanted for
    #[arg(value_name = "KIND")]
    kind: String,
    /// Kind that it is like; can be repeated. Without any, like kinds are looked for
    #[arg(long, value_name = "KIND")]
    like: Vec<String>,
    #[command(flatten)]
    asked: Asked,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let Args { kind, like, asked, format } = args;
    let new = NewKind { kind, like };
    let recommendation: Recommendation = match asked.remote() {
        Some(remote) => {
            remote.client()?.post("/v1/policies/recommend", &new).map_err(|error| explain(error, output))?
        }
        None => {
            let Some(corpus) = asked.corpus(output)? else { return Ok(Exit::Error) };
            recommend(&corpus, &new)?
        }
    };
    match format {
        Format::Json => output.json(&recommendation)?,
        Format::Text => write(&recommendation, output)?,
    }
    Ok(Exit::Success)
}

/// A policy file: what is no policy is in comments.
fn write(recommendation: &Recommendation, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Recommendation { kind, like, present, usual, proposals, left_out, index: _, notes } = recommendation;
    similar::notes(notes, output)?;
    let mut comment = |text: String| output.line(format_args!("{FAINT}# {}{FAINT:#}", on_one_line(&text)));
    comment(format!("Policies for {kind}: proposals, to be read before they are used."))?;
    for like in like {
        comment(format!("Like {} ({} policies): {}.", like.kind, like.policies, like.why.join("; ")))?;
    }
    for (what, shares) in [("actions", &usual.actions), ("roles", &usual.roles)] {
        if !shares.is_empty() {
            let told: Vec<String> =
                shares.iter().map(|Share { name, policies, .. }| format!("{name} {policies}")).collect();
            comment(format!("Usual {what} of their {} policies: {}.", usual.policies, told.join(", ")))?;
        }
    }
    for Share { name, policies, .. } in &usual.conditions {
        comment(format!("Usual condition, in {policies}: {name}"))?;
    }
    if !present.is_empty() {
        comment(format!("About {kind} already: {}.", present.join(", ")))?;
    }
    for left in left_out {
        comment(format!("Not made over: {}, because {}.", left.policy, left.reason))?;
    }
    if !proposals.is_empty() {
        output.line("policies:")?;
    }
    for (number, proposal) in proposals.iter().enumerate() {
        if number > 0 {
            output.line("")?;
        }
        output.line(format_args!("  {FAINT}# {}{FAINT:#}", on_one_line(&proposal.reason)))?;
        for (number, line) in proposal.text.lines().enumerate() {
            let indentation = if number == 0 { "  - " } else { "    " };
            output.line(format_args!("{indentation}{line}").to_string().trim_end())?;
        }
    }
    Ok(())
}

/// Nothing in a comment ends it, or moves what is beside it.
fn on_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    printable(words.join(" ").chars(), MAX_COMMENT, '\u{fffd}')
}
