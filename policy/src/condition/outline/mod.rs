//! What a condition is made of, for those who look for questions that meet it: the logic between its parts, and of each
//! part what it reads and what it holds that against.

mod form;
mod mention;
mod place;
#[cfg(test)]
mod tests;

use super::code::Code;
use super::node::{Node, NodeId, Unary};
use super::{MAX_DEPTH, Program};

pub use form::{Comparison, Form, Term};
pub use mention::Mention;
pub use place::{Origin, Place};

/// A condition as logic over parts that are evaluated as they are. Variables are put in.
#[derive(Clone, Debug, PartialEq)]
pub enum Outline {
    /// `&&`: false if one is, whatever the others.
    All(Vec<Outline>),
    /// `||`: true if one is, whatever the others.
    Any(Vec<Outline>),
    /// `!`.
    Not(Box<Outline>),
    /// `?:`.
    Choice(Box<[Outline; 3]>),
    /// What has no logic in it, or logic within something else.
    Part(Box<Part>),
}

/// A part of a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The part alone.
    pub program: Program,
    /// What it says, where that is simple.
    pub form: Form,
    /// What it reads, each once.
    pub reads: Vec<Place>,
    /// The constants in it, each once.
    pub mentions: Vec<Mention>,
}

impl Program {
    /// The logic of a condition, down to its parts.
    #[must_use]
    pub fn outline(&self) -> Outline {
        outline(&self.code, self.root, 0)
    }
}

fn outline(code: &Code, id: NodeId, depth: usize) -> Outline {
    let deeper = |id| outline(code, id, depth + 1);
    match code.node(id) {
        Some(Node::And(_)) if depth < MAX_DEPTH => {
            Outline::All(chain(code, id, |node| matches!(node, Node::And(_))).into_iter().map(deeper).collect())
        }
        Some(Node::Or(_)) if depth < MAX_DEPTH => {
            Outline::Any(chain(code, id, |node| matches!(node, Node::Or(_))).into_iter().map(deeper).collect())
        }
        Some(Node::Unary(Unary::Not)) if depth < MAX_DEPTH => Outline::Not(Box::new(deeper(id.operand()))),
        Some(Node::Conditional(before, no)) if depth < MAX_DEPTH => {
            let yes = NodeId(no.0.wrapping_sub(u32::from(before)));
            Outline::Choice(Box::new([deeper(id.operand()), deeper(yes), deeper(no)]))
        }
        _ => Outline::Part(Box::new(part(code, id))),
    }
}

/// The operands of a chain of one operator, in order.
fn chain(code: &Code, root: NodeId, is_link: impl Fn(Node) -> bool) -> Vec<NodeId> {
    let mut operands = Vec::new();
    let mut pending = vec![root];
    while let Some(next) = pending.pop() {
        match code.node(next) {
            Some(node @ (Node::And(other) | Node::Or(other))) if is_link(node) => {
                pending.extend([other, next.operand()]);
            }
            _ => operands.push(next),
        }
    }
    operands
}

fn part(from: &Code, root: NodeId) -> Part {
    let mut code = Code::default();
    let root = code.append(from, root);
    let (mut reads, mut mentions) = (Vec::new(), Vec::new());
    let mut pending = vec![root];
    while let Some(next) = pending.pop() {
        if let Some(place) = place::read(&code, next).or_else(|| place::asked_for(&code, next)) {
            if !reads.contains(&place) {
                reads.push(place);
            }
            continue;
        }
        if let Some(mention) = mention::of(&code, next)
            && !mentions.contains(&mention)
        {
            mentions.push(mention);
        }
        pending.extend(operands(&code, next).into_iter().rev());
    }
    let form = form::of(&code, root);
    Part { program: Program { code, root }, form, reads, mentions }
}

/// The nodes directly in another, in order.
fn operands(code: &Code, id: NodeId) -> Vec<NodeId> {
    let Some(node) = code.node(id) else { return Vec::new() };
    match node {
        Node::Null
        | Node::Bool(_)
        | Node::Int(_)
        | Node::Int64(_)
        | Node::UInt(_)
        | Node::Double(_)
        | Node::Str(_)
        | Node::Bytes(_)
        | Node::Constant(_)
        | Node::Input(_)
        | Node::HasInput(_)
        | Node::Attribute(..)
        | Node::HasAttribute(..)
        | Node::Parameter(_)
        | Node::Variable(_) => Vec::new(),
        Node::List(len, start) => code.elements(len, start).to_vec(),
        Node::Map(len, start) => code.entries(len, start).as_flattened().to_vec(),
        Node::Call(_, len, start) => code.arguments(len, start).to_vec(),
        Node::Conditional(before, no) => vec![id.operand(), NodeId(no.0.wrapping_sub(u32::from(before))), no],
        with_operand => std::iter::once(id.operand()).chain(with_operand.other()).collect(),
    }
}
