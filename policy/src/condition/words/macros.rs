use cel_interpreter::common::ast::IdedExpr;

use super::{Level, Teller};
use crate::condition::macros::Macro;
use crate::condition::node::Fold;

impl<'p> Teller<'p> {
    pub(super) fn macro_call(&mut self, call: Macro<'p>) -> Level {
        match call {
            Macro::Has(select) => {
                self.member(&select.operand, &select.field);
                self.add(" is present");
                Level::Relation
            }
            Macro::Fold { kind, range, variable, second, filter, body } => {
                let variables = Variables { first: variable, second };
                self.fold(kind, range, variables, filter, body);
                Level::Open
            }
            Macro::Bind { variable, value, body } => {
                self.bound(" where ", variable, value, body);
                Level::Open
            }
            Macro::OptionalMap { flat, operand, variable, body } => {
                self.bound(if flat { " flat where present " } else { " where present " }, variable, operand, body);
                Level::Open
            }
        }
    }

    fn fold(
        &mut self,
        kind: Fold,
        range: &'p IdedExpr,
        variables: Variables<'p>,
        filter: Option<&'p IdedExpr>,
        body: &'p IdedExpr,
    ) {
        let quantifier = match kind {
            Fold::All => "for every ",
            Fold::Exists => "for some ",
            Fold::ExistsOne => "for exactly one ",
            Fold::Filter => {
                self.add("those ");
                self.variables(variables);
                self.add(" in ");
                self.part(range, Level::Sum);
                self.add(" where ");
                return self.body(variables, body);
            }
            Fold::SortBy => {
                self.part(range, Level::Sum);
                self.add(" sorted by ");
                self.body(variables, body);
                self.add(" for each ");
                return self.variables(variables);
            }
            Fold::Map | Fold::TransformMap | Fold::TransformMapEntry => {
                match kind {
                    Fold::TransformMap => self.add("map of "),
                    Fold::TransformMapEntry => self.add("map of entries "),
                    _ => {}
                }
                self.body(variables, body);
                self.add(" for each ");
                self.variables(variables);
                self.add(" in ");
                self.part(range, Level::Sum);
                if let Some(filter) = filter {
                    self.add(" where ");
                    self.body(variables, filter);
                }
                return;
            }
        };
        self.add(quantifier);
        self.variables(variables);
        self.add(" in ");
        self.part(range, Level::Sum);
        self.add(": ");
        self.body(variables, body);
    }

    /// A body, and what a variable in it stands for.
    fn bound(&mut self, word: &str, variable: &'p str, value: &'p IdedExpr, body: &'p IdedExpr) {
        self.within(variable, None, body, Level::Or);
        self.add(word);
        self.local(variable);
        self.add(" is ");
        self.part(value, Level::Sum);
    }

    fn variables(&mut self, variables: Variables<'_>) {
        self.local(variables.first);
        if let Some(second) = variables.second {
            self.add(" and ");
            self.local(second);
        }
    }

    fn body(&mut self, variables: Variables<'p>, body: &'p IdedExpr) {
        self.within(variables.first, variables.second, body, Level::Or);
    }

    /// A part in which variables have names.
    fn within(&mut self, first: &'p str, second: Option<&'p str>, body: &'p IdedExpr, least: Level) {
        let outer = self.locals.len();
        self.locals.extend(std::iter::once(first).chain(second));
        self.part(body, least);
        self.locals.truncate(outer);
    }
}

#[derive(Clone, Copy)]
struct Variables<'p> {
    first: &'p str,
    second: Option<&'p str>,
}
