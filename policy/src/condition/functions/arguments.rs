//! Arguments of the types that functions take.

use crate::condition::fault::FaultKind;
use crate::condition::value::{List, Value};

pub(super) fn string<'a>(value: Value<'a>) -> Result<&'a str, FaultKind> {
    match value {
        Value::Str(text) => Ok(text),
        _ => Err(FaultKind::Types),
    }
}

pub(super) fn int(value: Value<'_>) -> Result<i64, FaultKind> {
    match value {
        Value::Int(number) => Ok(number),
        _ => Err(FaultKind::Types),
    }
}

pub(super) fn double(value: Value<'_>) -> Result<f64, FaultKind> {
    match value {
        Value::Double(number) => Ok(number),
        _ => Err(FaultKind::Types),
    }
}

pub(super) fn list<'a>(value: Value<'a>) -> Result<List<'a>, FaultKind> {
    match value {
        Value::List(list) => Ok(list),
        _ => Err(FaultKind::Types),
    }
}

/// A count as CEL has it.
pub(super) fn count(count: usize) -> Value<'static> {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}
