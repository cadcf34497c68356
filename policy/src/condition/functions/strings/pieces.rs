//! Taking strings apart and putting them together.

use crate::condition::fault::FaultKind;
use crate::condition::functions::arguments::string;
use crate::condition::value::{List, Value};
use crate::condition::workspace::Workspace;

pub(super) fn join<'a>(
    of: List<'a>,
    separator: &str,
    workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    let mut draft = workspace.draft();
    for (index, piece) in of.iter().enumerate() {
        draft.fuel.step()?;
        if index > 0 {
            draft.push(separator)?;
        }
        draft.push(string(piece)?)?;
    }
    Ok(Value::Str(draft.finish()))
}

/// With the first `most` of `old` replaced, all if it is negative. An empty `old` is before each character and at the end.
pub(super) fn replace<'a>(
    text: &str,
    old: &str,
    new: &str,
    most: i64,
    workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    let mut draft = workspace.draft();
    let mut rest = 0;
    for (at, _) in text.match_indices(old).take(limit(most)) {
        draft.fuel.step()?;
        draft.push(text.get(rest..at).unwrap_or_default())?;
        draft.push(new)?;
        rest = at + old.len();
    }
    draft.push(text.get(rest..).unwrap_or_default())?;
    Ok(Value::Str(draft.finish()))
}

/// At most `most` pieces, the last with what is left; all if it is negative. An empty separator is between characters.
pub(super) fn split<'a>(
    text: &'a str,
    separator: &str,
    most: i64,
    workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    let mut pieces = workspace.items();
    if !separator.is_empty() {
        for piece in text.splitn(limit(most), separator) {
            workspace.push(&mut pieces, Value::Str(piece))?;
        }
        return Ok(workspace.list(pieces));
    }
    let mut rest = text;
    for left in (0..limit(most)).rev() {
        let Some(first) = rest.chars().next() else { break };
        let (piece, after) = if left == 0 { (rest, "") } else { rest.split_at(first.len_utf8()) };
        workspace.push(&mut pieces, Value::Str(piece))?;
        rest = after;
    }
    Ok(workspace.list(pieces))
}

fn limit(most: i64) -> usize {
    usize::try_from(most).unwrap_or(usize::MAX)
}
