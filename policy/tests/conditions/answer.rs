//! What an expression comes to, comparable across evaluators.

use std::fmt::{self, Write as _};

use tollgate_policy::condition::{EvaluationError, Value};

/// A value or none. Errors are not told apart.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Value(Known),
    Error(String),
    /// The expression takes more steps than a condition may.
    Bounded,
}

/// A value, owned.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Known>),
    Map(Vec<(Known, Known)>),
    /// Seconds since 1970, and nanoseconds.
    Time(i64, u32),
    /// Nanoseconds.
    Span(i128),
    Type(String),
    Optional(Option<Box<Known>>),
    /// What only we have, in CEL.
    Own(String),
}

impl Answer {
    pub(crate) fn of(outcome: Result<Value<'_>, EvaluationError>) -> Self {
        match outcome {
            Ok(value) => Answer::Value(Known::of(value)),
            Err(error) if error.out_of_fuel => Answer::Bounded,
            Err(error) => Answer::Error(error.message),
        }
    }

    pub(crate) fn same(&self, other: &Answer) -> bool {
        match (self, other) {
            (Answer::Value(a), Answer::Value(b)) => a.same(b),
            (Answer::Error(_), Answer::Error(_)) => true,
            (Answer::Bounded, Answer::Bounded) => true,
            _ => false,
        }
    }
}

impl Known {
    pub(crate) fn of(value: Value<'_>) -> Self {
        match value {
            Value::Null => Known::Null,
            Value::Bool(value) => Known::Bool(value),
            Value::Int(value) => Known::Int(value),
            Value::UInt(value) => Known::UInt(value),
            Value::Double(value) => Known::Double(value),
            Value::Str(text) => Known::Text(text.to_owned()),
            Value::Bytes(bytes) => Known::Bytes(bytes.to_owned()),
            Value::List(list) => Known::List(list.iter().map(Known::of).collect()),
            Value::Map(map) => Known::Map(map.iter().map(|(key, value)| (Known::of(key), Known::of(value))).collect()),
            Value::Timestamp(time) => Known::Time(time.seconds(), time.nanos()),
            Value::Duration(span) => Known::Span(i128::from(span.nanos())),
            Value::Type(of) => Known::Type(of.name().to_owned()),
            Value::Optional(value) => Known::Optional(value.map(|value| Box::new(Known::of(*value)))),
            Value::Ip(_) | Value::Cidr(_) => Known::Own(value.to_string()),
        }
    }

    /// Equal in kind too; NaN is NaN, and maps have no order.
    pub(crate) fn same(&self, other: &Known) -> bool {
        match (self, other) {
            (Known::Null, Known::Null) => true,
            (Known::Bool(a), Known::Bool(b)) => a == b,
            (Known::Int(a), Known::Int(b)) => a == b,
            (Known::UInt(a), Known::UInt(b)) => a == b,
            (Known::Double(a), Known::Double(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
            (Known::Text(a), Known::Text(b)) | (Known::Type(a), Known::Type(b)) | (Known::Own(a), Known::Own(b)) => {
                a == b
            }
            (Known::Bytes(a), Known::Bytes(b)) => a == b,
            (Known::List(a), Known::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Known::Map(a), Known::Map(b)) => {
                let has =
                    |(key, value): &(Known, Known)| b.iter().any(|(other, found)| key.same(other) && value.same(found));
                a.len() == b.len() && a.iter().all(has)
            }
            (Known::Time(a, b), Known::Time(c, d)) => (a, b) == (c, d),
            (Known::Span(a), Known::Span(b)) => a == b,
            (Known::Optional(a), Known::Optional(b)) => match (a, b) {
                (Some(a), Some(b)) => a.same(b),
                (None, None) => true,
                _ => false,
            },
            _ => false,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Value(value) => value.fmt(f),
            Answer::Error(why) => write!(f, "error: {why}"),
            Answer::Bounded => f.write_str("more steps than a condition may take"),
        }
    }
}

/// In CEL.
impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Known::Null => f.write_str("null"),
            Known::Bool(value) => write!(f, "{value}"),
            Known::Int(value) => write!(f, "{value}"),
            Known::UInt(value) => write!(f, "{value}u"),
            Known::Double(value) if value.is_finite() => write!(f, "{value:?}"),
            Known::Double(value) => write!(f, "double('{value}')"),
            Known::Text(text) => quoted(text, f),
            Known::Bytes(bytes) => {
                f.write_str("b'")?;
                bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
                f.write_char('\'')
            }
            Known::List(items) => {
                f.write_char('[')?;
                for (place, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if place > 0 { ", " } else { "" })?;
                }
                f.write_char(']')
            }
            Known::Map(entries) => {
                f.write_char('{')?;
                for (place, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if place > 0 { ", " } else { "" })?;
                }
                f.write_char('}')
            }
            Known::Time(seconds, nanos) => write!(f, "timestamp({seconds}) + duration('{nanos}ns')"),
            Known::Span(nanos) => write!(f, "duration('{nanos}ns')"),
            Known::Type(name) | Known::Own(name) => f.write_str(name),
            Known::Optional(None) => f.write_str("optional.none()"),
            Known::Optional(Some(value)) => write!(f, "optional.of({value})"),
        }
    }
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('\'')?;
    for character in text.chars() {
        match character {
            '\'' | '\\' => write!(f, "\\{character}")?,
            other if other.is_control() => write!(f, "\\U{:08x}", u32::from(other))?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('\'')
}
