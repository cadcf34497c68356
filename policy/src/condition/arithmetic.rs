use bumpalo::Bump;

use crate::time::Duration;

use super::fault::FaultKind;
use super::fuel::Fuel;
use super::node::Binary;
use super::value::{List, Value};
use super::workspace::Workspace;

/// CEL arithmetic: both operands of one type; integers overflow to an error, doubles follow IEEE 754.
pub(super) fn compute<'a>(
    operator: Binary,
    a: Value<'a>,
    b: Value<'a>,
    arena: &'a Bump,
    fuel: &mut Fuel,
) -> Result<Value<'a>, FaultKind> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => int(operator, a, b).map(Value::Int),
        (Value::UInt(a), Value::UInt(b)) => uint(operator, a, b).map(Value::UInt),
        (Value::Double(a), Value::Double(b)) => double(operator, a, b).map(Value::Double),
        (Value::Str(a), Value::Str(b)) if operator == Binary::Add => {
            Workspace { arena, fuel }.string([a, b].into_iter())
        }
        (Value::Bytes(a), Value::Bytes(b)) if operator == Binary::Add => {
            Workspace { arena, fuel }.bytes([a, b].into_iter())
        }
        (Value::Timestamp(a), Value::Timestamp(b)) if operator == Binary::Subtract => {
            a.since(b).map(Value::Duration).ok_or(FaultKind::Overflow)
        }
        (Value::Timestamp(time), Value::Duration(span)) if operator == Binary::Subtract => {
            time.before(span).map(Value::Timestamp).ok_or(FaultKind::Overflow)
        }
        (Value::Timestamp(time), Value::Duration(span)) | (Value::Duration(span), Value::Timestamp(time))
            if operator == Binary::Add =>
        {
            time.after(span).map(Value::Timestamp).ok_or(FaultKind::Overflow)
        }
        (Value::Duration(a), Value::Duration(b)) if matches!(operator, Binary::Add | Binary::Subtract) => {
            int(operator, a.nanos(), b.nanos()).map(|nanos| Value::Duration(Duration::from_nanos(nanos)))
        }
        (Value::List(a), Value::List(b)) if operator == Binary::Add => {
            let len = a.len().saturating_add(b.len());
            fuel.elements(len)?;
            let mut joined = bumpalo::collections::Vec::with_capacity_in(len, arena);
            joined.extend(a.iter().chain(b.iter()));
            Ok(Value::List(List::Built(joined.into_bump_slice())))
        }
        _ => Err(FaultKind::Types),
    }
}

/// CEL negation, of signed integers and doubles.
pub(super) fn negate(value: Value<'_>) -> Result<Value<'_>, FaultKind> {
    match value {
        Value::Int(value) => value.checked_neg().map(Value::Int).ok_or(FaultKind::Overflow),
        Value::Double(value) => Ok(Value::Double(-value)),
        _ => Err(FaultKind::Types),
    }
}

fn int(operator: Binary, a: i64, b: i64) -> Result<i64, FaultKind> {
    match operator {
        Binary::Add => a.checked_add(b),
        Binary::Subtract => a.checked_sub(b),
        Binary::Multiply => a.checked_mul(b),
        Binary::Divide | Binary::Modulo if b == 0 => return Err(FaultKind::DivisionByZero),
        Binary::Divide => a.checked_div(b),
        // The remainder by -1 is 0, but CEL computes it through the quotient, which overflows.
        Binary::Modulo => a.checked_rem(b),
        _ => return Err(FaultKind::Types),
    }
    .ok_or(FaultKind::Overflow)
}

fn uint(operator: Binary, a: u64, b: u64) -> Result<u64, FaultKind> {
    match operator {
        Binary::Add => a.checked_add(b),
        Binary::Subtract => a.checked_sub(b),
        Binary::Multiply => a.checked_mul(b),
        Binary::Divide | Binary::Modulo if b == 0 => return Err(FaultKind::DivisionByZero),
        Binary::Divide => a.checked_div(b),
        Binary::Modulo => a.checked_rem(b),
        _ => return Err(FaultKind::Types),
    }
    .ok_or(FaultKind::Overflow)
}

fn double(operator: Binary, a: f64, b: f64) -> Result<f64, FaultKind> {
    Ok(match operator {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
        _ => return Err(FaultKind::Types),
    })
}
