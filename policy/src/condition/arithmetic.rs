use bumpalo::Bump;

use super::compare::Fuel;
use super::fault::FaultKind;
use super::node::Binary;
use super::value::{List, Value};

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
            // Charged tenfold: the arena's growth is bounded by fuel too.
            fuel.bytes((a.len() + b.len()).saturating_mul(10)).map_err(|_| FaultKind::OutOfFuel)?;
            let mut joined = bumpalo::collections::String::with_capacity_in(a.len() + b.len(), arena);
            joined.push_str(a);
            joined.push_str(b);
            Ok(Value::Str(joined.into_bump_str()))
        }
        (Value::List(a), Value::List(b)) if operator == Binary::Add => {
            let len = a.len() + b.len();
            fuel.steps(u32::try_from(len).unwrap_or(u32::MAX)).map_err(|_| FaultKind::OutOfFuel)?;
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
