//! What conditions of policies can read.

use std::ops::Range;

use cel_interpreter::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators};

use super::{Lowered, Lowering};
use crate::condition::ConditionProblem;
use crate::condition::ast::Parsed;
use crate::condition::node::{Input, Node, NodeId, Root, StringId};
use crate::source::tree::closest;

/// What a name or a selection on one stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'e> {
    Principal,
    PrincipalAttributes,
    Resource,
    ResourceAttributes,
    Request,
    Headers,
    Query,
    Source,
    Variables,
    Variable(&'e str),
    Input(Input),
    Attribute(Root, &'e str),
}

const REQUEST: [&str; 8] = ["method", "path", "host", "headers", "query", "body", "source", "time"];

/// What others call these.
const REQUEST_SYNONYMS: &[(&str, &str)] = &[
    ("now", "time"),
    ("date", "time"),
    ("timestamp", "time"),
    ("url", "path"),
    ("uri", "path"),
    ("ip", "source.ip"),
    ("clientIp", "source.ip"),
    ("remoteAddr", "source.ip"),
    ("port", "source.port"),
    ("params", "query"),
    ("parameters", "query"),
    ("args", "query"),
    ("authority", "host"),
    ("json", "body"),
];

impl Lowering<'_> {
    /// The node that reads what an expression names, if it names something that can be read.
    pub(super) fn place_node(&mut self, expression: &IdedExpr, id: NodeId) -> Lowered<Option<Node>> {
        let Some(place) = self.place(expression)? else { return Ok(None) };
        if let Place::Variable(name) = place {
            return self.inline(name, expression, id).map(Some);
        }
        Ok(Some(match self.readable(place, expression)? {
            Readable::Input(input) => Node::Input(input),
            Readable::Attribute(root, name) => Node::Attribute(root, name),
        }))
    }

    /// `has()` of a selection.
    pub(super) fn has(&mut self, select: &SelectExpr, at: &IdedExpr) -> Lowered<Node> {
        if let Some(place) = self.member(&select.operand, &select.field, at)? {
            return self.test(place, at);
        }
        self.node(&select.operand)?;
        Ok(Node::Has(self.code.push_string(&select.field)))
    }

    /// `name in of`, where `of` is what a literal name selects on.
    pub(super) fn named_in(&mut self, element: &IdedExpr, of: &IdedExpr) -> Lowered<Option<Node>> {
        let Some(place @ (Place::Headers | Place::Query)) = self.place(of)? else { return Ok(None) };
        let (root, what) = match place {
            Place::Headers => (Root::Header, "header names"),
            _ => (Root::Query, "names of query parameters"),
        };
        match &element.expr {
            Expr::Literal(LiteralValue::String(name)) => {
                self.test(Place::Attribute(root, name.inner()), element).map(Some)
            }
            _ => Err(self.problem(element, format!("{what} must be string literals"))),
        }
    }

    /// A selection that gives an optional, on what names can stand for: presence decides which.
    pub(super) fn optional_member(
        &mut self,
        operand: &IdedExpr,
        name: &IdedExpr,
        at: &IdedExpr,
    ) -> Lowered<Option<Node>> {
        let Expr::Literal(LiteralValue::String(name)) = &name.expr else { return Ok(None) };
        let Some(place) = self.member(operand, name.inner(), at)? else { return Ok(None) };
        let test = self.code.reserve();
        let node = self.test(place, at)?;
        self.code.set(test, node);
        let some = self.code.reserve();
        let read = self.code.reserve();
        let node = match self.readable(place, at)? {
            Readable::Input(input) => Node::Input(input),
            Readable::Attribute(root, name) => Node::Attribute(root, name),
        };
        self.code.set(read, node);
        let node = self.function("optional.of", &[read], at)?;
        self.code.set(some, node);
        let none = self.code.reserve();
        let node = self.function("optional.none", &[], at)?;
        self.code.set(none, node);
        Ok(Some(Node::Conditional(u16::try_from(none.0 - some.0).unwrap_or(u16::MAX), none)))
    }

    fn place<'e>(&self, expression: &'e IdedExpr) -> Lowered<Option<Place<'e>>> {
        if !self.environment.policy {
            return Ok(None);
        }
        place(expression, self.parsed, &|name| self.local(name).is_some())
    }

    fn member<'e>(&self, operand: &'e IdedExpr, name: &'e str, at: &IdedExpr) -> Lowered<Option<Place<'e>>> {
        let Some(of) = self.place(operand)? else { return Ok(None) };
        member(of, name, at, self.parsed)
    }

    fn test(&mut self, place: Place<'_>, at: &IdedExpr) -> Lowered<Node> {
        Ok(match self.readable(place, at)? {
            Readable::Input(input) => Node::HasInput(input),
            Readable::Attribute(root, name) => Node::HasAttribute(root, name),
        })
    }

    fn readable(&mut self, place: Place<'_>, at: &IdedExpr) -> Lowered<Readable> {
        let whole = |root, instead| format!("`{root}` as a whole is not a value; {instead}");
        let message = match place {
            Place::Input(input) => return Ok(Readable::Input(input)),
            Place::PrincipalAttributes => return Ok(Readable::Input(Input::PrincipalAttributes)),
            Place::ResourceAttributes => return Ok(Readable::Input(Input::ResourceAttributes)),
            Place::Attribute(Root::Header, name) => {
                return self.header_name(name, at).map(|name| Readable::Attribute(Root::Header, name));
            }
            Place::Attribute(root, name) => return Ok(Readable::Attribute(root, self.code.push_string(name))),
            Place::Principal => whole("principal", "write `principal.id`, or `principal.attr` for its attributes"),
            Place::Resource => whole("resource", "write `resource.id`, or `resource.attr` for its attributes"),
            Place::Request => whole("request", "write `request.path` or the like"),
            Place::Headers => whole("request.headers", "write `request.headers['name']` with a literal name"),
            Place::Query => whole("request.query", "write `request.query.name` or `request.query['name']`"),
            Place::Source => whole("request.source", "write `request.source.ip` or `request.source.port`"),
            Place::Variables => whole("variables", "write `variables.name`"),
            Place::Variable(name) => format!("`variables.{name}` is always there; only attributes can be missing"),
        };
        Err(self.problem(at, message))
    }

    /// Header names reach conditions in lower case; one written otherwise would never be found.
    fn header_name(&mut self, name: &str, at: &IdedExpr) -> Lowered<StringId> {
        let lower = name.to_ascii_lowercase();
        if name != lower {
            let Range { start, end } = self.parsed.extent(at);
            let message = format!("header names are lower-case here; write `request.headers['{lower}']`");
            return Err(ConditionProblem { offset: start, len: end - start, message });
        }
        Ok(self.code.push_string(name))
    }
}

/// What an expression names, if it is a root, or a selection by name on one. `x['name']` is `x.name`. `local` tells the
/// variables of macros, which hide roots.
///
/// # Errors
/// If it names something of the request that there is not.
pub(crate) fn place<'e>(
    expression: &'e IdedExpr,
    parsed: &Parsed,
    local: &dyn Fn(&str) -> bool,
) -> Lowered<Option<Place<'e>>> {
    let (operand, name) = match &expression.expr {
        Expr::Ident(name) if !local(name) => {
            return Ok(match name.as_str() {
                "principal" => Some(Place::Principal),
                "resource" => Some(Place::Resource),
                "request" => Some(Place::Request),
                "variables" => Some(Place::Variables),
                _ => None,
            });
        }
        Expr::Select(select) => (&*select.operand, select.field.as_str()),
        Expr::Call(call) => match indexed(call) {
            Some(indexed) => indexed,
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    match place(operand, parsed, local)? {
        Some(of) => member(of, name, expression, parsed),
        None => Ok(None),
    }
}

/// What a selection by name on a place stands for, if that is a place too.
///
/// # Errors
/// As [`place`].
pub(crate) fn member<'e>(of: Place<'e>, name: &'e str, at: &IdedExpr, parsed: &Parsed) -> Lowered<Option<Place<'e>>> {
    Ok(Some(match (of, name) {
        (Place::Principal, "id") => Place::Input(Input::PrincipalId),
        (Place::Principal, "roles") => Place::Input(Input::PrincipalRoles),
        (Place::Principal, "attr") => Place::PrincipalAttributes,
        (Place::Principal | Place::PrincipalAttributes, name) => Place::Attribute(Root::Principal, name),
        (Place::Resource, "kind") => Place::Input(Input::ResourceKind),
        (Place::Resource, "id") => Place::Input(Input::ResourceId),
        (Place::Resource, "attr") => Place::ResourceAttributes,
        (Place::Resource | Place::ResourceAttributes, name) => Place::Attribute(Root::Resource, name),
        (Place::Request, "method") => Place::Input(Input::Method),
        (Place::Request, "path") => Place::Input(Input::Path),
        (Place::Request, "host") => Place::Input(Input::Host),
        (Place::Request, "headers") => Place::Headers,
        (Place::Request, "query") => Place::Query,
        (Place::Request, "body") => Place::Input(Input::Body),
        (Place::Request, "time") => Place::Input(Input::Time),
        (Place::Request, "source") => Place::Source,
        (Place::Request, name) => {
            let known = REQUEST.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let synonym = REQUEST_SYNONYMS.iter().find(|(other, _)| *other == name).map(|(_, meant)| *meant);
            let message = match synonym.or_else(|| closest(name, REQUEST)) {
                Some(meant) => format!("`request.{name}` is not known; did you mean `request.{meant}`?"),
                None => format!("`request.{name}` is not known; `request` has {known}"),
            };
            return Err(parsed.problem(at, message));
        }
        (Place::Source, "ip") => Place::Input(Input::SourceIp),
        (Place::Source, "port") => Place::Input(Input::SourcePort),
        (Place::Source, name) => {
            let message = format!("`request.source.{name}` is not known; `request.source` has `ip` and `port`");
            return Err(parsed.problem(at, message));
        }
        (Place::Headers, name) => Place::Attribute(Root::Header, name),
        (Place::Query, name) => Place::Attribute(Root::Query, name),
        (Place::Variables, name) => Place::Variable(name),
        (Place::Input(_) | Place::Attribute(..) | Place::Variable(_), _) => return Ok(None),
    }))
}

/// What can be read, and asked for with `has`.
enum Readable {
    Input(Input),
    Attribute(Root, StringId),
}

/// The operand and the literal name of `operand['name']`.
pub(crate) fn indexed(call: &CallExpr) -> Option<(&IdedExpr, &str)> {
    match call.args.as_slice() {
        [operand, IdedExpr { expr: Expr::Literal(LiteralValue::String(name)), .. }]
            if call.func_name == operators::INDEX =>
        {
            Some((operand, name.inner()))
        }
        _ => None,
    }
}

/// The named expression that `variables.name` or `variables['name']` names.
pub(super) fn variable_named(expression: &IdedExpr) -> Option<&str> {
    let (operand, name) = match &expression.expr {
        Expr::Select(select) => (&*select.operand, select.field.as_str()),
        Expr::Call(call) => indexed(call)?,
        _ => return None,
    };
    crate::condition::environment::spells(operand, "variables").then_some(name)
}
