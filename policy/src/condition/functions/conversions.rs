//! Conversions between types.

use crate::condition::fault::FaultKind;
use crate::condition::value::Value;
use crate::condition::workspace::Workspace;
use crate::time::{Duration, Timestamp};

use super::{Signature, number};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    Bool,
    Bytes,
    Double,
    Duration,
    Dyn,
    Int,
    String,
    Timestamp,
    Type,
    UInt,
}

pub(super) const TABLE: &[Signature<Conversion>] = &[
    Signature::global("bool", (1, 1), Conversion::Bool),
    Signature::global("bytes", (1, 1), Conversion::Bytes),
    Signature::global("double", (1, 1), Conversion::Double),
    Signature::global("duration", (1, 1), Conversion::Duration),
    Signature::global("dyn", (1, 1), Conversion::Dyn),
    Signature::global("int", (1, 1), Conversion::Int),
    Signature::global("string", (1, 1), Conversion::String),
    Signature::global("timestamp", (1, 1), Conversion::Timestamp),
    Signature::global("type", (1, 1), Conversion::Type),
    Signature::global("uint", (1, 1), Conversion::UInt),
];

pub(super) fn call<'a>(
    conversion: Conversion,
    arguments: &[Value<'a>],
    workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    let [value] = *arguments else { return Err(FaultKind::Types) };
    if let Value::Str(text) = value {
        workspace.fuel.bytes(text.len())?;
    }
    match conversion {
        Conversion::Bool => to_bool(value),
        Conversion::Bytes => to_bytes(value),
        Conversion::Double => to_double(value),
        Conversion::Duration => to_duration(value),
        Conversion::Dyn => Ok(value),
        Conversion::Int => to_int(value),
        Conversion::String => to_string(value, workspace),
        Conversion::Timestamp => to_timestamp(value),
        Conversion::Type => Ok(Value::Type(value.type_of())),
        Conversion::UInt => to_uint(value),
    }
}

fn to_bool(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    match value {
        Value::Bool(_) => Ok(value),
        Value::Str("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(Value::Bool(true)),
        Value::Str("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(Value::Bool(false)),
        Value::Str(_) => Err(FaultKind::Invalid("is of a string that is neither true nor false")),
        _ => Err(FaultKind::Types),
    }
}

fn to_bytes(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    match value {
        Value::Bytes(_) => Ok(value),
        Value::Str(text) => Ok(Value::Bytes(text.as_bytes())),
        _ => Err(FaultKind::Types),
    }
}

fn to_double(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    #[expect(clippy::cast_precision_loss, reason = "CEL converts to the nearest double")]
    match value {
        Value::Double(_) => Ok(value),
        Value::Int(number) => Ok(Value::Double(number as f64)),
        Value::UInt(number) => Ok(Value::Double(number as f64)),
        Value::Str(text) => {
            number::parse_double(text).map(Value::Double).ok_or(FaultKind::Invalid("is of a string that is no double"))
        }
        _ => Err(FaultKind::Types),
    }
}

fn to_int(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    match value {
        Value::Int(_) => Ok(value),
        Value::UInt(number) => i64::try_from(number).map(Value::Int).map_err(|_| FaultKind::Overflow),
        Value::Double(number) => number::whole_int(number).map(Value::Int).ok_or(FaultKind::Overflow),
        Value::Str(text) => {
            text.parse().map(Value::Int).map_err(|_| FaultKind::Invalid("is of a string that is no int"))
        }
        Value::Timestamp(time) => Ok(Value::Int(time.seconds())),
        _ => Err(FaultKind::Types),
    }
}

fn to_uint(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    match value {
        Value::UInt(_) => Ok(value),
        Value::Int(number) => u64::try_from(number).map(Value::UInt).map_err(|_| FaultKind::Overflow),
        Value::Double(number) => number::whole_uint(number).map(Value::UInt).ok_or(FaultKind::Overflow),
        Value::Str(text) => {
            let number = if text.starts_with('+') { None } else { text.parse().ok() };
            number.map(Value::UInt).ok_or(FaultKind::Invalid("is of a string that is no uint"))
        }
        _ => Err(FaultKind::Types),
    }
}

fn to_duration(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    match value {
        Value::Duration(_) => Ok(value),
        Value::Str(text) => Duration::parse(text)
            .map(Value::Duration)
            .ok_or(FaultKind::Invalid("is of a string that is no duration, as `1h30m` is, or of too long a one")),
        _ => Err(FaultKind::Types),
    }
}

fn to_timestamp(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    match value {
        Value::Timestamp(_) => Ok(value),
        Value::Int(seconds) => {
            Timestamp::new(seconds, 0).map(Value::Timestamp).ok_or(FaultKind::Invalid("is outside the years 1 to 9999"))
        }
        Value::Str(text) => Timestamp::parse(text)
            .map(Value::Timestamp)
            .ok_or(FaultKind::Invalid("is of a string that is no RFC 3339 time of the years 1 to 9999")),
        _ => Err(FaultKind::Types),
    }
}

fn to_string<'a>(value: Value<'a>, workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    match value {
        Value::Str(_) => Ok(value),
        Value::Bool(value) => Ok(Value::Str(if value { "true" } else { "false" })),
        Value::Int(number) => workspace.display(number),
        Value::UInt(number) => workspace.display(number),
        Value::Double(number) => workspace.display(number::General(number)),
        Value::Bytes(bytes) => {
            workspace.fuel.bytes(bytes.len())?;
            std::str::from_utf8(bytes).map(Value::Str).map_err(|_| FaultKind::Invalid("is of bytes that are not UTF-8"))
        }
        Value::Timestamp(time) => workspace.display(time),
        Value::Duration(span) => workspace.display(span),
        Value::Ip(address) => workspace.display(address),
        Value::Cidr(range) => workspace.display(format_args!("{}/{}", range.address, range.prefix)),
        _ => Err(FaultKind::Types),
    }
}
