use std::cmp::Ordering;

use super::{Evaluated, Evaluator, Observer};
use crate::condition::arithmetic;
use crate::condition::compare::{equal, order};
use crate::condition::fault::{Fault, FaultKind};
use crate::condition::node::{Binary, Node, NodeId, Unary};
use crate::condition::value::Value;
use crate::texts::{same, starts_with};

impl<'a, O: Observer> Evaluator<'a, O> {
    pub(super) fn unary(&mut self, operator: Unary, id: NodeId) -> Evaluated<'a> {
        let value = self.value(id.operand())?;
        match (operator, value) {
            (Unary::Not, Value::Bool(value)) => Ok(Value::Bool(!value)),
            (Unary::Negate, value) => arithmetic::negate(value),
            (Unary::Size, Value::Str(text)) => {
                self.fuel.bytes(text.len()).map_err(FaultKind::from).map(|()| size(text.chars().count()))
            }
            (Unary::Size, Value::Bytes(bytes)) => Ok(size(bytes.len())),
            (Unary::Size, Value::List(list)) => Ok(size(list.len())),
            (Unary::Size, Value::Map(map)) => Ok(size(map.len())),
            _ => Err(FaultKind::Types),
        }
        .map_err(|kind| Fault { kind, at: id })
    }

    /// Operators that give a boolean, of strings.
    #[inline]
    pub(super) fn compare_texts(&mut self, operator: Binary, a: &str, b: &str) -> Result<bool, FaultKind> {
        let bytes = match operator {
            Binary::StartsWith | Binary::EndsWith | Binary::Contains => a.len(),
            _ => a.len().min(b.len()),
        };
        self.fuel.bytes(bytes)?;
        Ok(match operator {
            Binary::Equal => same(a, b),
            Binary::NotEqual => !same(a, b),
            Binary::StartsWith => starts_with(a, b),
            Binary::EndsWith => a.ends_with(b),
            Binary::Contains => a.contains(b),
            Binary::Less => a < b,
            Binary::LessEqual => a <= b,
            Binary::Greater => a > b,
            Binary::GreaterEqual => a >= b,
            _ => return Err(FaultKind::Types),
        })
    }

    /// Operators that give a boolean.
    #[inline]
    pub(super) fn compare(&mut self, operator: Binary, a: &Value<'a>, b: &Value<'a>) -> Result<bool, FaultKind> {
        match (a, b) {
            (Value::Str(a), Value::Str(b)) if operator != Binary::In => self.compare_texts(operator, a, b),
            (Value::Int(a), Value::Int(b)) if operator == Binary::Less => Ok(a < b),
            _ => self.compare_any(operator, *a, *b),
        }
    }

    #[inline(never)]
    fn compare_any(&mut self, operator: Binary, a: Value<'a>, b: Value<'a>) -> Result<bool, FaultKind> {
        let ordered = |order: Option<Option<Ordering>>, test: fn(Ordering) -> bool| {
            order.map(|order| order.is_some_and(test)).ok_or(FaultKind::Types)
        };
        let fuel = &mut self.fuel;
        match operator {
            Binary::Equal => Ok(equal(a, b, fuel)?),
            Binary::NotEqual => Ok(!equal(a, b, fuel)?),
            Binary::Less => ordered(order(a, b, fuel)?, Ordering::is_lt),
            Binary::LessEqual => ordered(order(a, b, fuel)?, Ordering::is_le),
            Binary::Greater => ordered(order(a, b, fuel)?, Ordering::is_gt),
            Binary::GreaterEqual => ordered(order(a, b, fuel)?, Ordering::is_ge),
            Binary::In => self.is_in(a, b),
            Binary::StartsWith | Binary::EndsWith | Binary::Contains => Err(FaultKind::Types),
            Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo => {
                Err(FaultKind::Types)
            }
        }
    }

    /// `in`. A list written out is looked through where it stands, without being built.
    pub(super) fn contained(&mut self, list: NodeId, id: NodeId) -> Result<bool, Fault> {
        let element = self.operand(id.operand())?;
        let fault = |kind| Fault { kind, at: id };
        let Some(Node::List(len, start)) = self.code.node(list) else {
            let list = self.value(list)?;
            return self.is_in(element, list).map_err(fault);
        };
        let mut found = false;
        // Every element is evaluated: a list with an element in error is an error, wherever the match is.
        for item in self.code.elements(len, start) {
            let item = match self.code.node(*item) {
                Some(Node::IfPresent) => match self.element(*item, id)? {
                    Some(item) => item,
                    None => continue,
                },
                _ => self.operand(*item)?,
            };
            found = found || equal(element, item, &mut self.fuel).map_err(|spent| fault(spent.into()))?;
        }
        Ok(found)
    }

    /// `&&` (`stop` false) and `||` (`stop` true): an operand equal to `stop` decides and absorbs the other's error.
    pub(super) fn junction(&mut self, other: NodeId, id: NodeId, stop: bool) -> Result<bool, Fault> {
        let fault = match self.boolean(id.operand(), id) {
            Ok(value) if value == stop => return Ok(stop),
            Ok(_) => None,
            Err(fault) => absorb(None, fault)?,
        };
        match (self.boolean(other, id), fault) {
            (Ok(value), _) if value == stop => Ok(stop),
            (other, None) => other,
            // Out of fuel is no operand's value.
            (Err(Fault { kind: FaultKind::OutOfFuel, at }), _) => Err(Fault { kind: FaultKind::OutOfFuel, at }),
            (_, Some(first)) => Err(first),
        }
    }
}

/// Keeps the first fault for the case that nothing absorbs it. Running out of fuel is never absorbed: with more fuel the
/// answer could be another.
pub(super) fn absorb(first: Option<Fault>, fault: Fault) -> Result<Option<Fault>, Fault> {
    match fault.kind {
        FaultKind::OutOfFuel => Err(fault),
        _ => Ok(first.or(Some(fault))),
    }
}

fn size(len: usize) -> Value<'static> {
    Value::Int(i64::try_from(len).unwrap_or(i64::MAX))
}
