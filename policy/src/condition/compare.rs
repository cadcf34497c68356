use std::cmp::Ordering;

use super::fuel::{Fuel, Spent};
use super::value::{List, Map, Value};
use crate::texts::same;

/// CEL equality: numbers compare by value across their types, NaN equals nothing, other values of different types are
/// unequal. Attribute values are trees of bounded depth, so the recursion is bounded too.
pub(crate) fn equal(a: Value<'_>, b: Value<'_>, fuel: &mut Fuel) -> Result<bool, Spent> {
    Ok(match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => {
            fuel.bytes(a.len().min(b.len()))?;
            same(a, b)
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            fuel.bytes(a.len().min(b.len()))?;
            a == b
        }
        (Value::List(a), Value::List(b)) => return lists_equal(a, b, fuel),
        (Value::Map(a), Value::Map(b)) => return maps_equal(a, b, fuel),
        (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Optional(None), Value::Optional(None)) => true,
        (Value::Optional(Some(a)), Value::Optional(Some(b))) => {
            fuel.step()?;
            return equal(*a, *b, fuel);
        }
        // An IPv4 address is the same in its IPv6 form.
        (Value::Ip(a), Value::Ip(b)) => a.to_canonical() == b.to_canonical(),
        (Value::Cidr(a), Value::Cidr(b)) => a == b,
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
    for (key, a) in a.iter() {
        fuel.step()?;
        let Some(b) = find(b, key, fuel)? else { return Ok(false) };
        if !equal(a, b, fuel)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The value under a key; numbers of different types that are equal are the same key.
pub(crate) fn find<'a>(map: Map<'a>, key: Value<'_>, fuel: &mut Fuel) -> Result<Option<Value<'a>>, Spent> {
    let entries = match (map, key) {
        (Map::Fields(_) | Map::Pairs(_), Value::Str(name)) => {
            fuel.bytes(name.len())?;
            return Ok(map.get(name));
        }
        (Map::Fields(_) | Map::Pairs(_), _) => return Ok(None),
        (Map::Built(entries), _) => entries,
    };
    for (candidate, value) in entries {
        fuel.step()?;
        if equal(*candidate, key, fuel)? {
            return Ok(Some(*value));
        }
    }
    Ok(None)
}

/// Whether values of this type can be keys of a map.
pub(crate) fn is_key(value: Value<'_>) -> bool {
    matches!(value, Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Str(_))
}

/// CEL order. `None`: these types have none. `Some(None)`: one is NaN.
pub(crate) fn order(a: Value<'_>, b: Value<'_>, fuel: &mut Fuel) -> Result<Option<Option<Ordering>>, Spent> {
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
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(Some(a.cmp(&b))),
        (Value::Duration(a), Value::Duration(b)) => Some(Some(a.cmp(&b))),
        _ => numbers(a, b),
    })
}

/// Numbers by value. `None` if one is not a number.
fn numbers(a: Value<'_>, b: Value<'_>) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
        (Value::UInt(a), Value::UInt(b)) => Some(a.cmp(&b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(&b),
        (Value::Int(a), Value::UInt(b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (Value::UInt(a), Value::Int(b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (Value::Int(a), Value::Double(b)) => int_as_double(a).partial_cmp(&b),
        (Value::UInt(a), Value::Double(b)) => uint_as_double(a).partial_cmp(&b),
        (Value::Double(a), Value::Int(b)) => a.partial_cmp(&int_as_double(b)),
        (Value::Double(a), Value::UInt(b)) => a.partial_cmp(&uint_as_double(b)),
        _ => return None,
    })
}

/// CEL compares whole numbers with doubles as doubles: beyond 2^53 neighbours are equal.
fn int_as_double(value: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "as the specification's tests have it")]
    let double = value as f64;
    double
}

fn uint_as_double(value: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "as the specification's tests have it")]
    let double = value as f64;
    double
}
