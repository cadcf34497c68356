//! What can be done with a lowered condition besides deciding: composing, computing, watching.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use bumpalo::Bump;

use super::code::Code;
use super::constant::Constant;
use super::eval::{CONDITION_FUEL, Evaluator, Inputs, evaluate};
use super::fault::{Fault, FaultKind};
use super::fuel::Fuel;
use super::lower::SourceMap;
use super::node::{Binary, Input, Node, NodeId, Root};
use super::value::Value;
use crate::engine::{Query, RequestFacts, Resource};
use crate::identity::Principal;
use crate::time::Timestamp;

/// One lowered condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    pub(crate) code: Code,
    pub(crate) root: NodeId,
}

/// What an expression builds while it is computed.
#[derive(Debug, Default)]
pub struct Memory(Bump);

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvaluationError {
    /// A sentence for the operator.
    pub message: String,
    /// It takes more steps than a condition may.
    pub out_of_fuel: bool,
}

/// An attribute, header or query parameter that a condition reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What it is of: `principal`, `resource`, `request.headers` or `request.query`.
    pub of: &'static str,
    /// Its name.
    pub name: String,
    /// Whether the condition asks anywhere whether it is there.
    pub asked: bool,
}

/// What a part of a condition came to.
#[derive(Clone, Debug)]
pub struct Step {
    /// The part, in bytes of the source.
    pub range: Range<usize>,
    /// How many parts it stands in.
    pub depth: usize,
    /// Its values, in the order in which it was evaluated: once, or once for each element that a macro goes over.
    pub outcomes: Vec<Outcome>,
}

/// A value, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A boolean.
    Bool(bool),
    /// Another value, written in CEL and cut short if it is long.
    Value(String),
    /// Why there is none.
    Error(String),
}

impl Program {
    /// Whether all of these hold, as `&&` has it. None of none.
    #[must_use]
    pub fn all(parts: &[&Program]) -> Option<Program> {
        let (first, rest) = parts.split_first()?;
        let mut all = (*first).clone();
        for part in rest {
            let mut code = Code::default();
            let root = code.reserve();
            code.append(&all.code, all.root);
            let other = code.append(&part.code, part.root);
            code.set(root, Node::And(other));
            all = Program { code, root };
        }
        Some(all)
    }

    /// Whether the request's time is this or later.
    #[must_use]
    pub fn not_before(time: Timestamp) -> Program {
        Program::compared(Binary::GreaterEqual, time)
    }

    /// Whether the request's time is earlier than this.
    #[must_use]
    pub fn before(time: Timestamp) -> Program {
        Program::compared(Binary::Less, time)
    }

    fn compared(operator: Binary, time: Timestamp) -> Program {
        let mut code = Code::default();
        let [root, input, constant] = [code.reserve(), code.reserve(), code.reserve()];
        code.set(root, Node::Binary(operator, constant));
        code.set(input, Node::Input(Input::Time));
        let node = code.constant(Constant::Timestamp(time));
        code.set(constant, node);
        Program { code, root }
    }

    /// Whether it holds for a question.
    ///
    /// # Errors
    /// If it has no value, or one that is not a boolean, or takes more steps than a condition may.
    pub fn holds(&self, query: &Query<'_>, memory: &mut Memory) -> Result<bool, EvaluationError> {
        memory.0.reset();
        let inputs = Inputs { principal: query.principal, resource: query.resource, request: query.request };
        let mut fuel = CONDITION_FUEL;
        evaluate(&self.code, self.root, &inputs, &memory.0, &mut fuel).map_err(|fault| self.error(fault))
    }

    /// What it reads that may be missing, and whether it asks for its presence anywhere.
    #[must_use]
    pub fn reads(&self) -> Vec<Read> {
        let mut reads: BTreeMap<(&'static str, &str), bool> = BTreeMap::new();
        let nodes = (0..self.code.len()).filter_map(|at| self.code.node(NodeId(u32::try_from(at).ok()?)));
        for node in nodes {
            let (root, name, asked) = match node {
                Node::Attribute(root, name) => (root, name, false),
                Node::HasAttribute(root, name) => (root, name, true),
                _ => continue,
            };
            let of = match root {
                Root::Principal => "principal",
                Root::Resource => "resource",
                Root::Header => "request.headers",
                Root::Query => "request.query",
            };
            *reads.entry((of, self.code.string(name))).or_default() |= asked;
        }
        let read = |((of, name), asked): ((&'static str, &str), bool)| Read { of, name: name.to_owned(), asked };
        reads.into_iter().map(read).collect()
    }

    /// Its value over parameters, in the order of [`super::Environment::declaring`].
    ///
    /// # Errors
    /// If it has none, or takes more steps than a condition may.
    pub fn evaluate<'a>(
        &'a self,
        parameters: &'a [Value<'a>],
        memory: &'a Memory,
    ) -> Result<Value<'a>, EvaluationError> {
        let nobody: &'a Principal = memory.0.alloc_with(Principal::nobody);
        let resource = Resource { kind: "", id: None, attributes: super::Map::default() };
        let inputs = memory.0.alloc(Inputs { principal: nobody, resource, request: RequestFacts::default() });
        let mut evaluator = Evaluator::new(&self.code, inputs, parameters, &memory.0, Fuel::of(CONDITION_FUEL), ());
        evaluator.value(self.root).map_err(|fault| self.error(fault))
    }

    fn error(&self, fault: Fault) -> EvaluationError {
        EvaluationError { message: fault.describe(&self.code), out_of_fuel: fault.kind == FaultKind::OutOfFuel }
    }

    /// Evaluates it over a question and tells what each part came to, outer parts before their inner ones. Parts that were
    /// not reached, because others decided, have no outcomes.
    #[must_use]
    pub fn watch(&self, map: &SourceMap, query: &Query<'_>) -> Vec<Step> {
        let mut outcomes: Vec<(NodeId, Outcome)> = Vec::new();
        let inputs = Inputs { principal: query.principal, resource: query.resource, request: query.request };
        let arena = Bump::new();
        let observer = |id: NodeId, outcome: &Result<Value<'_>, Fault>| {
            outcomes.push((
                id,
                match outcome {
                    Ok(Value::Bool(value)) => Outcome::Bool(*value),
                    Ok(value) => Outcome::Value(value.to_string()),
                    Err(fault) => Outcome::Error(fault.describe(&self.code)),
                },
            ));
        };
        let mut evaluator = Evaluator::new(&self.code, &inputs, &[], &arena, Fuel::of(CONDITION_FUEL), observer);
        // What it comes to is the root's outcome.
        let _ = evaluator.boolean(self.root, self.root);
        let mut steps: Vec<Step> = Vec::new();
        for (id, range) in &map.parts {
            let depth = map.parts.iter().filter(|(_, outer)| encloses(outer, range)).count();
            let of_part =
                outcomes.iter().filter(|(other, _)| other == id).map(|(_, outcome)| outcome.clone()).collect();
            steps.push(Step { range: range.clone(), depth, outcomes: of_part });
        }
        steps
    }
}

fn encloses(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end && outer != inner
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Bool(value) => value.fmt(f),
            Outcome::Value(value) => f.write_str(value),
            Outcome::Error(why) => write!(f, "error: {why}"),
        }
    }
}
