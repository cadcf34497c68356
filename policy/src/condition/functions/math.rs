//! The `math` extension.

use std::cmp::Ordering;

use crate::condition::compare::order;
use crate::condition::fault::FaultKind;
use crate::condition::value::{List, Value};
use crate::condition::workspace::Workspace;

use super::Signature;
use super::arguments::double;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Math {
    Greatest,
    Least,
    Ceil,
    Floor,
    Round,
    Trunc,
    Abs,
    Sign,
    IsNaN,
    IsInf,
    IsFinite,
    BitAnd,
    BitOr,
    BitXor,
    BitNot,
    BitShiftLeft,
    BitShiftRight,
    Sqrt,
}

pub(super) const TABLE: &[Signature<Math>] = &[
    Signature::global("math.greatest", (1, 1), Math::Greatest),
    Signature::global("math.least", (1, 1), Math::Least),
    Signature::global("math.ceil", (1, 1), Math::Ceil),
    Signature::global("math.floor", (1, 1), Math::Floor),
    Signature::global("math.round", (1, 1), Math::Round),
    Signature::global("math.trunc", (1, 1), Math::Trunc),
    Signature::global("math.abs", (1, 1), Math::Abs),
    Signature::global("math.sign", (1, 1), Math::Sign),
    Signature::global("math.isNaN", (1, 1), Math::IsNaN),
    Signature::global("math.isInf", (1, 1), Math::IsInf),
    Signature::global("math.isFinite", (1, 1), Math::IsFinite),
    Signature::global("math.bitAnd", (2, 2), Math::BitAnd),
    Signature::global("math.bitOr", (2, 2), Math::BitOr),
    Signature::global("math.bitXor", (2, 2), Math::BitXor),
    Signature::global("math.bitNot", (1, 1), Math::BitNot),
    Signature::global("math.bitShiftLeft", (2, 2), Math::BitShiftLeft),
    Signature::global("math.bitShiftRight", (2, 2), Math::BitShiftRight),
    Signature::global("math.sqrt", (1, 1), Math::Sqrt),
];

pub(super) fn call<'a>(
    function: Math,
    arguments: &[Value<'a>],
    workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    match *arguments {
        [value] => match function {
            Math::Greatest => extreme(value, Ordering::Greater, workspace),
            Math::Least => extreme(value, Ordering::Less, workspace),
            Math::Ceil => double(value).map(f64::ceil).map(Value::Double),
            Math::Floor => double(value).map(f64::floor).map(Value::Double),
            Math::Round => double(value).map(f64::round).map(Value::Double),
            Math::Trunc => double(value).map(f64::trunc).map(Value::Double),
            Math::Abs => abs(value),
            Math::Sign => sign(value),
            Math::IsNaN => double(value).map(f64::is_nan).map(Value::Bool),
            Math::IsInf => double(value).map(f64::is_infinite).map(Value::Bool),
            Math::IsFinite => double(value).map(f64::is_finite).map(Value::Bool),
            Math::BitNot => match value {
                Value::Int(bits) => Ok(Value::Int(!bits)),
                Value::UInt(bits) => Ok(Value::UInt(!bits)),
                _ => Err(FaultKind::Types),
            },
            Math::Sqrt => sqrt(value),
            _ => Err(FaultKind::Types),
        },
        [a, b] => match function {
            Math::BitAnd => bitwise(a, b, |a, b| a & b),
            Math::BitOr => bitwise(a, b, |a, b| a | b),
            Math::BitXor => bitwise(a, b, |a, b| a ^ b),
            Math::BitShiftLeft => shift(a, b, u64::checked_shl),
            Math::BitShiftRight => shift(a, b, u64::checked_shr),
            _ => Err(FaultKind::Types),
        },
        _ => Err(FaultKind::Types),
    }
}

/// The first of the greatest or the least numbers, of a list or alone.
fn extreme<'a>(value: Value<'a>, wanted: Ordering, workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    let Value::List(list) = value else { return number(value) };
    let mut best = number(first(list)?)?;
    for item in list.iter().skip(1) {
        let item = number(item)?;
        workspace.fuel.step()?;
        let found = order(item, best, workspace.fuel)?.flatten();
        if found.ok_or(FaultKind::Invalid("has no answer for NaN among others"))? == wanted {
            best = item;
        }
    }
    Ok(best)
}

fn first(list: List<'_>) -> Result<Value<'_>, FaultKind> {
    list.get(0).ok_or(FaultKind::Invalid("is of an empty list"))
}

fn number(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    match value {
        Value::Int(_) | Value::UInt(_) | Value::Double(_) => Ok(value),
        _ => Err(FaultKind::Types),
    }
}

fn abs(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    match value {
        Value::Int(number) => number.checked_abs().map(Value::Int).ok_or(FaultKind::Overflow),
        Value::UInt(_) => Ok(value),
        Value::Double(number) => Ok(Value::Double(number.abs())),
        _ => Err(FaultKind::Types),
    }
}

fn sign(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    match value {
        Value::Int(number) => Ok(Value::Int(number.signum())),
        Value::UInt(number) => Ok(Value::UInt(number.min(1))),
        Value::Double(0.0) => Ok(Value::Double(0.0)),
        Value::Double(number) => Ok(Value::Double(number.signum())),
        _ => Err(FaultKind::Types),
    }
}

fn sqrt(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    #[expect(clippy::cast_precision_loss, reason = "CEL takes the root of the nearest double")]
    let number = match value {
        Value::Int(number) => number as f64,
        Value::UInt(number) => number as f64,
        Value::Double(number) => number,
        _ => return Err(FaultKind::Types),
    };
    Ok(Value::Double(number.sqrt()))
}

fn bitwise<'a>(a: Value<'a>, b: Value<'a>, operation: fn(u64, u64) -> u64) -> Result<Value<'a>, FaultKind> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Ok(Value::Int(operation(a.cast_unsigned(), b.cast_unsigned()).cast_signed())),
        (Value::UInt(a), Value::UInt(b)) => Ok(Value::UInt(operation(a, b))),
        _ => Err(FaultKind::Types),
    }
}

/// Shifts are logical, of signed integers too. Past all bits nothing is left.
fn shift<'a>(value: Value<'a>, by: Value<'a>, operation: fn(u64, u32) -> Option<u64>) -> Result<Value<'a>, FaultKind> {
    let Value::Int(by) = by else { return Err(FaultKind::Types) };
    if by < 0 {
        return Err(FaultKind::Invalid("is by a negative number of bits"));
    }
    let shifted = |bits: u64| u32::try_from(by).ok().and_then(|by| operation(bits, by)).unwrap_or(0);
    match value {
        Value::Int(number) => Ok(Value::Int(shifted(number.cast_unsigned()).cast_signed())),
        Value::UInt(number) => Ok(Value::UInt(shifted(number))),
        _ => Err(FaultKind::Types),
    }
}
