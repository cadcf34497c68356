//! The evaluator: a walk over the nodes that borrows what it reads.

mod fold;
mod observe;
mod operators;
mod optional;
mod read;
mod select;

use bumpalo::Bump;

use crate::engine::{RequestFacts, Resource};
use crate::identity::Principal;

use super::arithmetic;
use super::code::Code;
use super::fault::{Fault, FaultKind};
use super::fuel::Fuel;
use super::functions::{Function, MAX_ARGUMENTS};
use super::node::{Binary, MAX_VARIABLES, Node, NodeId};
use super::value::Value;
use super::workspace::Workspace;

pub(crate) use observe::Observer;

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
pub(crate) const CONDITION_FUEL: u32 = 20_000;

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
    let mut evaluator = Evaluator::new(code, inputs, &[], arena, Fuel::of(fuel), ());
    let outcome = evaluator.boolean(root, root);
    *pool -= fuel - evaluator.fuel.left();
    outcome
}

pub(super) struct Evaluator<'a, O> {
    code: &'a Code,
    inputs: &'a Inputs<'a>,
    parameters: &'a [Value<'a>],
    arena: &'a Bump,
    fuel: Fuel,
    variables: [Value<'a>; MAX_VARIABLES],
    observer: O,
}

type Evaluated<'a> = Result<Value<'a>, Fault>;

impl<'a, O: Observer> Evaluator<'a, O> {
    pub(super) fn new(
        code: &'a Code,
        inputs: &'a Inputs<'a>,
        parameters: &'a [Value<'a>],
        arena: &'a Bump,
        fuel: Fuel,
        observer: O,
    ) -> Self {
        Evaluator { code, inputs, parameters, arena, fuel, variables: [Value::Null; MAX_VARIABLES], observer }
    }

    pub(super) fn value(&mut self, id: NodeId) -> Evaluated<'a> {
        let outcome = self.operation(id);
        if O::OBSERVES {
            self.observer.saw(id, &outcome);
        }
        outcome
    }

    /// As [`Self::value`], for operands of the commonest operations: most are leaves, which take no call.
    #[inline(always)]
    fn operand(&mut self, id: NodeId) -> Evaluated<'a> {
        match self.code.node(id) {
            Some(Node::Attribute(root, name)) if !O::OBSERVES && self.fuel.step().is_ok() => {
                self.attribute(root, self.code.string(name), id)
            }
            Some(Node::Input(input)) if !O::OBSERVES && self.fuel.step().is_ok() => self.input(input, id),
            Some(Node::Str(text)) if !O::OBSERVES && self.fuel.step().is_ok() => Ok(Value::Str(self.code.string(text))),
            Some(Node::Int(value)) if !O::OBSERVES && self.fuel.step().is_ok() => Ok(Value::Int(i64::from(value))),
            _ => self.value(id),
        }
    }

    /// Every arm gives its outcome as it is: values are four words, and each further move of one costs as much as its work.
    fn operation(&mut self, id: NodeId) -> Evaluated<'a> {
        let fault = |kind| Fault { kind, at: id };
        if self.fuel.step().is_err() {
            return Err(fault(FaultKind::OutOfFuel));
        }
        // Trees are complete when they are built or decoded: a node that is not there is no condition at all.
        let Some(node) = self.code.node(id) else { return Err(fault(FaultKind::Types)) };
        match node {
            Node::Null => Ok(Value::Null),
            Node::Bool(value) => Ok(Value::Bool(value)),
            Node::Int(value) => Ok(Value::Int(i64::from(value))),
            Node::Int64(word) => Ok(Value::Int(self.code.word(word).cast_signed())),
            Node::UInt(word) => Ok(Value::UInt(self.code.word(word))),
            Node::Double(word) => Ok(Value::Double(f64::from_bits(self.code.word(word)))),
            Node::Str(text) => Ok(Value::Str(self.code.string(text))),
            Node::Bytes(blob) => Ok(Value::Bytes(self.code.blob(blob))),
            Node::Constant(constant) => match self.code.constant_of(constant) {
                Some(constant) => Ok(constant.into()),
                None => Err(fault(FaultKind::Types)),
            },
            Node::Input(input) => self.input(input, id),
            Node::Attribute(root, name) => self.attribute(root, self.code.string(name), id),
            Node::Parameter(position) => match self.parameters.get(usize::from(position)) {
                Some(value) => Ok(*value),
                None => Err(fault(FaultKind::Missing)),
            },
            Node::Variable(depth) => match self.variables.get(usize::from(depth)) {
                Some(value) => Ok(*value),
                None => Err(fault(FaultKind::Types)),
            },
            Node::Select(field) => {
                let of = self.operand(id.operand())?;
                self.select(of, self.code.string(field), id)
            }
            Node::OptionalSelect(field) => {
                let of = self.value(id.operand())?;
                self.optional_select(of, Value::Str(self.code.string(field))).map_err(fault)
            }
            Node::Index(index) => {
                let (of, index) = (self.operand(id.operand())?, self.operand(index)?);
                self.index(of, index).map_err(fault)
            }
            Node::OptionalIndex(index) => {
                let (of, index) = (self.value(id.operand())?, self.value(index)?);
                self.optional_select(of, index).map_err(fault)
            }
            Node::Unary(operator) => self.unary(operator, id),
            Node::Binary(operator, b) if operator.is_arithmetic() => {
                let (a, b) = (self.value(id.operand())?, self.value(b)?);
                arithmetic::compute(operator, a, b, self.arena, &mut self.fuel).map_err(fault)
            }
            Node::Binary(..)
            | Node::And(_)
            | Node::Or(_)
            | Node::Has(_)
            | Node::HasInput(_)
            | Node::HasAttribute(..) => self.truth(node, id).map(Value::Bool),
            Node::Conditional(before, no) => match self.boolean(id.operand(), id)? {
                true => self.value(NodeId(no.0.wrapping_sub(u32::from(before)))),
                false => self.value(no),
            },
            Node::Fold(fold, variable, body) => self.fold(fold, variable, None, body, id),
            Node::FoldPairs(fold, variable, body) => self.fold(fold, variable, Some(variable + 1), body, id),
            Node::Let(variable, body) => {
                let value = self.value(id.operand())?;
                self.set(variable, value).map_err(fault)?;
                self.value(body)
            }
            Node::List(len, start) => self.list(len, start, id),
            Node::Map(len, start) => self.map(len, start, id),
            Node::OptionalMap(flat, variable, body) => self.optional_map(flat, variable, body, id),
            Node::OptionalOr(other) => self.optional_or(other, id),
            Node::OptionalOrValue(other) => self.optional_or_value(other, id),
            Node::Call(function, len, start) => self.call(function, len, start, id),
            Node::Matches(pattern) => self.matches(pattern, id),
            // These stand only within lists, maps and macros, which look for them.
            Node::IfPresent | Node::Filtered(_) => Err(fault(FaultKind::Types)),
        }
    }

    /// A boolean, or a fault at `at`.
    pub(super) fn boolean(&mut self, id: NodeId, at: NodeId) -> Result<bool, Fault> {
        match self.code.node(id) {
            // What nearly every condition is made of takes no detour over a value.
            Some(node @ (Node::Binary(..) | Node::And(_) | Node::Or(_)))
                if !O::OBSERVES && !node.is_arithmetic() && self.fuel.step().is_ok() =>
            {
                self.truth(node, id)
            }
            _ => match self.value(id)? {
                Value::Bool(value) => Ok(value),
                _ => Err(Fault { kind: FaultKind::NotBoolean, at }),
            },
        }
    }

    /// What an operation that can only be true or false comes to.
    fn truth(&mut self, node: Node, id: NodeId) -> Result<bool, Fault> {
        let fault = |kind| Fault { kind, at: id };
        match node {
            Node::Binary(Binary::In, container) => self.contained(container, id),
            Node::Binary(operator, b)
                if !O::OBSERVES
                    && let Some([left, right]) = self.texts(id.operand(), b) =>
            {
                self.fuel.steps(2).map_err(|spent| fault(spent.into()))?;
                self.compare_texts(operator, left, right).map_err(fault)
            }
            Node::Binary(operator, b) => {
                let a = self.operand(id.operand())?;
                let b = self.operand(b)?;
                self.compare(operator, &a, &b).map_err(fault)
            }
            Node::And(other) => self.junction(other, id, false),
            Node::Or(other) => self.junction(other, id, true),
            Node::Has(field) => {
                let of = self.operand(id.operand())?;
                self.has(of, Value::Str(self.code.string(field))).map_err(fault)
            }
            Node::HasInput(input) => present(self.input(input, id)),
            Node::HasAttribute(root, name) => present(self.attribute(root, self.code.string(name), id)),
            _ => Err(fault(FaultKind::Types)),
        }
    }

    fn set(&mut self, variable: u8, value: Value<'a>) -> Result<(), FaultKind> {
        *self.variables.get_mut(usize::from(variable)).ok_or(FaultKind::Types)? = value;
        Ok(())
    }

    fn workspace(&mut self) -> Workspace<'a, '_> {
        Workspace { arena: self.arena, fuel: &mut self.fuel }
    }

    #[inline(never)]
    fn call(&mut self, function: Function, len: u8, start: u32, id: NodeId) -> Evaluated<'a> {
        let fault = |kind| Fault { kind, at: id };
        let mut arguments = [Value::Null; MAX_ARGUMENTS];
        let ids = self.code.arguments(len, start);
        let arguments = arguments.get_mut(..ids.len()).ok_or(fault(FaultKind::Types))?;
        for (place, id) in arguments.iter_mut().zip(ids) {
            *place = self.value(*id)?;
        }
        function.call(arguments, &mut self.workspace()).map_err(fault)
    }

    #[inline(never)]
    fn matches(&mut self, pattern: super::node::PatternId, id: NodeId) -> Evaluated<'a> {
        let fault = |kind| Fault { kind, at: id };
        let Value::Str(text) = self.value(id.operand())? else { return Err(fault(FaultKind::Types)) };
        self.fuel.bytes(text.len()).map_err(|spent| fault(spent.into()))?;
        let pattern = self.code.pattern(pattern).ok_or(fault(FaultKind::Types))?;
        pattern.is_match(text).map(Value::Bool).ok_or(fault(FaultKind::Types))
    }

    #[inline(never)]
    fn list(&mut self, len: u16, start: u32, id: NodeId) -> Evaluated<'a> {
        let ids = self.code.elements(len, start);
        let mut values = bumpalo::collections::Vec::with_capacity_in(ids.len(), self.arena);
        for element in ids {
            if let Some(value) = self.element(*element, id)? {
                values.push(value);
            }
        }
        Ok(self.workspace().list(values))
    }

    #[inline(never)]
    fn map(&mut self, len: u16, start: u32, id: NodeId) -> Evaluated<'a> {
        let fault = |kind| Fault { kind, at: id };
        let ids = self.code.entries(len, start);
        let mut entries = bumpalo::collections::Vec::with_capacity_in(ids.len(), self.arena);
        for [key, value] in ids {
            let key = self.value(*key)?;
            if let Some(value) = self.element(*value, id)? {
                self.insert(&mut entries, key, value).map_err(fault)?;
            }
        }
        Ok(self.workspace().map(entries))
    }

    /// An element of a list or map written out; none where it is optional and empty.
    fn element(&mut self, element: NodeId, at: NodeId) -> Result<Option<Value<'a>>, Fault> {
        match self.code.node(element) {
            Some(Node::IfPresent) => match self.value(element.operand())? {
                Value::Optional(value) => Ok(value.copied()),
                _ => Err(Fault { kind: FaultKind::Types, at }),
            },
            _ => self.value(element).map(Some),
        }
    }
}

/// Whether what was read is there.
fn present(read: Evaluated<'_>) -> Result<bool, Fault> {
    match read {
        Ok(_) => Ok(true),
        Err(Fault { kind: FaultKind::Missing, .. }) => Ok(false),
        Err(fault) => Err(fault),
    }
}
