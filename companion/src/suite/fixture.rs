use std::collections::HashMap;
use std::sync::Arc;

use tollgate_policy::data::{Data, Fields};
use tollgate_policy::identity::PrincipalClaims;
use tollgate_policy::source::tree::{
    InFile, Key, Mapping, Node, Problem, Shape, Value, closest, data, distinct, shown, text,
};

use crate::ask::{HttpRequest, ResourceFixture, json};

use super::case::Named;

pub(super) const PRINCIPAL: Shape =
    Shape { noun: "a principal", fields: &["id", "source", "scope", "roles", "attr"], planned: &[] };

pub(super) const RESOURCE: Shape = Shape { noun: "a resource", fields: &["kind", "id", "scope", "attr"], planned: &[] };

pub(super) const REQUEST: Shape =
    Shape { noun: "a request", fields: &["method", "path", "host", "headers", "body", "json"], planned: &[] };

/// What a caller without identity is called.
const ANONYMOUS: &str = "anonymous";

/// Most fixtures of a kind.
const MAX_FIXTURES: usize = 10_000;

/// What tests can refer to by name.
#[derive(Default)]
pub(super) struct Fixtures {
    principals: Section<Option<PrincipalClaims>>,
    resources: Section<ResourceFixture>,
    requests: Section<HttpRequest>,
}

/// The fixtures of a kind. `None`: declared, and not valid.
type Section<T> = HashMap<String, Option<Named<T>>>;

/// A kind of fixture.
pub(super) trait Fixture: Sized {
    const NOUN: &'static str;
    const SECTION: &'static str;

    fn section(fixtures: &Fixtures) -> &Section<Self>;

    /// `name` is what the suite calls it, where it has a name.
    fn decode(node: &Node<'_>, name: Option<&str>, file: &mut InFile<'_, '_>) -> Option<Self>;

    /// What it is called where it is written in place.
    fn title(&self) -> String;

    /// What a name means in every suite.
    fn built_in(_name: &str) -> Option<Self> {
        None
    }
}

impl Fixtures {
    pub(super) fn read(suite: &Mapping<'_, '_>, file: &mut InFile<'_, '_>) -> Self {
        Fixtures { principals: section(suite, file), resources: section(suite, file), requests: section(suite, file) }
    }

    /// A fixture by name, or written in place.
    pub(super) fn get<T: Fixture>(&self, node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Named<T>> {
        match &node.value {
            Value::Map(_) => {
                let value = T::decode(node, None, file)?;
                Some(Named { name: value.title().into(), value: Arc::new(value) })
            }
            _ => self.named(node, file),
        }
    }

    /// A fixture by name.
    pub(super) fn named<T: Fixture>(&self, node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Named<T>> {
        let name = text(node, T::NOUN, file)?;
        if let Some(found) = T::section(self).get(name) {
            return found.clone();
        }
        if let Some(value) = T::built_in(name) {
            return Some(Named { name: name.into(), value: Arc::new(value) });
        }
        let meant = closest(name, T::section(self).keys().map(String::as_str));
        let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        let problem = Problem::new(format!("{} is not {} of this suite{meant}", shown(name), T::NOUN));
        file.refuse(node.at, problem.help(format!("declare it in the section `{}`", T::SECTION)));
        None
    }
}

fn section<T: Fixture>(suite: &Mapping<'_, '_>, file: &mut InFile<'_, '_>) -> Section<T> {
    let Some(node) = suite.get(T::SECTION) else { return Section::new() };
    let problem = match &node.value {
        Value::Map(entries) if (1..=MAX_FIXTURES).contains(&entries.len()) => {
            return entries.iter().map(|(key, node)| declare(key, node, file)).collect();
        }
        Value::Map(entries) if entries.is_empty() => {
            Problem::new(format!("section `{}` is empty; remove it", T::SECTION))
        }
        Value::Map(_) => Problem::new(format!("section `{}` has more than {MAX_FIXTURES} entries", T::SECTION)),
        other => Problem::new(format!("section `{}` is a mapping from names, not {}", T::SECTION, other.noun())),
    };
    file.refuse(node.at, problem);
    Section::new()
}

fn declare<T: Fixture>(key: &Key<'_>, node: &Node<'_>, file: &mut InFile<'_, '_>) -> (String, Option<Named<T>>) {
    let name = key.name.to_string();
    if name.is_empty() || name == "*" || T::built_in(&name).is_some() {
        file.refuse(key.at, format!("{} cannot be called {}; rename it", T::NOUN, shown(&name)));
    }
    let value = T::decode(node, Some(&name), file);
    let named = value.map(|value| Named { name: name.as_str().into(), value: Arc::new(value) });
    (name, named)
}

impl Fixture for Option<PrincipalClaims> {
    const NOUN: &'static str = "a principal";
    const SECTION: &'static str = "principals";

    fn section(fixtures: &Fixtures) -> &Section<Self> {
        &fixtures.principals
    }

    fn decode(node: &Node<'_>, name: Option<&str>, file: &mut InFile<'_, '_>) -> Option<Self> {
        let principal = Mapping::read(node, &PRINCIPAL, file)?;
        let id = match (principal.get("id"), name) {
            (None, Some(name)) => Some(name),
            _ => principal.require("id", file).and_then(|node| text(node, "`id`", file)),
        };
        let source = optional(&principal, "source", file);
        let scope = optional(&principal, "scope", file);
        let roles = match principal.get("roles") {
            Some(node) if matches!(&node.value, Value::List(roles) if roles.is_empty()) => Some(Vec::new()),
            Some(node) => distinct(node, "`roles`", "[editor]", file, |node, file| {
                text(node, "an item of `roles`", file).map(str::to_owned)
            }),
            None => Some(Vec::new()),
        };
        let attributes = attributes(&principal, file);
        let (id, source, roles, attributes) = (id?.to_owned(), source?, roles?, attributes?);
        Some(Some(PrincipalClaims { id, source, roles, attributes, scope: scope? }))
    }

    fn title(&self) -> String {
        self.as_ref().map_or(ANONYMOUS, |claims| &claims.id).to_owned()
    }

    fn built_in(name: &str) -> Option<Self> {
        (name == ANONYMOUS).then_some(None)
    }
}

impl Fixture for ResourceFixture {
    const NOUN: &'static str = "a resource";
    const SECTION: &'static str = "resources";

    fn section(fixtures: &Fixtures) -> &Section<Self> {
        &fixtures.resources
    }

    fn decode(node: &Node<'_>, _name: Option<&str>, file: &mut InFile<'_, '_>) -> Option<Self> {
        let resource = Mapping::read(node, &RESOURCE, file)?;
        let kind = resource.require("kind", file).and_then(|node| text(node, "`kind`", file));
        let id = optional(&resource, "id", file);
        let scope = optional(&resource, "scope", file);
        let attributes = attributes(&resource, file);
        Some(ResourceFixture { kind: kind?.to_owned(), id: id?, attributes: attributes?, scope: scope? })
    }

    fn title(&self) -> String {
        match &self.id {
            Some(id) => format!("{} {id}", self.kind),
            None => self.kind.clone(),
        }
    }
}

impl Fixture for HttpRequest {
    const NOUN: &'static str = "a request";
    const SECTION: &'static str = "requests";

    fn section(fixtures: &Fixtures) -> &Section<Self> {
        &fixtures.requests
    }

    fn decode(node: &Node<'_>, _name: Option<&str>, file: &mut InFile<'_, '_>) -> Option<Self> {
        let request = Mapping::read(node, &REQUEST, file)?;
        let target = request.require("path", file).and_then(|node| text(node, "`path`", file));
        let method = optional(&request, "method", file);
        let host = optional(&request, "host", file);
        let headers = headers(&request, file);
        let body = body(&request, file);
        let mut request = HttpRequest {
            method: method?.unwrap_or_else(|| "GET".to_owned()),
            target: target?.to_owned(),
            host: host?.unwrap_or_else(|| "localhost".to_owned()),
            headers: headers?,
            body: None,
        };
        match body? {
            None => {}
            Some(Body::Text(text)) => request.body = Some(text.into_bytes()),
            Some(Body::Json(json)) => request.set_body(json.into_bytes()),
        }
        Some(request)
    }

    fn title(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// The outer option is absent where the value was refused, the inner one where there is none.
fn optional(fixture: &Mapping<'_, '_>, field: &str, file: &mut InFile<'_, '_>) -> Option<Option<String>> {
    match fixture.get(field) {
        Some(node) => text(node, &format!("`{field}`"), file).map(|text| Some(text.to_owned())),
        None => Some(None),
    }
}

fn attributes(fixture: &Mapping<'_, '_>, file: &mut InFile<'_, '_>) -> Option<Fields> {
    let Some(node) = fixture.get("attr") else { return Some(Fields::default()) };
    if let Value::Map(_) = &node.value {
        return match data(node, file)? {
            Data::Map(fields) => Some(fields),
            _ => None,
        };
    }
    let problem = Problem::new(format!("`attr` is a mapping, not {}", node.value.noun()));
    file.refuse(node.at, problem.help("write it as `{department: legal}`"));
    None
}

/// A header that is sent more than once has a list of values.
fn headers(request: &Mapping<'_, '_>, file: &mut InFile<'_, '_>) -> Option<Vec<(String, String)>> {
    let Some(node) = request.get("headers") else { return Some(Vec::new()) };
    let Value::Map(entries) = &node.value else {
        file.refuse(node.at, format!("`headers` is a mapping from names to values, not {}", node.value.noun()));
        return None;
    };
    let mut headers = Vec::with_capacity(entries.len());
    let mut complete = true;
    for (key, node) in entries {
        let name = key.name.to_ascii_lowercase();
        let what = format!("header {}", shown(&key.name));
        let values = match &node.value {
            Value::List(values) => values.iter().collect(),
            _ => vec![node],
        };
        for node in values {
            match &node.value {
                Value::Text(value) => headers.push((name.clone(), value.to_string())),
                _ => complete &= text(node, &what, file).is_some(),
            }
        }
    }
    complete.then_some(headers)
}

enum Body {
    Text(String),
    /// Comes with its content type.
    Json(String),
}

/// Text under `body`, or any value under `json`.
fn body(request: &Mapping<'_, '_>, file: &mut InFile<'_, '_>) -> Option<Option<Body>> {
    match (request.get("body"), request.get("json")) {
        (None, None) => Some(None),
        (Some(_), Some(node)) => {
            file.refuse(node.at, "a request has one body; keep `body` or `json`");
            None
        }
        (Some(node), None) => text(node, "`body`", file).map(|body| Some(Body::Text(body.to_owned()))),
        (None, Some(node)) => Some(Some(Body::Json(json(&data(node, file)?).to_string()))),
    }
}
