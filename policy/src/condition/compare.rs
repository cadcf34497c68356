use std::cmp::Ordering;

use super::value::{List, Map, Value};

/// Bytes compared per step of fuel.
const BYTES_PER_STEP: usize = 16;

/// Remaining evaluation steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fuel(pub(super) u32);

/// All steps are used up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spent;

impl Fuel {
    pub(super) fn step(&mut self) -> Result<(), Spent> {
        self.steps(1)
    }

    /// For work over this many bytes.
    pub(super) fn bytes(&mut self, bytes: usize) -> Result<(), Spent> {
        self.steps(u32::try_from(bytes / BYTES_PER_STEP).unwrap_or(u32::MAX))
    }

    pub(super) fn steps(&mut self, steps: u32) -> Result<(), Spent> {
        match self.0.checked_sub(steps) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => {
                self.0 = 0;
                Err(Spent)
            }
        }
    }
}

/// CEL equality: numbers compare by value across their types, NaN equals nothing, other values of different types are
/// unequal. Attribute values are trees of bounded depth, so the recursion is bounded too.
pub(super) fn equal(a: Value<'_>, b: Value<'_>, fuel: &mut Fuel) -> Result<bool, Spent> {
    Ok(match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => {
            fuel.bytes(a.len().min(b.len()))?;
            a == b
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            fuel.bytes(a.len().min(b.len()))?;
            a == b
        }
        (Value::List(a), Value::List(b)) => return lists_equal(a, b, fuel),
        (Value::Map(a), Value::Map(b)) => return maps_equal(a, b, fuel),
        _ => numbers(a, b).is_some_and(|order| order == Some(Ordering::Equal)),
    })
}

fn lists_equal(a: List<'_>, b: List<'_>, fuel: &mut Fuel) -> Result<bool, Spent> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b.iter()) {
        fuel.step()?;
        if !equal(a, b, fuel)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps_equal(a: Map<'_>, b: Map<'_>, fuel: &mut Fuel) -> Result<bool, Spent> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (name, a) in a.iter() {
        fuel.step()?;
        let Some(b) = b.get(name) else { return Ok(false) };
        if !equal(a, b, fuel)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// CEL order. `None`: these types have none. `Some(None)`: one is NaN.
pub(super) fn order(a: Value<'_>, b: Value<'_>, fuel: &mut Fuel) -> Result<Option<Option<Ordering>>, Spent> {
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(Some(a.cmp(&b))),
        (Value::Str(a), Value::Str(b)) => {
            fuel.bytes(a.len().min(b.len()))?;
            Some(Some(a.cmp(b)))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            fuel.bytes(a.len().min(b.len()))?;
            Some(Some(a.cmp(b)))
        }
        _ => numbers(a, b),
    })
}

/// Numbers by mathematical value, exactly. `None` if one is not a number.
fn numbers(a: Value<'_>, b: Value<'_>) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
        (Value::UInt(a), Value::UInt(b)) => Some(a.cmp(&b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(&b),
        (Value::Int(a), Value::UInt(b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (Value::UInt(a), Value::Int(b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (Value::Int(a), Value::Double(b)) => whole_and_double(i128::from(a), b),
        (Value::UInt(a), Value::Double(b)) => whole_and_double(i128::from(a), b),
        (Value::Double(a), Value::Int(b)) => whole_and_double(i128::from(b), a).map(Ordering::reverse),
        (Value::Double(a), Value::UInt(b)) => whole_and_double(i128::from(b), a).map(Ordering::reverse),
        _ => return None,
    })
}

/// Exact, where converting either side to the other's type would round.
fn whole_and_double(a: i128, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    // Casting saturates, and every whole number of ours is far inside i128.
    #[expect(clippy::cast_possible_truncation, reason = "the fraction is compared below")]
    let whole = b.trunc() as i128;
    Some(a.cmp(&whole).then_with(|| 0.0.partial_cmp(&b.fract()).unwrap_or(Ordering::Equal)))
}
