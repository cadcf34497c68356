use cel_interpreter::common::ast::IdedExpr;

use super::{Checker, ConditionProblem, Shape, Type, parse};
use crate::condition::lower::place::{self, Place};
use crate::condition::node::{Input, Root};

impl<'s> Checker<'_, 's> {
    /// What a part names, if it names something that policies are about.
    pub(super) fn place<'e>(&self, part: &'e IdedExpr) -> Option<Place<'e>> {
        if !self.environment.policy {
            return None;
        }
        place::place(part, self.parsed, &|name| self.local(name).is_some()).ok().flatten()
    }

    pub(super) fn at_place(&mut self, place: Place<'_>, part: &IdedExpr) -> Shape<'s> {
        let strings = Shape::list(Shape::one(Type::String));
        match place {
            Place::Input(input) => match input {
                Input::PrincipalId
                | Input::ResourceId
                | Input::Method
                | Input::Path
                | Input::Host
                | Input::SourceIp => Shape::one(Type::String),
                Input::PrincipalRoles => strings,
                Input::PrincipalAttributes => self.types.principal(),
                Input::ResourceKind => self.types.kind(),
                Input::ResourceAttributes => self.types.resource(),
                Input::Body => Shape::json(),
                Input::Time => Shape::one(Type::Timestamp),
                Input::SourcePort => Shape::one(Type::Int),
            },
            Place::PrincipalAttributes => self.types.principal(),
            Place::ResourceAttributes => self.types.resource(),
            Place::Attribute(Root::Principal, name) => {
                let of = self.types.principal();
                self.select(&of, name, part)
            }
            Place::Attribute(Root::Resource, name) => {
                let of = self.types.resource();
                self.select(&of, name, part)
            }
            Place::Attribute(Root::Header | Root::Query, _) => Shape::one(Type::String),
            Place::Variable(name) => self.variable(name, part),
            // Lowering refuses these: they are no values.
            Place::Principal
            | Place::Resource
            | Place::Request
            | Place::Headers
            | Place::Query
            | Place::Source
            | Place::Variables => Shape::any(),
        }
    }

    /// What a named expression may be here. What is wrong with it is wrong where it is named: it is checked on its own too,
    /// but there it is about any kind of resource.
    fn variable(&mut self, name: &str, part: &IdedExpr) -> Shape<'s> {
        if let Some(known) = self.variables.get(name) {
            return known.clone().unwrap_or_else(Shape::any);
        }
        let Some(text) = self.environment.variables.get(name) else { return Shape::any() };
        let Ok(parsed) = parse(text) else { return Shape::any() };
        self.variables.insert(name.to_owned(), None);
        let mut inner = Checker::new(&parsed, self.environment, self.types, self.variables);
        inner.depth = self.depth;
        let shape = inner.shape(&parsed.expression);
        let problems = inner.problems;
        self.variables.insert(name.to_owned(), Some(shape.clone()));
        let place = self.parsed.extent(part);
        for ConditionProblem { message, .. } in problems {
            self.report(place.clone(), format!("in variable `{name}`: {message}"));
        }
        shape
    }
}
