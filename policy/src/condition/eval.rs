use std::cmp::Ordering;

use bumpalo::Bump;

use crate::engine::{RequestFacts, Resource};
use crate::identity::Principal;

use super::arithmetic;
use super::code::Code;
use super::compare::{Fuel, Spent, equal, order};
use super::fault::{Fault, FaultKind};
use super::node::{Binary, Fold, Input, MAX_VARIABLES, Node, NodeId, Root, Unary};
use super::value::{List, Map, Value};

/// What conditions read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a> {
    /// `principal`.
    pub(crate) principal: &'a Principal,
    /// `resource`.
    pub(crate) resource: Resource<'a>,
    /// `request`.
    pub(crate) request: RequestFacts<'a>,
}

/// Evaluation steps that one condition may take. A step is a node visited, an element looked at, or 16 bytes compared,
/// so this bounds a condition to well under a millisecond.
const CONDITION_FUEL: u32 = 20_000;

/// Whether a condition holds. The steps it takes, of which a condition has a bound of its own, are taken from `pool`.
///
/// # Errors
/// If the condition has no value, or one that is not a boolean.
pub(crate) fn evaluate(
    code: &Code,
    root: NodeId,
    inputs: &Inputs<'_>,
    arena: &Bump,
    pool: &mut u32,
) -> Result<bool, Fault> {
    let fuel = CONDITION_FUEL.min(*pool);
    let mut evaluator = Evaluator { code, inputs, arena, fuel: Fuel(fuel), variables: [Value::Null; MAX_VARIABLES] };
    let outcome = evaluator.boolean(root, root);
    *pool -= fuel - evaluator.fuel.0;
    outcome
}

struct Evaluator<'a> {
    code: &'a Code,
    inputs: &'a Inputs<'a>,
    arena: &'a Bump,
    fuel: Fuel,
    variables: [Value<'a>; MAX_VARIABLES],
}

impl From<Spent> for FaultKind {
    fn from(_: Spent) -> Self {
        FaultKind::OutOfFuel
    }
}

impl<'a> Evaluator<'a> {
    fn value(&mut self, id: NodeId) -> Result<Value<'a>, Fault> {
        let fault = |kind| Fault { kind, at: id };
        self.fuel.step().map_err(|spent| fault(spent.into()))?;
        // Trees are complete when they are built or decoded: a node that is not there is no condition at all.
        let node = self.code.node(id).ok_or(fault(FaultKind::Types))?;
        Ok(match node {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(value),
            Node::Int(value) => Value::Int(i64::from(value)),
            Node::Int64(word) => Value::Int(self.code.word(word).cast_signed()),
            Node::UInt(word) => Value::UInt(self.code.word(word)),
            Node::Double(word) => Value::Double(f64::from_bits(self.code.word(word))),
            Node::Str(text) => Value::Str(self.code.string(text)),
            Node::List(len, start) => self.list(len, start)?,
            Node::Input(input) => self.input(input).ok_or(fault(FaultKind::Missing))?,
            Node::HasInput(input) => Value::Bool(self.input(input).is_some()),
            Node::Attribute(root, name) => {
                let found = self.attribute(root, self.code.string(name)).map_err(fault)?;
                found.ok_or(fault(FaultKind::Missing))?
            }
            Node::HasAttribute(root, name) => {
                Value::Bool(self.attribute(root, self.code.string(name)).map_err(fault)?.is_some())
            }
            Node::Variable(depth) => *self.variables.get(usize::from(depth)).ok_or(fault(FaultKind::Types))?,
            Node::Select(field) => match self.value(id.operand())? {
                Value::Map(map) => map.get(self.code.string(field)).ok_or(fault(FaultKind::Missing))?,
                _ => return Err(fault(FaultKind::Types)),
            },
            Node::Has(field) => match self.value(id.operand())? {
                Value::Map(map) => Value::Bool(map.get(self.code.string(field)).is_some()),
                _ => return Err(fault(FaultKind::Types)),
            },
            Node::Index(index) => {
                let (of, index) = (self.value(id.operand())?, self.value(index)?);
                at(of, index).map_err(fault)?
            }
            Node::Unary(operator) => self.unary(operator, id)?,
            Node::Binary(Binary::In, container) => self.contained(container, id)?,
            Node::Binary(operator, b) => {
                let (a, b) = (self.value(id.operand())?, self.value(b)?);
                self.binary(operator, a, b).map_err(fault)?
            }
            Node::And(other) => Value::Bool(self.junction(other, id, false)?),
            Node::Or(other) => Value::Bool(self.junction(other, id, true)?),
            Node::Conditional(before, no) => match self.boolean(id.operand(), id)? {
                true => self.value(NodeId(no.0.wrapping_sub(u32::from(before))))?,
                false => self.value(no)?,
            },
            Node::Fold(fold, variable, body) => Value::Bool(self.fold(fold, variable, body, id)?),
        })
    }

    /// A boolean, or a fault at `at`.
    fn boolean(&mut self, id: NodeId, at: NodeId) -> Result<bool, Fault> {
        match self.value(id)? {
            Value::Bool(value) => Ok(value),
            _ => Err(Fault { kind: FaultKind::NotBoolean, at }),
        }
    }

    fn input(&self, input: Input) -> Option<Value<'a>> {
        let Inputs { principal, resource, request } = self.inputs;
        Some(match input {
            Input::PrincipalId => Value::Str(principal.id()),
            Input::PrincipalRoles => Value::List(List::Strings(principal.roles())),
            Input::PrincipalAttributes => Value::Map(Map::Fields(principal.attributes())),
            Input::ResourceKind => Value::Str(resource.kind),
            Input::ResourceId => Value::Str(resource.id?),
            Input::ResourceAttributes => Value::Map(resource.attributes),
            Input::Method => Value::Str(request.method?),
            Input::Path => Value::Str(request.path?),
            Input::Host => Value::Str(request.host?),
        })
    }

    fn attribute(&self, root: Root, name: &str) -> Result<Option<Value<'a>>, FaultKind> {
        Ok(match root {
            Root::Principal => self.inputs.principal.attributes().get(name).map(Value::from),
            Root::Resource => self.inputs.resource.attributes.get(name),
            Root::Header => match self.inputs.request.headers.get(name) {
                Some(raw) => Some(Value::Str(std::str::from_utf8(raw).map_err(|_| FaultKind::NotUtf8)?)),
                None => None,
            },
        })
    }

    fn list(&mut self, len: u16, start: u32) -> Result<Value<'a>, Fault> {
        let ids = self.code.elements(len, start);
        let mut values = bumpalo::collections::Vec::with_capacity_in(ids.len(), self.arena);
        for id in ids {
            values.push(self.value(*id)?);
        }
        Ok(Value::List(List::Built(values.into_bump_slice())))
    }

    fn unary(&mut self, operator: Unary, id: NodeId) -> Result<Value<'a>, Fault> {
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

    fn binary(&mut self, operator: Binary, a: Value<'a>, b: Value<'a>) -> Result<Value<'a>, FaultKind> {
        let ordered = |order: Option<Option<Ordering>>, test: fn(Ordering) -> bool| {
            order.map(|order| Value::Bool(order.is_some_and(test))).ok_or(FaultKind::Types)
        };
        let fuel = &mut self.fuel;
        match operator {
            Binary::Equal => Ok(Value::Bool(equal(a, b, fuel)?)),
            Binary::NotEqual => Ok(Value::Bool(!equal(a, b, fuel)?)),
            Binary::Less => ordered(order(a, b, fuel)?, Ordering::is_lt),
            Binary::LessEqual => ordered(order(a, b, fuel)?, Ordering::is_le),
            Binary::Greater => ordered(order(a, b, fuel)?, Ordering::is_gt),
            Binary::GreaterEqual => ordered(order(a, b, fuel)?, Ordering::is_ge),
            Binary::StartsWith | Binary::EndsWith | Binary::Contains => {
                let (Value::Str(text), Value::Str(part)) = (a, b) else { return Err(FaultKind::Types) };
                fuel.bytes(text.len())?;
                Ok(Value::Bool(match operator {
                    Binary::StartsWith => text.starts_with(part),
                    Binary::EndsWith => text.ends_with(part),
                    _ => text.contains(part),
                }))
            }
            Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo => {
                arithmetic::compute(operator, a, b, self.arena, fuel)
            }
            Binary::In => is_in(a, b, fuel),
        }
    }

    /// `in`. A list written out is looked through where it stands, without being built.
    fn contained(&mut self, list: NodeId, id: NodeId) -> Result<Value<'a>, Fault> {
        let element = self.value(id.operand())?;
        let fault = |kind| Fault { kind, at: id };
        let Some(Node::List(len, start)) = self.code.node(list) else {
            let list = self.value(list)?;
            return is_in(element, list, &mut self.fuel).map_err(fault);
        };
        let mut found = false;
        // Every element is evaluated: a list with an element in error is an error, wherever the match is.
        for item in self.code.elements(len, start) {
            let item = self.value(*item)?;
            found = found || equal(element, item, &mut self.fuel).map_err(|spent| fault(spent.into()))?;
        }
        Ok(Value::Bool(found))
    }

    /// `&&` (`stop` false) and `||` (`stop` true): an operand equal to `stop` decides and absorbs the other's error.
    fn junction(&mut self, other: NodeId, id: NodeId, stop: bool) -> Result<bool, Fault> {
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

    fn fold(&mut self, fold: Fold, variable: u8, body: NodeId, id: NodeId) -> Result<bool, Fault> {
        let fault = |kind| Fault { kind, at: id };
        let range = self.value(id.operand())?;
        let len = match range {
            Value::List(list) => list.len(),
            Value::Map(map) => map.len(),
            _ => return Err(fault(FaultKind::Types)),
        };
        let stop = fold == Fold::Exists;
        let mut first_fault = None;
        for index in 0..len {
            let item = match range {
                Value::List(list) => list.get(index),
                Value::Map(map) => map.entry(index).map(|(name, _)| Value::Str(name)),
                _ => None,
            };
            match (self.variables.get_mut(usize::from(variable)), item) {
                (Some(slot), Some(item)) => *slot = item,
                _ => return Err(fault(FaultKind::Types)),
            }
            match self.boolean(body, id) {
                Ok(value) if value == stop => return Ok(stop),
                Ok(_) => {}
                Err(fault) => first_fault = absorb(first_fault, fault)?,
            }
        }
        first_fault.map_or(Ok(!stop), Err)
    }
}

/// Keeps the first fault for the case that nothing absorbs it. Running out of fuel is never absorbed: with more fuel the
/// answer could be another.
fn absorb(first: Option<Fault>, fault: Fault) -> Result<Option<Fault>, Fault> {
    match fault.kind {
        FaultKind::OutOfFuel => Err(fault),
        _ => Ok(first.or(Some(fault))),
    }
}

fn at<'a>(of: Value<'a>, index: Value<'a>) -> Result<Value<'a>, FaultKind> {
    match (of, index) {
        (Value::List(list), index) => {
            let position = match index {
                Value::Int(position) => usize::try_from(position).ok(),
                Value::UInt(position) => usize::try_from(position).ok(),
                // A whole double is an index like the integer it equals.
                Value::Double(position) => whole_position(position)?,
                _ => return Err(FaultKind::Types),
            };
            position.and_then(|position| list.get(position)).ok_or(FaultKind::OutOfRange)
        }
        (Value::Map(map), Value::Str(name)) => map.get(name).ok_or(FaultKind::Missing),
        (Value::Map(_), Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Double(_)) => Err(FaultKind::Missing),
        _ => Err(FaultKind::Types),
    }
}

fn whole_position(position: f64) -> Result<Option<usize>, FaultKind> {
    if position.fract() != 0.0 {
        return Err(FaultKind::Types);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and out of range saturates")]
    Ok((position >= 0.0).then_some(position as usize))
}

fn is_in<'a>(element: Value<'a>, container: Value<'a>, fuel: &mut Fuel) -> Result<Value<'a>, FaultKind> {
    match container {
        Value::List(list) => {
            for item in list.iter() {
                fuel.step()?;
                if equal(element, item, fuel)? {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        Value::Map(map) => match element {
            Value::Str(name) => Ok(Value::Bool(map.get(name).is_some())),
            // Keys are strings here; these types could be keys, so they are merely not found.
            Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Double(_) => Ok(Value::Bool(false)),
            _ => Err(FaultKind::Types),
        },
        _ => Err(FaultKind::Types),
    }
}

fn size(len: usize) -> Value<'static> {
    Value::Int(i64::try_from(len).unwrap_or(i64::MAX))
}
