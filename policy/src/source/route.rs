use crate::set::{AttributeSource, Auth, Route, RouteBody};

use super::assembly::Assembly;
use super::location::{Mark, Place};
use super::mapping::{Mapping, Shape};
use super::names::{ACTION, ATTRIBUTE, ENTRY, KIND};
use super::node::{Node, Value};
use super::printable::shown;
use super::report::{InFile, Problem};
use super::scalar::refuse_part;
use super::suggest::closest;
use super::value::{choice, distinct, name, text};
use super::{body, budget, host, method, scope, template};

pub(super) const ROUTE: Shape = Shape {
    noun: "a route",
    fields: &["name", "match", "action", "resource", "scope", "auth", "body", "budget"],
    planned: &["enforcement", "labels"],
};

pub(super) const MATCH: Shape =
    Shape { noun: "`match`", fields: &["methods", "path", "hosts"], planned: &["headers", "query"] };

pub(super) const RESOURCE: Shape =
    Shape { noun: "the resource of a route", fields: &["kind", "id", "attr"], planned: &[] };

/// What conditions read of every resource, so that no attribute can be called the same.
const BUILT_IN: &[&str] = &["id", "kind", "attr"];

/// Most attributes of one resource.
const MAX_ATTRIBUTES: usize = 256;

/// A decoded route, and where its path is written.
pub(super) struct Declared {
    pub(super) route: Route,
    pub(super) path: Place,
    /// Where its budget is written.
    pub(super) budget: Option<Place>,
}

struct Matcher {
    methods: Vec<String>,
    hosts: Vec<String>,
    path: crate::set::PathTemplate,
    text: String,
    at: Mark,
}

struct Target {
    kind: String,
    id: Option<AttributeSource>,
    attributes: Vec<(String, AttributeSource)>,
}

pub(super) fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) {
    let Some(route) = Mapping::read(node, &ROUTE, file) else { return };
    let given_name = match route.get("name") {
        Some(node) => name(node, "`name`", &ENTRY, file).map(|name| Some((node.at, name))),
        None => Some(None),
    };
    if let Some(Some((at, name))) = given_name {
        assembly.route_names.declare("route", name, file.place(at), file.report);
    }
    let matcher = route.require("match", file).and_then(|node| matcher(node, file));
    let action = route.require("action", file).and_then(|node| name(node, "`action`", &ACTION, file));
    let captures = matcher.as_ref().map(|matcher| matcher.path.captures.as_slice());
    let target = route.require("resource", file).and_then(|node| target(node, captures, file));
    let scope = match route.get("scope") {
        Some(node) => scope(node, captures, file, assembly).map(Some),
        None => Some(None),
    };
    let auth = match route.get("auth") {
        Some(node) => choice(node, "`auth`", &[("required", Auth::Required), ("optional", Auth::Optional)], file),
        None => Some(Auth::Required),
    };
    let body = match route.get("body") {
        Some(node) => body::read(node, file),
        None => Some(RouteBody::Unread),
    };
    let budget = match route.get("budget") {
        Some(node) => budget::read(node, file).map(|budget| Some((budget, file.place(node.at)))),
        None => Some(None),
    };
    if let (Some(node), Some(_)) = (route.get("body"), route.get("budget")) {
        let problem = Problem::new("a route with `budget` reads bodies as that says; remove `body`");
        file.refuse(node.at, problem.help("how long they may be is `maxBytes` of `budget`"));
    }
    let (
        Some(given_name),
        Some(matcher),
        Some(action),
        Some(target),
        Some(scope),
        Some(auth),
        Some(body),
        Some(budget),
    ) = (given_name, matcher, action, target, scope, auth, body, budget)
    else {
        return;
    };
    let Matcher { methods, hosts, path, text, at } = matcher;
    let Target { kind, id, attributes } = target;
    let name = given_name.map_or(text, |(_, name)| name.to_owned());
    let action = action.to_owned();
    let (budget, budget_at) = budget.unzip();
    if let (Some(budget), Some(resource)) = (&budget, route.get("resource")) {
        budget::refer(budget, (&path, file.place(at)), (&attributes, resource), file, assembly);
    }
    let route = Route { name, methods, hosts, path, action, kind, id, scope, attributes, auth, body, budget };
    assembly.routes.push(Declared { route, path: file.place(at), budget: budget_at });
}

fn matcher(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Matcher> {
    let matcher = Mapping::read(node, &MATCH, file)?;
    let methods = match matcher.get("methods") {
        Some(node) => distinct(node, "`methods`", "[GET]", file, method::read),
        None => Some(Vec::new()),
    };
    let hosts = match matcher.get("hosts") {
        Some(node) => distinct(node, "`hosts`", "[api.example.com]", file, host::read),
        None => Some(Vec::new()),
    };
    let path = matcher.require("path", file).and_then(|node| {
        let text = text(node, "`path`", file)?;
        match template::parse(text) {
            Ok(path) => Some((path, text.to_owned(), node.at)),
            Err(problem) => {
                refuse_part(node.spot(), text, problem.part, problem.message, file);
                None
            }
        }
    });
    let (methods, hosts, (path, text, at)) = (methods?, hosts?, path?);
    Some(Matcher { methods, hosts, path, text, at })
}

/// A capture of the path, or a literal: one of the set's scopes.
fn scope(
    node: &Node<'_>,
    captures: Option<&[String]>,
    file: &mut InFile<'_, '_>,
    assembly: &mut Assembly,
) -> Option<AttributeSource> {
    let source = source(node, "`scope`", captures, file)?;
    if let AttributeSource::Literal(name) = &source {
        scope::refer(name, file.place(node.at), assembly);
    }
    Some(source)
}

/// `captures` is absent where the path is not valid: then nothing can be said about references to it.
fn target(node: &Node<'_>, captures: Option<&[String]>, file: &mut InFile<'_, '_>) -> Option<Target> {
    let resource = Mapping::read(node, &RESOURCE, file)?;
    let kind = resource.require("kind", file).and_then(|node| name(node, "`kind`", &KIND, file));
    let id = match resource.get("id") {
        Some(node) => source(node, "`id`", captures, file).map(Some),
        None => Some(None),
    };
    let attributes = match resource.get("attr") {
        Some(node) => attributes(node, captures, file),
        None => Some(Vec::new()),
    };
    Some(Target { kind: kind?.to_owned(), id: id?, attributes: attributes? })
}

fn attributes(
    node: &Node<'_>,
    captures: Option<&[String]>,
    file: &mut InFile<'_, '_>,
) -> Option<Vec<(String, AttributeSource)>> {
    let entries = match &node.value {
        Value::Map(entries) if !entries.is_empty() && entries.len() <= MAX_ATTRIBUTES => entries,
        Value::Map(entries) if entries.is_empty() => {
            file.refuse(node.at, "`attr` is empty; add an attribute or remove the field");
            return None;
        }
        Value::Map(_) => {
            file.refuse(node.at, format!("`attr` has more than {MAX_ATTRIBUTES} attributes; remove some"));
            return None;
        }
        other => {
            let problem = Problem::new(format!("`attr` is a mapping, not {}", other.noun()));
            file.refuse(node.at, problem.help("write it as `{ownerId: path.userId}`"));
            return None;
        }
    };
    let mut attributes = Vec::with_capacity(entries.len());
    for (key, node) in entries {
        let refusal = match BUILT_IN.contains(&&*key.name) {
            true => Some(format!(
                "no attribute can be called `{0}`: in conditions, `resource.{0}` is built in; rename it",
                key.name
            )),
            false => ATTRIBUTE.refusal(&key.name),
        };
        let source = source(node, &format!("attribute {}", shown(&key.name)), captures, file);
        match (refusal, source) {
            (Some(refusal), _) => file.refuse(key.at, refusal),
            (None, Some(source)) => attributes.push((key.name.to_string(), source)),
            (None, None) => {}
        }
    }
    (attributes.len() == entries.len()).then_some(attributes)
}

/// `path.name`, or a literal in quotes of its own.
fn source(
    node: &Node<'_>,
    what: &str,
    captures: Option<&[String]>,
    file: &mut InFile<'_, '_>,
) -> Option<AttributeSource> {
    let text = text(node, what, file)?;
    let quoted = |quote: char| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote) && !inner.chars().any(char::is_control)).then_some(inner)
    };
    if let Some(literal) = quoted('\'').or_else(|| quoted('"')) {
        return Some(AttributeSource::Literal(literal.to_owned()));
    }
    let Some(capture) = text.strip_prefix("path.") else {
        let problem = Problem::new(format!("{what} is neither a capture nor a literal: {}", shown(text)));
        let help = "write `path.name` for a capture of the path, or `\"'text'\"` for a literal";
        file.refuse(node.at, problem.help(help));
        return None;
    };
    let captures = captures?;
    if let Some(index) = captures.iter().position(|known| known == capture) {
        return u16::try_from(index).ok().map(AttributeSource::Capture);
    }
    let meant = closest(capture, captures.iter().map(String::as_str));
    let meant = meant.map(|meant| format!("; did you mean `path.{meant}`?")).unwrap_or_default();
    let problem = Problem::new(format!("the path has no capture {}{meant}", shown(capture)));
    let help = match captures {
        [] => "the path has no captures; write one as `{name}`".to_owned(),
        _ => format!(
            "the path captures {}",
            captures.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    };
    file.refuse(node.at, problem.help(help));
    None
}
