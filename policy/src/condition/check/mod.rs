//! What is certainly wrong with a condition that has a meaning: operations that can never have a value for what is known
//! of their operands, comparisons that are decided beforehand, attributes that no schema knows, calls that always fail.
//!
//! Works on the parsed tree, since the author's own words are what is judged. Nothing is said of a condition that could
//! be meant: what is not known may be anything.

mod attributes;
mod calls;
mod comparisons;
mod constants;
mod macros;
mod operators;
mod places;
mod select;
mod shape;
mod signatures;
#[cfg(test)]
mod tests;
mod truth;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use cel_interpreter::common::ast::{EntryExpr, Expr, IdedExpr, ListExpr, LiteralValue, MapExpr};

use super::ast::{Parsed, parse};
use super::lower::lower_part;
use super::{ConditionProblem, Environment, Program, Type, environment, words};
use crate::data::Data;

pub use attributes::AttributeTypes;
use shape::Shape;
pub(super) use signatures::{arities, function_names};
pub use truth::{Decided, decided};

/// Deepest nesting that is looked into; conditions that lower nest less.
const MAX_DEPTH: usize = 64;

/// What an expression is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It decides: it has to be a boolean.
    Condition,
    /// Others read it by its name: it may have any value.
    Variable,
}

/// An expression that lowers, and what is to be said of it.
#[derive(Debug)]
pub struct Checked {
    /// What it was lowered to.
    pub program: Program,
    /// It, in words.
    pub words: Arc<str>,
    /// What is certainly wrong with it, in the order of its source.
    pub problems: Vec<ConditionProblem>,
}

/// Lowers an expression, says it in words and what is certainly wrong with it.
///
/// # Errors
/// If it does not lower.
pub fn lower_checked(
    source: &str,
    environment: &Environment,
    types: &AttributeTypes<'_>,
    used: Use,
) -> Result<Checked, ConditionProblem> {
    let parsed = parse(source)?;
    let (program, _) = lower_part(&parsed, &parsed.expression, environment)?;
    Ok(Checked { program, words: words::say(&parsed), problems: problems(&parsed, environment, types, used) })
}

/// What is certainly wrong with an expression that lowers.
#[must_use]
pub fn check(source: &str, environment: &Environment, types: &AttributeTypes<'_>, used: Use) -> Vec<ConditionProblem> {
    parse(source).map(|parsed| problems(&parsed, environment, types, used)).unwrap_or_default()
}

fn problems(
    parsed: &Parsed,
    environment: &Environment,
    types: &AttributeTypes<'_>,
    used: Use,
) -> Vec<ConditionProblem> {
    let mut variables = BTreeMap::new();
    let mut checker = Checker::new(parsed, environment, types, &mut variables);
    let whole = checker.shape(&parsed.expression);
    if used == Use::Condition && !whole.may_be(Type::Bool) {
        let message =
            format!("a condition is true or false, but this is {whole}; compare it with something, as in `… == 'x'`");
        checker.report(parsed.extent(&parsed.expression), message);
    }
    let mut problems = checker.problems;
    problems.sort_by(|a, b| (a.offset, a.len, &a.message).cmp(&(b.offset, b.len, &b.message)));
    problems.dedup();
    problems
}

struct Checker<'c, 's> {
    parsed: &'c Parsed,
    environment: &'c Environment,
    types: &'c AttributeTypes<'s>,
    /// What is known of named expressions; absent while one is looked into.
    variables: &'c mut BTreeMap<String, Option<Shape<'s>>>,
    /// Variables of the macros around the current part, outermost first.
    locals: Vec<(String, Shape<'s>)>,
    depth: usize,
    problems: Vec<ConditionProblem>,
}

impl<'c, 's> Checker<'c, 's> {
    fn new(
        parsed: &'c Parsed,
        environment: &'c Environment,
        types: &'c AttributeTypes<'s>,
        variables: &'c mut BTreeMap<String, Option<Shape<'s>>>,
    ) -> Self {
        Checker { parsed, environment, types, variables, locals: Vec::new(), depth: 0, problems: Vec::new() }
    }

    /// What a part may be. Where something is wrong with it, that is reported, and it is anything, so that it is said once.
    fn shape(&mut self, part: &IdedExpr) -> Shape<'s> {
        if self.depth >= MAX_DEPTH {
            return Shape::any();
        }
        self.depth += 1;
        let shape = self.shape_here(part);
        self.depth -= 1;
        shape
    }

    fn shape_here(&mut self, part: &IdedExpr) -> Shape<'s> {
        if let Some(place) = self.place(part) {
            return self.at_place(place, part);
        }
        match &part.expr {
            Expr::Literal(literal) => constant(literal),
            Expr::Ident(name) => match self.local(name) {
                Some(shape) => shape.clone(),
                None => self.named(part),
            },
            Expr::Select(select) => {
                let segments = environment::segments(part).filter(|segments| {
                    let first = segments.first().copied().unwrap_or_default();
                    self.local(first).is_none()
                });
                match segments {
                    Some(segments) if environment::type_named(&segments).is_some() => Shape::one(Type::Type),
                    Some(_) if !self.environment.policy => Shape::any(),
                    _ => {
                        let of = self.shape(&select.operand);
                        self.select(&of, &select.field, part)
                    }
                }
            }
            Expr::Call(call) => self.call(call, part),
            Expr::List(list) => self.list(list),
            Expr::Map(map) => self.map(map),
            Expr::Struct(_) | Expr::Comprehension(_) | Expr::Unspecified => Shape::any(),
        }
    }

    /// What a name that is no place may be: that of a type, or a parameter, of which nothing is known.
    fn named(&self, part: &IdedExpr) -> Shape<'s> {
        let named = environment::segments(part).and_then(|segments| environment::type_named(&segments));
        named.map_or_else(Shape::any, |_| Shape::one(Type::Type))
    }

    fn list(&mut self, list: &ListExpr) -> Shape<'s> {
        let mut elements = Vec::new();
        for (position, element) in list.elements.iter().enumerate() {
            let shape = self.shape(element);
            elements.push(match list.optional_indices.contains(&position) {
                true => self.left_out(shape, element),
                false => shape,
            });
        }
        Shape::list(Shape::any_of(elements))
    }

    fn map(&mut self, map: &MapExpr) -> Shape<'s> {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else { continue };
            let key = self.shape(&entry.key);
            if !key.may_be_any_of(&[Type::Bool, Type::Int, Type::UInt, Type::String]) {
                let message = format!("the keys of a map are strings, whole numbers or booleans, and this is {key}");
                self.report(self.parsed.extent(&entry.key), message);
            }
            keys.push(key);
            let value = self.shape(&entry.value);
            values.push(match entry.optional {
                true => self.left_out(value, &entry.value),
                false => value,
            });
        }
        Shape::map(Shape::any_of(keys), Shape::any_of(values))
    }

    /// An element after a question mark: what the optional holds.
    fn left_out(&mut self, shape: Shape<'s>, element: &IdedExpr) -> Shape<'s> {
        if !shape.may_be(Type::Optional) {
            let message = format!("`?` leaves out an empty optional, and this is {shape}; remove the `?`");
            self.report(self.parsed.extent(element), message);
            return Shape::any();
        }
        shape.held()
    }

    /// The variable of a macro around the current part.
    fn local(&self, name: &str) -> Option<&Shape<'s>> {
        self.locals.iter().rev().find(|(local, _)| local == name).map(|(_, shape)| shape)
    }

    fn report(&mut self, at: Range<usize>, message: impl Into<String>) -> Shape<'s> {
        self.problems.push(ConditionProblem { offset: at.start, len: at.len().max(1), message: message.into() });
        Shape::any()
    }
}

fn constant<'s>(literal: &LiteralValue) -> Shape<'s> {
    match literal {
        LiteralValue::Null => Shape::constant(Data::Null),
        LiteralValue::Boolean(value) => Shape::constant(Data::Bool(*value.inner())),
        LiteralValue::Int(value) => Shape::constant(Data::Int(*value.inner())),
        LiteralValue::UInt(value) => Shape::constant(Data::UInt(*value.inner())),
        LiteralValue::Double(value) => Shape::constant(Data::Double(*value.inner())),
        LiteralValue::String(value) => Shape::constant(Data::from(value.inner())),
        LiteralValue::Bytes(_) => Shape::one(Type::Bytes),
    }
}
