//! Conditions, and parts of them, that are decided before anything is read.

use std::ops::Range;

use cel_interpreter::common::ast::{Expr, IdedExpr, LiteralValue, operators};

use super::{AttributeTypes, BTreeMap, Checker, Environment, parse};
use crate::condition::lower::place::Place;
use crate::condition::lower::{chain, lower_part};
use crate::condition::{Memory, Value};

/// A condition or a part of one that has the same value for every question, errors aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The value.
    pub value: bool,
    /// The part, in bytes of the source.
    pub range: Range<usize>,
    /// Whether it is all of the condition.
    pub whole: bool,
}

/// What of a condition is decided beforehand: all of it, or its first such part.
#[must_use]
pub fn decided(source: &str, environment: &Environment) -> Option<Decided> {
    let parsed = parse(source).ok()?;
    let types = AttributeTypes::unknown();
    let mut variables = BTreeMap::new();
    let checker = Checker::new(&parsed, environment, &types, &mut variables);
    let whole = &parsed.expression;
    if let Some(value) = checker.truth(whole, 0) {
        return Some(Decided { value, range: parsed.extent(whole), whole: true });
    }
    let Expr::Call(call) = &whole.expr else { return None };
    let operator = call.func_name.as_str();
    if !matches!(operator, operators::LOGICAL_AND | operators::LOGICAL_OR) {
        return None;
    }
    chain(whole, operator).into_iter().find_map(|part| {
        let value = checker.truth(part, 0)?;
        Some(Decided { value, range: parsed.extent(part), whole: false })
    })
}

/// Variables are looked into this deep.
const MAX_DEPTH: usize = 32;

impl Checker<'_, '_> {
    fn truth(&self, part: &IdedExpr, depth: usize) -> Option<bool> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(Place::Variable(name)) = self.place(part) {
            let text = self.environment.variables.get(name)?;
            let parsed = parse(text).ok()?;
            let mut variables = BTreeMap::new();
            let types = AttributeTypes::unknown();
            return Checker::new(&parsed, self.environment, &types, &mut variables)
                .truth(&parsed.expression, depth + 1);
        }
        let call = match &part.expr {
            Expr::Literal(LiteralValue::Boolean(value)) => return Some(*value.inner()),
            Expr::Call(call) => call,
            _ => return None,
        };
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operator @ (operators::LOGICAL_AND | operators::LOGICAL_OR), [_, _]) => {
                let stop = operator == operators::LOGICAL_OR;
                let operands = chain(part, operator);
                let truths: Vec<Option<bool>> = operands.iter().map(|operand| self.truth(operand, depth + 1)).collect();
                if truths.contains(&Some(stop)) || self.exclude_each_other(&operands, stop) {
                    return Some(stop);
                }
                truths.iter().all(Option::is_some).then_some(!stop)
            }
            (operators::LOGICAL_NOT, [operand]) => self.truth(operand, depth + 1).map(|value| !value),
            (operators::EQUALS | operators::LESS_EQUALS | operators::GREATER_EQUALS, [a, b]) if self.is_same(a, b) => {
                Some(true)
            }
            (operators::NOT_EQUALS | operators::LESS | operators::GREATER, [a, b]) if self.is_same(a, b) => Some(false),
            _ if self.is_constant(part) => {
                let (program, _) = lower_part(self.parsed, part, &Environment::default()).ok()?;
                match program.evaluate(&[], &Memory::default()) {
                    Ok(Value::Bool(value)) => Some(value),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether two parts read the same.
    fn is_same(&self, a: &IdedExpr, b: &IdedExpr) -> bool {
        self.place(a).is_some() && self.place(b).is_some() && self.parsed.text(a) == self.parsed.text(b)
    }

    /// Whether something is compared with two different literals: it cannot be equal to both, and differs from one.
    fn exclude_each_other(&self, operands: &[&IdedExpr], differs: bool) -> bool {
        let wanted = if differs { operators::NOT_EQUALS } else { operators::EQUALS };
        let mut compared: Vec<(&str, &LiteralValue)> = Vec::new();
        for operand in operands {
            let Expr::Call(call) = &operand.expr else { continue };
            let [a, b] = call.args.as_slice() else { continue };
            let (of, literal) = match (&a.expr, &b.expr) {
                (_, Expr::Literal(literal)) => (a, literal),
                (Expr::Literal(literal), _) => (b, literal),
                _ => continue,
            };
            let comparable = matches!(literal, LiteralValue::String(_) | LiteralValue::Boolean(_));
            if call.func_name != wanted || !comparable || self.place(of).is_none() {
                continue;
            }
            let text = self.parsed.text(of);
            if compared.iter().any(|(other, value)| *other == text && *value != literal) {
                return true;
            }
            compared.push((text, literal));
        }
        false
    }
}
