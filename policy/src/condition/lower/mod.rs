//! From the parsed tree to nodes.
//!
//! Lowering knows what an expression means, not whether it is wise: it refuses what has no meaning here, by name and
//! place, and leaves to evaluation what CEL calls an error.

mod call;
mod constant;
mod fold;
mod literal;
pub(super) mod place;
mod unknown;

use std::ops::Range;

use cel_interpreter::common::ast::{Expr, IdedExpr};

pub(super) use call::chain;

use super::ast::{Parsed, parse};
use super::code::MAX_DEPTH;
use super::environment::{self, Environment};
use super::node::{Node, NodeId};
use super::program::Program;
use super::{Code, ConditionProblem};
use crate::source::tree::closest;

/// How deep the tree of a condition may be: what is put around it, such as a derived role's condition, needs some levels.
const MAX_SOURCE_DEPTH: usize = MAX_DEPTH - 4;

/// How problems within named expressions begin.
const WITHIN: &str = "in variable ";

/// How deep variables may stand in variables.
const MAX_NAMED: usize = 16;
/// In how many places a condition may take variables, those in its variables included; each is parsed where it is taken.
const MAX_INLINED: usize = 256;

/// Most operations of a condition, those of its variables included, and those that are computed beforehand: named
/// expressions that name each other could take any time.
const MAX_OPERATIONS: usize = 4096;
/// Most bytes of all the automata of a condition's patterns: bounds the time that compiling them takes.
const MAX_PATTERNS: usize = 1024 * 1024;

/// What a condition may still take.
#[derive(Clone, Copy, Debug)]
struct Budget {
    operations: usize,
    patterns: usize,
    /// Places that take variables.
    named: usize,
}

/// Where the parts of a lowered condition stand in its source.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    /// By node, ascending.
    pub(super) parts: Vec<(NodeId, Range<usize>)>,
}

/// Parses a CEL expression and lowers it.
///
/// # Errors
/// If it is not CEL, reads a name that has no meaning, uses what is not supported, or exceeds a limit.
pub fn lower(source: &str, environment: &Environment) -> Result<Program, ConditionProblem> {
    lower_mapped(source, environment).map(|(program, _)| program)
}

/// As [`lower`], with the places of all parts.
///
/// # Errors
/// As [`lower`].
pub fn lower_mapped(source: &str, environment: &Environment) -> Result<(Program, SourceMap), ConditionProblem> {
    let parsed = parse(source)?;
    lower_part(&parsed, &parsed.expression, environment)
}

/// Lowers an expression, or a part of one on its own.
///
/// # Errors
/// As [`lower`].
pub(super) fn lower_part(
    parsed: &Parsed,
    part: &IdedExpr,
    environment: &Environment,
) -> Result<(Program, SourceMap), ConditionProblem> {
    let mut lowering = Lowering {
        environment,
        parsed,
        inlined: None,
        code: Code::default(),
        map: SourceMap::default(),
        locals: Vec::new(),
        hidden: 0,
        depth: 0,
        budget: Budget { operations: MAX_OPERATIONS, patterns: MAX_PATTERNS, named: MAX_INLINED },
    };
    let root = lowering.node(part)?;
    let (mut code, mut map) = (lowering.code, lowering.map);
    code.shrink();
    map.parts.sort_by_key(|(id, _)| *id);
    Ok((Program { code, root }, map))
}

struct Lowering<'p> {
    environment: &'p Environment,
    parsed: &'p Parsed,
    /// The named expressions that are being put in, and where the outermost is named.
    inlined: Option<(Vec<&'p str>, Range<usize>)>,
    code: Code,
    map: SourceMap,
    /// Variables of the macros around the current node, outermost first.
    locals: Vec<String>,
    /// How many variables of macros around a named expression it cannot see.
    hidden: usize,
    depth: usize,
    budget: Budget,
}

type Lowered<T> = Result<T, ConditionProblem>;

impl<'p> Lowering<'p> {
    fn node(&mut self, expression: &IdedExpr) -> Lowered<NodeId> {
        self.deeper(expression, |lowering| {
            let id = lowering.code.reserve();
            let node = lowering.operation(expression, id)?;
            lowering.code.set(id, node);
            Ok(id)
        })
    }

    /// One level further down the tree.
    fn deeper<T>(&mut self, at: &IdedExpr, work: impl FnOnce(&mut Self) -> Lowered<T>) -> Lowered<T> {
        if self.depth >= MAX_SOURCE_DEPTH {
            let message = format!("the condition nests deeper than {MAX_SOURCE_DEPTH} operations; simplify it");
            return Err(self.problem(at, message));
        }
        self.count(at)?;
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    /// One operation more.
    fn count(&mut self, at: &IdedExpr) -> Lowered<()> {
        let Some(left) = self.budget.operations.checked_sub(1) else {
            let message =
                format!("the condition has more than {MAX_OPERATIONS} operations; split it into several policies");
            return Err(self.problem(at, message));
        };
        self.budget.operations = left;
        Ok(())
    }

    /// The node for an expression, whose place is reserved.
    fn operation(&mut self, expression: &IdedExpr, id: NodeId) -> Lowered<Node> {
        if self.inlined.is_none() {
            self.map.parts.push((id, self.parsed.extent(expression)));
        }
        if let Some(node) = self.named(expression, id)? {
            return Ok(node);
        }
        match &expression.expr {
            Expr::Literal(literal) => Ok(self.literal(literal)),
            Expr::Ident(name) => self.unresolved(self.unknown_name(name, expression)),
            Expr::Select(select) => {
                self.node(&select.operand)?;
                Ok(Node::Select(self.code.push_string(&select.field)))
            }
            Expr::Call(call) => self.call(call, expression, id),
            Expr::List(list) => self.list(list),
            Expr::Map(map) => self.map_literal(map),
            Expr::Struct(_) => Err(self.unsupported(expression, "a message literal")),
            Expr::Comprehension(_) => Err(self.unsupported(expression, "an expanded macro")),
            Expr::Unspecified => Err(self.problem(expression, "an empty expression".to_owned())),
        }
    }

    /// What a name, or selections on one, stand for.
    fn named(&mut self, expression: &IdedExpr, id: NodeId) -> Lowered<Option<Node>> {
        if let Some(node) = self.place_node(expression, id)? {
            return Ok(Some(node));
        }
        let Some(segments) = environment::segments(expression) else { return Ok(None) };
        match segments.as_slice() {
            [name] if self.local(name).is_some() => return Ok(self.local(name).map(Node::Variable)),
            [first, ..] if self.local(first).is_some() => return Ok(None),
            _ => {}
        }
        if let Some((parameter, used)) = self.environment.parameter(&segments) {
            return Ok((used == segments.len()).then_some(Node::Parameter(parameter)));
        }
        match environment::type_named(&segments) {
            Some(found) => Ok(Some(self.code.constant(super::Constant::Type(found)))),
            None => Ok(None),
        }
    }

    /// The variable of a macro around the current node.
    fn local(&self, name: &str) -> Option<u8> {
        let depth = self.locals.iter().rposition(|local| local == name)?;
        u8::try_from(self.hidden + depth).ok()
    }

    /// What names nothing is refused in policies; elsewhere it is an error once it is evaluated, as CEL has it unchecked.
    fn unresolved(&self, problem: ConditionProblem) -> Lowered<Node> {
        if self.environment.policy { Err(problem) } else { Ok(Node::Parameter(environment::UNDECLARED)) }
    }

    /// A named expression, put in where it is named.
    fn inline(&mut self, name: &str, at: &IdedExpr, id: NodeId) -> Lowered<Node> {
        let Some((name, text)) = self.environment.variables.get_key_value(name) else {
            let known = self.environment.variables.keys().map(String::as_str);
            let hint = match closest(name, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if self.environment.variables.is_empty() => "the set has no `variables`".to_owned(),
                None => "declare it in the section `variables`".to_owned(),
            };
            return Err(self.problem(at, format!("unknown variable `{name}`; {hint}")));
        };
        let (mut names, place) = self.inlined.clone().unwrap_or_else(|| (Vec::new(), self.parsed.extent(at)));
        if names.contains(&name.as_str()) {
            return Err(self.problem(at, format!("variable `{name}` is defined by itself")));
        }
        names.push(name);
        if names.len() > MAX_NAMED {
            return Err(
                self.problem(at, format!("variables stand in variables more than {MAX_NAMED} deep; simplify them"))
            );
        }
        let Some(left) = self.budget.named.checked_sub(1) else {
            let message = format!("the condition takes variables in more than {MAX_INLINED} places; simplify it");
            return Err(self.problem(at, message));
        };
        self.budget.named = left;
        self.count(at)?;
        let within = |problem: ConditionProblem| ConditionProblem {
            offset: place.start,
            len: place.len().max(1),
            // The innermost is where it is.
            message: match problem.message.starts_with(WITHIN) {
                true => problem.message,
                false => format!("{WITHIN}`{name}`: {}", problem.message),
            },
        };
        let parsed = parse(text).map_err(within)?;
        let mut inner = Lowering {
            environment: self.environment,
            parsed: &parsed,
            inlined: Some((names, place.clone())),
            code: std::mem::take(&mut self.code),
            map: SourceMap::default(),
            locals: Vec::new(),
            hidden: self.hidden + self.locals.len(),
            depth: self.depth,
            budget: self.budget,
        };
        let outcome = inner.operation(&parsed.expression, id);
        (self.code, self.budget) = (inner.code, inner.budget);
        outcome.map_err(within)
    }

    /// Takes back what was lowered from a place on.
    fn truncate(&mut self, from: NodeId) {
        self.code.truncate(from);
        self.map.parts.retain(|(id, _)| *id < from);
    }

    fn unsupported(&self, at: &IdedExpr, what: &str) -> ConditionProblem {
        self.problem(at, format!("{what} is not supported in conditions"))
    }

    fn problem(&self, at: &IdedExpr, message: String) -> ConditionProblem {
        self.parsed.problem(at, message)
    }
}

/// The named expressions that an expression reads, each with where it is named, in bytes.
///
/// # Errors
/// If it is not CEL.
pub fn variables_read(source: &str) -> Result<Vec<(String, usize)>, ConditionProblem> {
    let parsed = parse(source)?;
    let mut found = Vec::new();
    let mut pending = vec![&parsed.expression];
    while let Some(next) = pending.pop() {
        if let Some(name) = place::variable_named(next) {
            found.push((name.to_owned(), parsed.extent(next).start));
        }
        pending.extend(super::ast::children(&next.expr));
    }
    found.sort_by_key(|(_, offset)| *offset);
    Ok(found)
}

#[cfg(test)]
mod tests;
