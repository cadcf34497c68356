//! A condition said in words: what people read and policy search looks in. `resource.ownerId == principal.id` is "resource
//! owner id equals principal id".
//!
//! Said from the parsed tree, with variables by their names. Brackets stand where the words alone could be taken for
//! another condition.

mod functions;
mod literals;
mod macros;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use cel_interpreter::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, ListExpr, LiteralValue, MapExpr, operators};

use super::ast::{Parsed, parse};
use super::lower::place::{Place, indexed, member, place};
use super::lower::{chain, lower_part};
use super::macros::recognise;
use super::node::{Input, Root};
use super::{ConditionProblem, Environment, Program};
use crate::identifier;

/// Most bytes of a condition in words.
pub const MAX_WORDS: usize = 2048;
/// Stands where more would follow.
const CUT: &str = "…";
/// Deepest nesting that is told; conditions that lower nest less.
const MAX_DEPTH: usize = 96;

/// Parses a CEL expression, lowers it and says it in words.
///
/// # Errors
/// As [`super::lower`].
pub fn lower_said(source: &str, environment: &Environment) -> Result<(Program, Arc<str>), ConditionProblem> {
    let parsed = parse(source)?;
    let (program, _) = lower_part(&parsed, &parsed.expression, environment)?;
    Ok((program, say(&parsed)))
}

/// Says an expression in words, at most [`MAX_WORDS`] bytes of them.
pub(super) fn say(parsed: &Parsed) -> Arc<str> {
    let mut teller = Teller { parsed, said: String::with_capacity(128), locals: Vec::new(), depth: 0 };
    teller.part(&parsed.expression, Level::Open);
    let mut said = teller.said;
    if said.len() > MAX_WORDS {
        let most = said.floor_char_boundary(MAX_WORDS - CUT.len() - 1);
        let end = said.get(..most).and_then(|kept| kept.rfind(' ')).unwrap_or(most);
        said.truncate(end);
        said.push(' ');
        said.push_str(CUT);
    }
    said.into()
}

/// How closely words hold together, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Reaches as far as it can: "if … then … else …", "for some …".
    Open,
    Or,
    And,
    Relation,
    Sum,
    Product,
    /// "size of …": about one operand.
    Phrase,
    Atom,
}

struct Teller<'p> {
    parsed: &'p Parsed,
    said: String,
    /// Variables of the macros around the current part, outermost first.
    locals: Vec<&'p str>,
    depth: usize,
}

impl<'p> Teller<'p> {
    /// A part, in brackets if it holds together less closely than it has to.
    fn part(&mut self, part: &'p IdedExpr, least: Level) {
        if self.depth >= MAX_DEPTH || self.said.len() > MAX_WORDS {
            return self.add(CUT);
        }
        self.depth += 1;
        let start = self.said.len();
        if self.expression(part) < least {
            self.said.insert(start, '(');
            self.add(")");
        }
        self.depth -= 1;
    }

    fn add(&mut self, words: &str) {
        self.said.push_str(words);
    }

    /// An identifier, in words; as it is written, in quotes of its own, if it has none or they could be taken for something
    /// else than a name.
    fn identifier(&mut self, name: &str) {
        let words: Vec<String> = identifier::words(name).map(str::to_lowercase).collect();
        match words.is_empty() || functions::is_ambiguous(&words) {
            true => self.quote('`', name),
            false => self.add(&words.join(" ")),
        }
    }

    /// A variable of a macro. What is no plain word could be taken for what conditions read, or for something computed.
    fn local(&mut self, name: &str) {
        let is_word = name.bytes().all(|byte| byte.is_ascii_lowercase());
        match is_word && !functions::is_following(name) && !matches!(name, "not" | "nothing") {
            true => self.add(name),
            false => self.quote('`', name),
        }
    }

    fn is_local(&self, name: &str) -> bool {
        self.locals.contains(&name)
    }

    fn place(&self, part: &'p IdedExpr) -> Option<Place<'p>> {
        place(part, self.parsed, &|name| self.is_local(name)).ok().flatten()
    }

    fn expression(&mut self, part: &'p IdedExpr) -> Level {
        if let Some(place) = self.place(part) {
            return self.at(place);
        }
        match &part.expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Ident(name) => {
                match self.is_local(name) {
                    true => self.local(name),
                    false => self.identifier(name),
                }
                Level::Atom
            }
            Expr::Select(select) => self.member(&select.operand, &select.field),
            Expr::Call(call) => self.call(part, call),
            Expr::List(list) => {
                self.add("list (");
                self.elements(list);
                self.add(")");
                Level::Atom
            }
            Expr::Map(map) => self.map(map),
            // No such part is in a condition that lowers.
            Expr::Struct(_) | Expr::Comprehension(_) | Expr::Unspecified => {
                self.add(CUT);
                Level::Atom
            }
        }
    }

    /// What every condition can read.
    fn at(&mut self, place: Place<'_>) -> Level {
        let (what, name) = match place {
            Place::Principal => ("principal", None),
            Place::PrincipalAttributes | Place::Input(Input::PrincipalAttributes) => ("principal attributes", None),
            Place::Resource => ("resource", None),
            Place::ResourceAttributes | Place::Input(Input::ResourceAttributes) => ("resource attributes", None),
            Place::Request => ("request", None),
            Place::Headers => ("request headers", None),
            Place::Query => ("request query", None),
            Place::Source => ("request source", None),
            Place::Variables => ("variables", None),
            Place::Variable(name) => ("variable ", Some(name)),
            Place::Input(Input::PrincipalId) => ("principal id", None),
            Place::Input(Input::PrincipalRoles) => ("principal roles", None),
            Place::Input(Input::ResourceKind) => ("resource kind", None),
            Place::Input(Input::ResourceId) => ("resource id", None),
            Place::Input(Input::Method) => ("request method", None),
            Place::Input(Input::Path) => ("request path", None),
            Place::Input(Input::Host) => ("request host", None),
            Place::Input(Input::Body) => ("request body", None),
            Place::Input(Input::Time) => ("request time", None),
            Place::Input(Input::SourceIp) => ("request source ip", None),
            Place::Input(Input::SourcePort) => ("request source port", None),
            Place::Attribute(Root::Principal, name) if is_named(name, &["id", "roles", "attributes"]) => {
                ("principal attributes's ", Some(name))
            }
            Place::Attribute(Root::Principal, name) => ("principal ", Some(name)),
            Place::Attribute(Root::Resource, name) if is_named(name, &["kind", "id", "attributes"]) => {
                ("resource attributes's ", Some(name))
            }
            Place::Attribute(Root::Resource, name) => ("resource ", Some(name)),
            Place::Attribute(Root::Header, name) => ("request header ", Some(name)),
            Place::Attribute(Root::Query, name) => ("request query ", Some(name)),
        };
        self.add(what);
        if let Some(name) = name {
            self.identifier(name);
        }
        Level::Atom
    }

    fn member(&mut self, operand: &'p IdedExpr, name: &str) -> Level {
        let place = self.place(operand).and_then(|of| member(of, name, operand, self.parsed).ok().flatten());
        if let Some(place) = place {
            return self.at(place);
        }
        self.part(operand, Level::Atom);
        self.add("'s ");
        self.identifier(name);
        Level::Atom
    }

    fn elements(&mut self, list: &'p ListExpr) {
        for (position, element) in list.elements.iter().enumerate() {
            if position > 0 {
                self.add(", ");
            }
            self.part(element, Level::Sum);
            if list.optional_indices.contains(&position) {
                self.add(ENTRY_IF_PRESENT);
            }
        }
    }

    fn map(&mut self, map: &'p MapExpr) -> Level {
        self.add("map (");
        for (position, entry) in map.entries.iter().enumerate() {
            // The parser puts fields into messages only.
            let EntryExpr::MapEntry(entry) = &entry.expr else { continue };
            if position > 0 {
                self.add(", ");
            }
            self.part(&entry.key, Level::Sum);
            self.add(": ");
            self.part(&entry.value, Level::Sum);
            if entry.optional {
                self.add(ENTRY_IF_PRESENT);
            }
        }
        self.add(")");
        Level::Atom
    }

    fn call(&mut self, part: &'p IdedExpr, call: &'p CallExpr) -> Level {
        if let Some((operand, name)) = indexed(call) {
            return self.member(operand, name);
        }
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            (operator @ operators::LOGICAL_AND, None, [_, _]) => self.junction(part, operator, " and ", Level::And),
            (operator @ operators::LOGICAL_OR, None, [_, _]) => self.junction(part, operator, " or ", Level::Or),
            (operators::LOGICAL_NOT, None, [operand]) => self.negation(operand),
            (operators::CONDITIONAL, None, [condition, yes, no]) => {
                for (before, part) in [("if ", condition), (" then ", yes), (" else ", no)] {
                    self.add(before);
                    self.part(part, Level::Or);
                }
                Level::Open
            }
            // Of an optional and what stands in for it.
            ("or" | "orValue", Some(optional), [other]) => {
                let words = if call.func_name == "or" { " or else " } else { " otherwise " };
                self.between(optional, words, other, Level::Open, Level::Phrase, Level::Phrase)
            }
            (operators::INDEX, None, [of, index]) => self.element(of, index),
            (operators::OPT_SELECT | operators::OPT_INDEX, None, [of, name]) => self.optional_member(of, name),
            ("has", None, [member]) => self.presence(member, " is present"),
            (operators::IN, None, [element, container]) => self.membership(element, container, false),
            (operator, None, [left, right]) if let Some(words) = comparison(operator) => {
                let words = if self.is_point(left) || self.is_point(right) { in_time(words) } else { words };
                self.between(left, words, right, Level::Relation, Level::Sum, Level::Sum)
            }
            (operators::ADD, None, [left, right]) => {
                self.between(left, " plus ", right, Level::Sum, Level::Sum, Level::Product)
            }
            (operators::SUBSTRACT, None, [left, right]) => {
                self.between(left, " minus ", right, Level::Sum, Level::Sum, Level::Product)
            }
            (operators::MULTIPLY, None, [left, right]) => {
                self.between(left, " times ", right, Level::Product, Level::Product, Level::Phrase)
            }
            (operators::DIVIDE, None, [left, right]) => {
                self.between(left, " divided by ", right, Level::Product, Level::Product, Level::Phrase)
            }
            (operators::MODULO, None, [left, right]) => {
                self.between(left, " modulo ", right, Level::Product, Level::Product, Level::Phrase)
            }
            _ => match recognise(call, self.parsed) {
                Ok(Some(found)) => self.macro_call(found),
                _ => self.function(call),
            },
        }
    }

    /// A chain of one logical operator; what stands in it with another one is in brackets.
    fn junction(&mut self, part: &'p IdedExpr, operator: &str, word: &str, level: Level) -> Level {
        for (position, operand) in chain(part, operator).into_iter().enumerate() {
            if position > 0 {
                self.add(word);
            }
            self.part(operand, Level::Relation);
        }
        level
    }

    fn between(
        &mut self,
        left: &'p IdedExpr,
        words: &str,
        right: &'p IdedExpr,
        level: Level,
        least_left: Level,
        least_right: Level,
    ) -> Level {
        self.part(left, least_left);
        self.add(words);
        self.part(right, least_right);
        level
    }

    fn negation(&mut self, operand: &'p IdedExpr) -> Level {
        if let Expr::Call(call) = &operand.expr {
            match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
                (operators::EQUALS, None, [left, right]) => {
                    return self.between(left, UNEQUAL, right, Level::Relation, Level::Sum, Level::Sum);
                }
                (operators::NOT_EQUALS, None, [left, right]) => {
                    return self.between(left, EQUAL, right, Level::Relation, Level::Sum, Level::Sum);
                }
                (operators::IN, None, [element, container]) => return self.membership(element, container, true),
                ("has", None, [member]) => return self.presence(member, " is absent"),
                _ => {}
            }
        }
        self.add("not ");
        self.part(operand, Level::Atom);
        Level::Relation
    }

    fn presence(&mut self, member: &'p IdedExpr, words: &str) -> Level {
        self.part(member, Level::Atom);
        self.add(words);
        Level::Relation
    }

    /// Whether something is in a list, or a name among names.
    fn membership(&mut self, element: &'p IdedExpr, container: &'p IdedExpr, negated: bool) -> Level {
        let of = match self.place(container) {
            Some(Place::Headers) => Some(Root::Header),
            Some(Place::Query) => Some(Root::Query),
            _ => None,
        };
        if let (Some(root), Expr::Literal(LiteralValue::String(name))) = (of, &element.expr) {
            self.at(Place::Attribute(root, name.inner()));
            self.add(if negated { " is absent" } else { " is present" });
            return Level::Relation;
        }
        self.part(element, Level::Sum);
        self.add(if negated { " is not one of " } else { " is one of " });
        match &container.expr {
            // Of one element alone that is no constant it would be said as of a list that this is.
            Expr::List(list)
                if list.elements.len() > 1 || matches!(&*list.elements, [IdedExpr { expr: Expr::Literal(_), .. }]) =>
            {
                self.elements(list);
            }
            _ => self.part(container, Level::Sum),
        }
        Level::Relation
    }

    fn optional_member(&mut self, operand: &'p IdedExpr, name: &'p IdedExpr) -> Level {
        match &name.expr {
            Expr::Literal(LiteralValue::String(name)) => drop(self.member(operand, name.inner())),
            _ => drop(self.element(operand, name)),
        }
        self.add(" if present");
        Level::Phrase
    }

    /// An element by its index or computed key.
    fn element(&mut self, of: &'p IdedExpr, index: &'p IdedExpr) -> Level {
        self.add("item ");
        self.part(index, Level::Atom);
        self.add(" of ");
        self.part(of, Level::Atom);
        Level::Phrase
    }

    /// Whether a part certainly is a point in time.
    fn is_point(&self, part: &IdedExpr) -> bool {
        let Expr::Call(call) = &part.expr else {
            return matches!(
                place(part, self.parsed, &|name| self.is_local(name)),
                Ok(Some(Place::Input(Input::Time)))
            );
        };
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            ("timestamp", None, [_]) => true,
            (operators::ADD | operators::SUBSTRACT, None, [point, span]) => self.is_point(point) && is_span(span),
            _ => false,
        }
    }
}

const EQUAL: &str = " equals ";
/// Of an element or entry; what is read may be present or not itself.
const ENTRY_IF_PRESENT: &str = " unless absent";
const UNEQUAL: &str = " does not equal ";

fn comparison(operator: &str) -> Option<&'static str> {
    Some(match operator {
        operators::EQUALS => EQUAL,
        operators::NOT_EQUALS => UNEQUAL,
        operators::LESS => " is less than ",
        operators::LESS_EQUALS => " is at most ",
        operators::GREATER => " is more than ",
        operators::GREATER_EQUALS => " is at least ",
        _ => return None,
    })
}

/// The same of points in time.
fn in_time(words: &'static str) -> &'static str {
    match words {
        " is less than " => " is before ",
        " is at most " => " is at or before ",
        " is more than " => " is after ",
        " is at least " => " is at or after ",
        other => other,
    }
}

/// Whether a name is said as one of these are.
fn is_named(name: &str, names: &[&str]) -> bool {
    let mut words = identifier::words(name);
    let first = words.next().map(str::to_lowercase);
    words.next().is_none() && first.is_some_and(|first| names.contains(&first.as_str()))
}

fn is_span(part: &IdedExpr) -> bool {
    matches!(&part.expr, Expr::Call(call) if call.func_name == "duration" && call.target.is_none())
}
