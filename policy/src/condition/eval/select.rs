use super::{Evaluated, Evaluator, Observer};
use crate::condition::compare::{equal, find, is_key};
use crate::condition::fault::{Fault, FaultKind};
use crate::condition::fuel::Fuel;
use crate::condition::node::NodeId;
use crate::condition::value::{List, Map, Value};

impl<'a, O: Observer> Evaluator<'a, O> {
    /// `of.field`; on an optional, an optional.
    pub(super) fn select(&mut self, of: Value<'a>, field: &'a str, id: NodeId) -> Evaluated<'a> {
        let fault = |kind| Fault { kind, at: id };
        match of {
            Value::Map(Map::Fields(fields)) => match fields.get(field) {
                Some(data) => Ok(Value::from(data)),
                None => Err(fault(FaultKind::Missing)),
            },
            Value::Map(map) => match find(map, Value::Str(field), &mut self.fuel) {
                Ok(found) => found.ok_or(fault(FaultKind::Missing)),
                Err(spent) => Err(fault(spent.into())),
            },
            Value::Optional(_) => self.optional_select(of, Value::Str(field)).map_err(fault),
            _ => Err(fault(FaultKind::Types)),
        }
    }

    /// Whether `of.field` is there.
    pub(super) fn has(&mut self, of: Value<'a>, field: Value<'a>) -> Result<bool, FaultKind> {
        match of {
            Value::Map(map) => Ok(find(map, field, &mut self.fuel)?.is_some()),
            Value::Optional(None) => Ok(false),
            Value::Optional(Some(of)) => self.has(*of, field),
            _ => Err(FaultKind::Types),
        }
    }

    /// `of[index]`; on an optional, an optional.
    pub(super) fn index(&mut self, of: Value<'a>, index: Value<'a>) -> Result<Value<'a>, FaultKind> {
        match of {
            Value::List(list) => at(list, index)?.ok_or(FaultKind::OutOfRange),
            Value::Map(map) => key(map, index, &mut self.fuel)?.ok_or(FaultKind::Missing),
            Value::Optional(_) => self.optional_select(of, index),
            _ => Err(FaultKind::Types),
        }
    }

    /// `of[?index]` and `of.?field`.
    pub(super) fn optional_select(&mut self, of: Value<'a>, index: Value<'a>) -> Result<Value<'a>, FaultKind> {
        let found = match of {
            Value::List(list) => at(list, index)?,
            Value::Map(map) => key(map, index, &mut self.fuel)?,
            Value::Optional(None) => None,
            Value::Optional(Some(Value::List(list))) => at(*list, index)?,
            Value::Optional(Some(Value::Map(map))) => key(*map, index, &mut self.fuel)?,
            _ => return Err(FaultKind::Types),
        };
        match found {
            Some(value) => self.workspace().some(value),
            None => Ok(Value::Optional(None)),
        }
    }

    /// Adds an entry to a map that is being built.
    pub(super) fn insert(
        &mut self,
        entries: &mut bumpalo::collections::Vec<'a, (Value<'a>, Value<'a>)>,
        key: Value<'a>,
        value: Value<'a>,
    ) -> Result<(), FaultKind> {
        if !is_key(key) {
            return Err(FaultKind::Types);
        }
        for (other, _) in entries.iter() {
            self.fuel.step()?;
            if equal(*other, key, &mut self.fuel)? {
                return Err(FaultKind::Invalid("has a key twice"));
            }
        }
        self.fuel.step()?;
        entries.push((key, value));
        Ok(())
    }

    pub(super) fn is_in(&mut self, element: Value<'a>, container: Value<'a>) -> Result<bool, FaultKind> {
        match container {
            Value::List(list) => {
                for item in list.iter() {
                    self.fuel.step()?;
                    if equal(element, item, &mut self.fuel)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Value::Map(map) => Ok(key(map, element, &mut self.fuel)?.is_some()),
            _ => Err(FaultKind::Types),
        }
    }
}

/// The value under a key, which may be a double: it is found under the integer that it equals.
fn key<'a>(map: Map<'a>, key: Value<'_>, fuel: &mut Fuel) -> Result<Option<Value<'a>>, FaultKind> {
    match is_key(key) || matches!(key, Value::Double(_)) {
        true => Ok(find(map, key, fuel)?),
        false => Err(FaultKind::Types),
    }
}

/// The element at an index; none past the end.
fn at<'a>(list: List<'a>, index: Value<'_>) -> Result<Option<Value<'a>>, FaultKind> {
    let position = match index {
        Value::Int(position) => usize::try_from(position).ok(),
        Value::UInt(position) => usize::try_from(position).ok(),
        // A whole double is an index like the integer it equals.
        Value::Double(position) => whole_position(position)?,
        _ => return Err(FaultKind::Types),
    };
    Ok(position.and_then(|position| list.get(position)))
}

fn whole_position(position: f64) -> Result<Option<usize>, FaultKind> {
    if position.fract() != 0.0 {
        return Err(FaultKind::Types);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and out of range saturates")]
    Ok((position >= 0.0).then_some(position as usize))
}
