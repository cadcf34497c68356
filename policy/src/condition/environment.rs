use std::cell::RefCell;
use std::collections::BTreeMap;

use cel_interpreter::common::ast::{Expr, IdedExpr};

use super::Type;
use crate::time::Zone;

/// The parameter that is never there.
pub(super) const UNDECLARED: u16 = u16::MAX;

/// What names mean in an expression.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Names stand for what is decided about: `principal`, `resource`, `request` and `variables`.
    pub(super) policy: bool,
    /// Named expressions, `variables.name`, as CEL.
    pub(super) variables: BTreeMap<String, String>,
    pub(super) container: String,
    pub(super) parameters: Vec<String>,
    /// Tables of time zones that were asked for.
    zones: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Environment {
    /// Of policies: `principal`, `resource` and `request`.
    #[must_use]
    pub fn policy() -> Self {
        Environment { policy: true, ..Environment::default() }
    }

    /// With named expressions, read as `variables.name`.
    #[must_use]
    pub fn with_variables(self, variables: BTreeMap<String, String>) -> Self {
        Environment { variables, ..self }
    }

    /// Of nothing but these names, which may be qualified (`a.b`), looked up as CEL does in a container. Reading another name,
    /// or calling an unknown function, is an error of the evaluation.
    #[must_use]
    pub fn declaring(container: &str, parameters: Vec<String>) -> Self {
        Environment { container: container.to_owned(), parameters, ..Environment::default() }
    }

    /// The table of a time zone, made once.
    pub(super) fn zone(&self, name: &str) -> Option<Vec<u8>> {
        if let Some(table) = self.zones.borrow().get(name) {
            return Some(table.clone());
        }
        let table = Zone::named(name)?;
        self.zones.borrow_mut().insert(name.to_owned(), table.clone());
        Some(table)
    }

    /// The parameter that is meant by the longest beginning of a qualified name, and how many of its segments that is.
    pub(super) fn parameter(&self, segments: &[&str]) -> Option<(u16, usize)> {
        let absolute = segments.first().is_some_and(|first| first.starts_with('.'));
        (1..=segments.len()).rev().find_map(|len| {
            let name = segments.get(..len)?.join(".");
            let found = self.candidates(&name, absolute).find_map(|candidate| self.position(&candidate))?;
            Some((found, len))
        })
    }

    fn position(&self, name: &str) -> Option<u16> {
        let position = self.parameters.iter().position(|known| known == name)?;
        u16::try_from(position).ok().filter(|position| *position != UNDECLARED)
    }

    /// The names that a name may be short for: in its container, in the container's containers, and as it is.
    fn candidates<'a>(&'a self, name: &'a str, absolute: bool) -> impl Iterator<Item = String> + 'a {
        let mut prefix = (!absolute && !self.container.is_empty()).then_some(self.container.as_str());
        let relative = std::iter::from_fn(move || {
            let current = prefix?;
            prefix = current.rsplit_once('.').map(|(outer, _)| outer);
            Some(format!("{current}.{name}"))
        });
        relative.chain(std::iter::once(name.trim_start_matches('.').to_owned()))
    }
}

/// The segments of the qualified name that an expression spells, if it spells one.
pub(crate) fn segments(expression: &IdedExpr) -> Option<Vec<&str>> {
    let mut segments = Vec::new();
    let mut next = expression;
    loop {
        match &next.expr {
            Expr::Ident(name) => {
                segments.push(name.as_str());
                segments.reverse();
                return Some(segments);
            }
            Expr::Select(select) if !select.test => {
                segments.push(select.field.as_str());
                next = &select.operand;
            }
            _ => return None,
        }
    }
}

/// Whether an expression spells a plain name.
pub(crate) fn spells(expression: &IdedExpr, name: &str) -> bool {
    matches!(&expression.expr, Expr::Ident(found) if found == name)
}

/// The type that a qualified name stands for.
pub(crate) fn type_named(segments: &[&str]) -> Option<Type> {
    let name = segments.join(".");
    let name = name.trim_start_matches('.');
    Type::ALL.into_iter().find(|known| known.name() == name)
}
