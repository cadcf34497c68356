//! Places in strings, counted in code points.

use crate::condition::fault::FaultKind;
use crate::condition::functions::arguments::count;
use crate::condition::value::Value;

const NOT_FOUND: Value<'static> = Value::Int(-1);

/// The character at an index; none just past the end.
pub(super) fn char_at(text: &str, index: i64) -> Result<Value<'_>, FaultKind> {
    let rest = after(text, index)?;
    let len = rest.chars().next().map_or(0, char::len_utf8);
    Ok(Value::Str(rest.get(..len).unwrap_or_default()))
}

pub(super) fn index_of(text: &str, part: &str) -> Value<'static> {
    found(text, text.find(part))
}

pub(super) fn last_index_of(text: &str, part: &str) -> Value<'static> {
    found(text, text.rfind(part))
}

/// The first place from an index on.
pub(super) fn index_of_from(text: &str, part: &str, from: i64) -> Result<Value<'static>, FaultKind> {
    let Some(start) = search_start(text, part, from)? else { return Ok(empty_at(text, from)) };
    let rest = text.get(start..).unwrap_or_default();
    Ok(found(text, rest.find(part).map(|index| start + index)))
}

/// The last place up to an index.
pub(super) fn last_index_of_from(text: &str, part: &str, from: i64) -> Result<Value<'static>, FaultKind> {
    let Some(start) = search_start(text, part, from)? else { return Ok(empty_at(text, from)) };
    let end = text.floor_char_boundary(start.saturating_add(part.len()));
    Ok(found(text, text.get(..end).unwrap_or_default().rfind(part)))
}

pub(super) fn substring(text: &str, start: i64, end: Option<i64>) -> Result<Value<'_>, FaultKind> {
    let rest = after(text, start)?;
    let Some(end) = end else { return Ok(Value::Str(rest)) };
    let len = end.checked_sub(start).filter(|len| *len >= 0).ok_or(FaultKind::Invalid("starts past its end"))?;
    let len = rest.len() - after(rest, len)?.len();
    Ok(Value::Str(rest.get(..len).unwrap_or_default()))
}

/// What follows this many characters, of which there may be none.
fn after(text: &str, characters: i64) -> Result<&str, FaultKind> {
    let out_of_range = FaultKind::Invalid("has an index outside of the string");
    let mut rest = text.chars();
    match usize::try_from(characters).map_err(|_| out_of_range)?.checked_sub(1) {
        Some(last) => rest.nth(last).map(|_| rest.as_str()).ok_or(out_of_range),
        None => Ok(text),
    }
}

/// At which byte to start to look for a part; nowhere if it is empty. Other parts are not looked for past the end.
fn search_start(text: &str, part: &str, from: i64) -> Result<Option<usize>, FaultKind> {
    if part.is_empty() && from >= 0 {
        return Ok(None);
    }
    let rest = after(text, from)?;
    if rest.is_empty() {
        return Err(FaultKind::Invalid("has an index outside of the string"));
    }
    Ok(Some(text.len() - rest.len()))
}

/// The empty string is everywhere, at the end too.
fn empty_at(text: &str, from: i64) -> Value<'static> {
    match count(text.chars().count()) {
        Value::Int(len) => Value::Int(from.min(len)),
        other => other,
    }
}

fn found(text: &str, byte: Option<usize>) -> Value<'static> {
    let before = byte.and_then(|byte| text.get(..byte));
    before.map_or(NOT_FOUND, |before| count(before.chars().count()))
}
