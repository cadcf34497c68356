//! Optionals: making and opening them. Their lazy alternatives are nodes.

use crate::condition::fault::FaultKind;
use crate::condition::value::Value;
use crate::condition::workspace::Workspace;

use super::Signature;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Optionality {
    Of,
    OfNonZeroValue,
    None,
    HasValue,
    Value,
    Unwrap,
    UnwrapOpt,
}

pub(super) const TABLE: &[Signature<Optionality>] = &[
    Signature::global("optional.of", (1, 1), Optionality::Of),
    Signature::global("optional.ofNonZeroValue", (1, 1), Optionality::OfNonZeroValue),
    Signature::global("optional.none", (0, 0), Optionality::None),
    Signature::method("hasValue", (1, 1), Optionality::HasValue),
    Signature::method("value", (1, 1), Optionality::Value),
    Signature::global("optional.unwrap", (1, 1), Optionality::Unwrap),
    Signature::method("unwrapOpt", (1, 1), Optionality::UnwrapOpt),
];

pub(super) fn call<'a>(
    function: Optionality,
    arguments: &[Value<'a>],
    workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    match (function, arguments) {
        (Optionality::Of, [value]) => workspace.some(*value),
        (Optionality::OfNonZeroValue, [value]) if is_zero(*value) => Ok(Value::Optional(None)),
        (Optionality::OfNonZeroValue, [value]) => workspace.some(*value),
        (Optionality::None, []) => Ok(Value::Optional(None)),
        (Optionality::HasValue, [Value::Optional(value)]) => Ok(Value::Bool(value.is_some())),
        (Optionality::Value, [Value::Optional(value)]) => {
            value.copied().ok_or(FaultKind::Invalid("is of an optional without one"))
        }
        (Optionality::Unwrap | Optionality::UnwrapOpt, [Value::List(list)]) => {
            let mut values = workspace.items();
            for item in list.iter() {
                match item {
                    Value::Optional(Some(value)) => workspace.push(&mut values, *value)?,
                    Value::Optional(None) => workspace.fuel.step()?,
                    _ => return Err(FaultKind::Types),
                }
            }
            Ok(workspace.list(values))
        }
        _ => Err(FaultKind::Types),
    }
}

/// Whether it is the value that its type starts from; types, optionals and addresses start from none.
fn is_zero(value: Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(number) => number == 0,
        Value::UInt(number) => number == 0,
        Value::Double(number) => number == 0.0,
        Value::Str(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Timestamp(time) => time.seconds() == 0 && time.nanos() == 0,
        Value::Duration(span) => span.nanos() == 0,
        Value::Type(_) | Value::Optional(_) | Value::Ip(_) | Value::Cidr(_) => false,
    }
}
