//! `format`: values written into a template.

use std::fmt::Write as _;

use crate::condition::fault::FaultKind;
use crate::condition::functions::number::{MAX_PRECISION, Scientific};
use crate::condition::value::{List, Map, Value};
use crate::condition::workspace::{Draft, Workspace};
use crate::sort::sort_by;

/// Digits after the point where a clause does not say.
const DEFAULT_PRECISION: usize = 6;

/// The template with each `%` clause replaced by the next value.
pub(super) fn format<'a>(
    template: &str,
    values: List<'a>,
    workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    let mut draft = workspace.draft();
    let mut values = values.iter();
    let mut rest = template;
    while let Some((text, clause)) = rest.split_once('%') {
        draft.push(text)?;
        draft.fuel.step()?;
        if let Some(after) = clause.strip_prefix('%') {
            draft.push("%")?;
            rest = after;
            continue;
        }
        let (precision, after) = precision(clause)?;
        let mut characters = after.chars();
        let verb = characters.next().ok_or(FaultKind::Invalid("ends within a clause"))?;
        let value = values.next().ok_or(FaultKind::Invalid("has more clauses than values"))?;
        clause_of(verb, precision, value, &mut draft)?;
        rest = characters.as_str();
    }
    draft.push(rest)?;
    Ok(Value::Str(draft.finish()))
}

/// A `.` and digits, and what is after them.
fn precision(clause: &str) -> Result<(usize, &str), FaultKind> {
    let Some(digits) = clause.strip_prefix('.') else { return Ok((DEFAULT_PRECISION, clause)) };
    let after = digits.trim_start_matches(|character: char| character.is_ascii_digit());
    let digits = digits.strip_suffix(after).unwrap_or_default();
    match digits.parse() {
        Ok(precision) if precision <= MAX_PRECISION => Ok((precision, after)),
        _ => Err(FaultKind::Invalid("has a precision that is not from 0 to 100")),
    }
}

fn clause_of<'a>(verb: char, precision: usize, value: Value<'a>, draft: &mut Draft<'_, 'a>) -> Result<(), FaultKind> {
    match verb {
        's' => shown(value, draft),
        'd' => match value {
            Value::Int(number) => Ok(write!(draft, "{number}")?),
            Value::UInt(number) => Ok(write!(draft, "{number}")?),
            Value::Double(number) => decimal(number, draft),
            _ => Err(FaultKind::Types),
        },
        'f' => match real(value)? {
            number if number.is_finite() => Ok(write!(draft, "{number:.precision$}")?),
            number => decimal(number, draft),
        },
        'e' => match real(value)? {
            number if number.is_finite() => Ok(write!(draft, "{}", Scientific { number, precision: Some(precision) })?),
            number => decimal(number, draft),
        },
        'b' => match value {
            Value::Bool(value) => draft.push(if value { "1" } else { "0" }),
            value => {
                let (sign, number) = magnitude(value)?;
                Ok(write!(draft, "{sign}{number:b}")?)
            }
        },
        'o' => {
            let (sign, number) = magnitude(value)?;
            Ok(write!(draft, "{sign}{number:o}")?)
        }
        'x' => hexadecimal(value, draft, false),
        'X' => hexadecimal(value, draft, true),
        _ => Err(FaultKind::Invalid("has a clause other than %s, %d, %f, %e, %b, %o, %x, %X and %%")),
    }
}

/// What `%s` writes; as deep as values nest, which what builds them bounds.
fn shown<'a>(value: Value<'a>, draft: &mut Draft<'_, 'a>) -> Result<(), FaultKind> {
    draft.fuel.step()?;
    match value {
        Value::Null => draft.push("null"),
        Value::Bool(value) => draft.push(if value { "true" } else { "false" }),
        Value::Int(number) => Ok(write!(draft, "{number}")?),
        Value::UInt(number) => Ok(write!(draft, "{number}")?),
        Value::Double(number) => decimal(number, draft),
        Value::Str(text) => draft.push(text),
        Value::Bytes(bytes) => lossy(bytes, draft),
        Value::List(list) => {
            for (index, item) in list.iter().enumerate() {
                draft.push(if index == 0 { "[" } else { ", " })?;
                shown(item, draft)?;
            }
            draft.push(if list.is_empty() { "[]" } else { "]" })
        }
        Value::Map(map) => sorted(map, draft),
        Value::Timestamp(time) => Ok(write!(draft, "{time}")?),
        Value::Duration(span) => Ok(write!(draft, "{span}")?),
        Value::Type(of) => draft.push(of.name()),
        Value::Optional(_) | Value::Ip(_) | Value::Cidr(_) => Err(FaultKind::Types),
    }
}

/// Bytes as the text that they are; each run of those that are none is one replacement character.
fn lossy(bytes: &[u8], draft: &mut Draft<'_, '_>) -> Result<(), FaultKind> {
    draft.fuel.bytes(bytes.len())?;
    let mut replaced = false;
    for chunk in bytes.utf8_chunks() {
        replaced &= chunk.valid().is_empty();
        draft.push(chunk.valid())?;
        if !chunk.invalid().is_empty() && !replaced {
            draft.push("\u{fffd}")?;
            replaced = true;
        }
    }
    Ok(())
}

/// A map by its keys as they are shown.
fn sorted<'a>(map: Map<'a>, draft: &mut Draft<'_, 'a>) -> Result<(), FaultKind> {
    let mut entries = draft.entries();
    let mut bytes = 0_usize;
    for (index, (key, value)) in map.iter().enumerate() {
        draft.fuel.steps(3)?;
        let key = match key {
            Value::Str(key) => key,
            key => {
                let mut another = draft.another();
                shown(key, &mut another)?;
                another.finish()
            }
        };
        bytes = bytes.saturating_add(key.len());
        entries.push((key, index, value));
    }
    draft.fuel.sorting(entries.len(), bytes)?;
    sort_by(&mut entries, |(a, first, _), (b, second, _)| (a, first) < (b, second));
    draft.push("{")?;
    for (place, (key, _, value)) in entries.into_iter().enumerate() {
        if place > 0 {
            draft.push(", ")?;
        }
        draft.push(key)?;
        draft.push(": ")?;
        shown(value, draft)?;
    }
    draft.push("}")
}

/// As few digits as tell the number apart, without an exponent.
fn decimal(number: f64, draft: &mut Draft<'_, '_>) -> Result<(), FaultKind> {
    if number.is_infinite() {
        draft.push(if number > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        Ok(write!(draft, "{number}")?)
    }
}

fn real(value: Value<'_>) -> Result<f64, FaultKind> {
    #[expect(clippy::cast_precision_loss, reason = "the nearest double is written")]
    match value {
        Value::Int(number) => Ok(number as f64),
        Value::UInt(number) => Ok(number as f64),
        Value::Double(number) => Ok(number),
        _ => Err(FaultKind::Types),
    }
}

/// An integer's sign and its size.
fn magnitude(value: Value<'_>) -> Result<(&'static str, u64), FaultKind> {
    match value {
        Value::Int(number) => Ok((if number < 0 { "-" } else { "" }, number.unsigned_abs())),
        Value::UInt(number) => Ok(("", number)),
        _ => Err(FaultKind::Types),
    }
}

fn hexadecimal(value: Value<'_>, draft: &mut Draft<'_, '_>, upper: bool) -> Result<(), FaultKind> {
    let bytes = match value {
        Value::Str(text) => text.as_bytes(),
        Value::Bytes(bytes) => bytes,
        value => {
            let (sign, number) = magnitude(value)?;
            let written = match upper {
                true => write!(draft, "{sign}{number:X}"),
                false => write!(draft, "{sign}{number:x}"),
            };
            return Ok(written?);
        }
    };
    for byte in bytes {
        if upper {
            write!(draft, "{byte:02X}")?;
        } else {
            write!(draft, "{byte:02x}")?;
        }
    }
    Ok(())
}
