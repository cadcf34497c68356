//! What evaluating a condition costs, before it is evaluated: bounds on the steps it takes.
//!
//! Walks the nodes as the evaluator does and adds what it would take from its fuel. Sizes of what is read are unknown: they
//! stay in the sum as what they are. Every value has a size (see [`Size`]) that bounds what looking at all of it takes,
//! and so its number of elements, and what comparing it takes.

mod bound;
mod functions;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::fmt;

use super::code::Code;
use super::eval::CONDITION_FUEL;
use super::fault::input_name;
use super::node::{Binary, Fold, Node, NodeId, Root, Unary};
use super::{MAX_DEPTH, Program};

pub use bound::{Bound, Size};

/// Bounds on the steps that a condition takes. It takes the fewest where it is decided, or fails, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Steps that it takes in any case.
    pub least: u64,
    /// Steps that it takes at most. Past those that a condition may take, its evaluation is an error.
    pub most: Bound,
}

impl Program {
    /// What evaluating it costs.
    #[must_use]
    pub fn cost(&self) -> Cost {
        let costs = Costs { code: &self.code, built: Cell::default() };
        Cost { least: costs.least(self.root, 0), most: costs.part(self.root, 0).steps }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most.constant() {
            Some(most) if most == self.least => write!(f, "{most} steps"),
            _ => write!(f, "{} to {} steps", self.least, self.most),
        }
    }
}

/// A part of a condition: what it takes, and how large its value is.
struct Part {
    steps: Bound,
    size: Bound,
    /// Its value may be, or hold, a map that the condition builds: finding a key there is a search.
    built: bool,
}

impl Part {
    fn leaf(size: Bound) -> Self {
        Part { steps: Bound::steps(1), size, built: false }
    }
}

struct Costs<'c> {
    code: &'c Code,
    /// By variable, as a bit: it may be, or hold, a map that the condition builds.
    built: Cell<u32>,
}

impl Costs<'_> {
    fn part(&self, id: NodeId, depth: usize) -> Part {
        let node = self.code.node(id);
        let Some(node) = node.filter(|_| depth <= MAX_DEPTH) else { return Part::leaf(Bound::all()) };
        let of = |id: NodeId| self.part(id, depth + 1);
        let first = || of(id.operand());
        match node {
            Node::Null
            | Node::Bool(_)
            | Node::Int(_)
            | Node::Int64(_)
            | Node::UInt(_)
            | Node::Double(_)
            | Node::Constant(_)
            | Node::HasInput(_)
            | Node::HasAttribute(..) => Part::leaf(Bound::none()),
            Node::Str(text) => Part::leaf(Bound::steps(words(self.code.string(text).len()))),
            Node::Bytes(blob) => Part::leaf(Bound::steps(words(self.code.blob(blob).len()))),
            Node::Input(input) if matches!(input_name(input), "request.time" | "request.source.port") => {
                Part::leaf(Bound::none())
            }
            Node::Input(input) => Part::leaf(Bound::of(Size::Of(input_name(input).to_owned()))),
            Node::Attribute(root, name) => {
                let name = self.code.string(name);
                Part::leaf(Bound::of(Size::Of(match root {
                    Root::Principal => format!("principal.{name}"),
                    Root::Resource => format!("resource.{name}"),
                    Root::Header => format!("request.headers['{name}']"),
                    Root::Query => format!("request.query['{name}']"),
                })))
            }
            Node::Parameter(position) => {
                Part { built: true, ..Part::leaf(Bound::of(Size::Of(format!("parameter {position}")))) }
            }
            Node::Variable(variable) => {
                let built = self.built.get() & bit(variable) != 0;
                Part { built, ..Part::leaf(Bound::of(Size::Variable(variable))) }
            }
            Node::List(len, start) => self.list(self.code.elements(len, start), depth),
            Node::Map(len, start) => self.map(self.code.entries(len, start), depth),
            // These stand within others, which take their steps.
            Node::IfPresent => first(),
            Node::Filtered(_) => Part::leaf(Bound::none()),
            Node::Select(field) | Node::Has(field) | Node::OptionalSelect(field) => {
                let of = first();
                let key = Bound::steps(words(self.code.string(field).len()));
                let steps = of.steps.plus_steps(2).plus(&search(&of.size, &key, of.built));
                Part { steps, size: of.size.plus_steps(1), built: of.built }
            }
            Node::Index(index) | Node::OptionalIndex(index) => {
                let (of, index) = (first(), of(index));
                let found = search(&of.size, &index.size, of.built);
                let steps = of.steps.plus(&index.steps).plus_steps(2).plus(&found);
                Part { steps, size: of.size.plus_steps(1), built: of.built }
            }
            Node::Unary(operator) => {
                let of = first();
                let steps = match operator {
                    Unary::Size => of.steps.plus(&of.size),
                    Unary::Not | Unary::Negate => of.steps,
                };
                Part { steps: steps.plus_steps(1), size: Bound::none(), built: false }
            }
            Node::Binary(operator, other) => self.binary(operator, id, other, depth),
            Node::And(other) | Node::Or(other) => {
                let steps = first().steps.plus(&of(other).steps).plus_steps(1);
                Part { steps, size: Bound::none(), built: false }
            }
            Node::Conditional(before, no) => {
                let yes = of(NodeId(no.0.wrapping_sub(u32::from(before))));
                let no = of(no);
                Part {
                    steps: first().steps.plus(&yes.steps.or(&no.steps)).plus_steps(1),
                    size: yes.size.or(&no.size),
                    built: yes.built || no.built,
                }
            }
            Node::Fold(fold, variable, body) => self.fold(fold, &[variable], id, body, depth),
            Node::FoldPairs(fold, variable, body) => {
                self.fold(fold, &[variable, variable.saturating_add(1)], id, body, depth)
            }
            Node::Let(variable, body) => {
                let value = first();
                self.set(&[variable], value.built);
                let body = of(body);
                Part {
                    steps: value.steps.plus(&body.steps.with(variable, &value.size)).plus_steps(1),
                    size: body.size.with(variable, &value.size),
                    built: value.built || body.built,
                }
            }
            Node::OptionalMap(_, variable, body) => {
                let value = first();
                self.set(&[variable], value.built);
                let body = of(body);
                Part {
                    steps: value.steps.plus(&body.steps.with(variable, &value.size)).plus_steps(2),
                    size: body.size.with(variable, &value.size).plus_steps(1),
                    built: value.built || body.built,
                }
            }
            Node::OptionalOr(other) | Node::OptionalOrValue(other) => {
                let (of, other) = (first(), of(other));
                Part {
                    steps: of.steps.plus(&other.steps).plus_steps(1),
                    size: of.size.or(&other.size),
                    built: of.built || other.built,
                }
            }
            Node::Call(function, len, start) => {
                let arguments: Vec<Part> = self.code.arguments(len, start).iter().map(|id| of(*id)).collect();
                let sizes: Vec<Bound> = arguments.iter().map(|argument| argument.size.clone()).collect();
                let (size, own) = functions::of(function.name(), &sizes);
                let steps = arguments.iter().fold(own.plus_steps(1), |steps, argument| steps.plus(&argument.steps));
                Part { steps, size, built: arguments.iter().any(|argument| argument.built) }
            }
            Node::Matches(_) => {
                let text = first();
                Part { steps: text.steps.plus(&text.size).plus_steps(1), size: Bound::none(), built: false }
            }
        }
    }

    /// Whether what these variables stand for may be a map that was built.
    fn set(&self, variables: &[u8], built: bool) {
        let bits = variables.iter().fold(0, |bits, variable| bits | bit(*variable));
        let others = self.built.get() & !bits;
        self.built.set(if built { others | bits } else { others });
    }

    fn list(&self, elements: &[NodeId], depth: usize) -> Part {
        let mut list = Part::leaf(Bound::none());
        for element in elements {
            let element = self.part(*element, depth + 1);
            list.steps = list.steps.plus(&element.steps);
            list.size = list.size.plus(&element.size).plus_steps(1);
            list.built |= element.built;
        }
        list
    }

    fn map(&self, entries: &[[NodeId; 2]], depth: usize) -> Part {
        let mut map = Part { built: true, ..Part::leaf(Bound::none()) };
        for [key, value] in entries {
            let (key, value) = (self.part(*key, depth + 1), self.part(*value, depth + 1));
            // Each key is compared with those before it.
            map.steps = map.steps.plus(&key.steps).plus(&value.steps).plus(&map.size).plus_steps(1);
            map.size = map.size.plus(&key.size).plus(&value.size).plus_steps(1);
        }
        map
    }

    fn binary(&self, operator: Binary, id: NodeId, other: NodeId, depth: usize) -> Part {
        let a = self.part(id.operand(), depth + 1);
        if let (Binary::In, Some(Node::List(len, start))) = (operator, self.code.node(other)) {
            let mut steps = a.steps.plus_steps(1);
            for item in self.code.elements(len, start) {
                let item = self.part(*item, depth + 1);
                steps = steps.plus(&item.steps).plus(&comparison(&a.size, &item.size, a.built || item.built));
            }
            return Part { steps, size: Bound::none(), built: false };
        }
        let b = self.part(other, depth + 1);
        let built = a.built || b.built;
        let (own, size) = match operator {
            Binary::Equal | Binary::NotEqual => (comparison(&a.size, &b.size, built), Bound::none()),
            Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual => {
                (a.size.min(&b.size), Bound::none())
            }
            Binary::StartsWith | Binary::EndsWith | Binary::Contains => (a.size.clone(), Bound::none()),
            // Of lists and maps it looks at all; what it compares with each of these is no more than that.
            Binary::In if built => (comparison(&a.size, &b.size, true).times(&b.size).plus(&b.size), Bound::none()),
            Binary::In => (b.size.clone(), Bound::none()),
            Binary::Add if !self.is_number(id.operand()) && !self.is_number(other) => {
                let both = a.size.clone().plus(&b.size);
                (both.times_steps(10).plus_steps(20), both.plus_steps(2))
            }
            Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo => {
                (Bound::none(), Bound::none())
            }
        };
        Part { steps: a.steps.plus(&b.steps).plus(&own).plus_steps(1), size, built: operator == Binary::Add && built }
    }

    /// Whether adding it to something can only be arithmetic.
    fn is_number(&self, id: NodeId) -> bool {
        matches!(
            self.code.node(id),
            Some(Node::Int(_) | Node::Int64(_) | Node::UInt(_) | Node::Double(_) | Node::Constant(_))
        )
    }

    fn fold(&self, fold: Fold, variables: &[u8], id: NodeId, body: NodeId, depth: usize) -> Part {
        let range = self.part(id.operand(), depth + 1);
        self.set(variables, range.built);
        let (filter, body) = match self.code.node(body) {
            Some(Node::Filtered(transform)) => {
                (self.part(body.operand(), depth + 2).steps, self.part(transform, depth + 2))
            }
            _ => (Bound::none(), self.part(body, depth + 1)),
        };
        let sum = |each: Bound| each.summed(variables, &range.size);
        let each = filter.plus(&body.steps);
        let values = || sum(body.size.clone().plus_steps(1));
        let (own, size) = match fold {
            Fold::All | Fold::Exists | Fold::ExistsOne => (sum(each), Bound::none()),
            Fold::Filter => (sum(each.plus_steps(1)), range.size.clone()),
            Fold::Map => (sum(each.plus_steps(1)), values()),
            Fold::TransformMap => {
                let entries = values().plus(&range.size);
                (sum(each.plus_steps(1)).plus(&range.size.times(&entries)), entries)
            }
            Fold::TransformMapEntry => {
                let entries = values();
                (sum(each.plus_steps(1)).plus(&entries.times(&entries)).plus(&entries), entries)
            }
            Fold::SortBy => {
                let (_, sorted) = functions::of("@sortByAssociatedKeys", &[range.size.clone(), values()]);
                (sum(each.plus_steps(1)).plus(&sorted), range.size.clone())
            }
        };
        let built = range.built || body.built || matches!(fold, Fold::TransformMap | Fold::TransformMapEntry);
        Part { steps: range.steps.plus(&own).plus_steps(1), size, built }
    }

    /// Steps in any case: of what is evaluated first, and of what follows what cannot fail.
    fn least(&self, id: NodeId, depth: usize) -> u64 {
        let Some(node) = self.code.node(id).filter(|_| depth <= MAX_DEPTH) else { return 0 };
        let of = |id: NodeId| self.least(id, depth + 1);
        let first = || of(id.operand());
        let then = |second: NodeId| if self.is_certain(id.operand()) { of(second) } else { 0 };
        1 + match node {
            Node::Select(_)
            | Node::Has(_)
            | Node::OptionalSelect(_)
            | Node::Unary(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Conditional(..)
            | Node::Fold(..)
            | Node::FoldPairs(..)
            | Node::OptionalMap(..)
            | Node::OptionalOr(_)
            | Node::OptionalOrValue(_)
            | Node::Matches(_) => first(),
            Node::Let(_, body) => first() + then(body),
            // A list written out on its right is not built.
            Node::Binary(Binary::In, other) if matches!(self.code.node(other), Some(Node::List(..))) => first(),
            Node::Index(other) | Node::OptionalIndex(other) | Node::Binary(_, other) => first() + then(other),
            Node::Call(_, len, start) => self.code.arguments(len, start).first().map_or(0, |argument| of(*argument)),
            _ => 0,
        }
        .min(u64::from(CONDITION_FUEL) - 1)
    }

    /// Whether it has a value, whatever is read.
    fn is_certain(&self, id: NodeId) -> bool {
        matches!(
            self.code.node(id),
            Some(
                Node::Null
                    | Node::Bool(_)
                    | Node::Int(_)
                    | Node::Int64(_)
                    | Node::UInt(_)
                    | Node::Double(_)
                    | Node::Str(_)
                    | Node::Bytes(_)
                    | Node::Constant(_)
                    | Node::HasInput(_)
                    | Node::Variable(_)
            )
        )
    }
}

fn bit(variable: u8) -> u32 {
    1_u32.checked_shl(u32::from(variable)).unwrap_or_default()
}

/// Whole runs of 16 bytes.
fn words(len: usize) -> u64 {
    u64::try_from(len / 16).unwrap_or(u64::MAX)
}

/// Finding a key.
fn search(of: &Bound, key: &Bound, built: bool) -> Bound {
    match built {
        true => of.times(&key.clone().plus_steps(1)),
        false => Bound::none(),
    }
}

/// Comparing all of two values. In maps that were built, each key of one is looked for in the other.
fn comparison(a: &Bound, b: &Bound, built: bool) -> Bound {
    match built {
        true if a.constant() == Some(0) || b.constant() == Some(0) => Bound::none(),
        true => a.clone().plus(b).plus(&a.times(b).times_steps(2)),
        false => a.min(b),
    }
}
