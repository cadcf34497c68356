use std::fmt;

use crate::condition::code::Code;
use crate::condition::node::{self, Input, Node, NodeId};

/// Something that a condition reads: a property, an attribute, or a member of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Where it begins.
    pub origin: Origin,
    /// The members that lead from there to it.
    pub members: Vec<String>,
}

/// What conditions can begin to read at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// `principal.id`.
    PrincipalId,
    /// `principal.roles`.
    PrincipalRoles,
    /// An attribute of the principal.
    Principal(String),
    /// `principal.attr` as a whole.
    PrincipalAttributes,
    /// `resource.kind`.
    ResourceKind,
    /// `resource.id`.
    ResourceId,
    /// An attribute of the resource.
    Resource(String),
    /// `resource.attr` as a whole.
    ResourceAttributes,
    /// `request.method`.
    Method,
    /// `request.path`.
    Path,
    /// `request.host`.
    Host,
    /// A header of the request.
    Header(String),
    /// A parameter of the request's query.
    Query(String),
    /// `request.body`.
    Body,
    /// `request.time`.
    Time,
    /// `request.source.ip`.
    SourceIp,
    /// `request.source.port`.
    SourcePort,
}

/// The place that a node reads, if it reads one.
pub(super) fn read(code: &Code, id: NodeId) -> Option<Place> {
    match code.node(id)? {
        Node::Input(input) => Some(Place::at(input_root(input))),
        Node::Attribute(of, name) => Some(Place::at(attribute_root(of, code.string(name)))),
        Node::Select(field) => read(code, id.operand()).map(|of| of.member(code.string(field))),
        Node::Index(index) => match code.node(index)? {
            Node::Str(field) => read(code, id.operand()).map(|of| of.member(code.string(field))),
            _ => None,
        },
        _ => None,
    }
}

/// The place whose presence a node asks for, if it does that.
pub(super) fn asked_for(code: &Code, id: NodeId) -> Option<Place> {
    match code.node(id)? {
        Node::HasInput(input) => Some(Place::at(input_root(input))),
        Node::HasAttribute(of, name) => Some(Place::at(attribute_root(of, code.string(name)))),
        Node::Has(field) => read(code, id.operand()).map(|of| of.member(code.string(field))),
        _ => None,
    }
}

impl Place {
    /// The beginning itself.
    #[must_use]
    pub fn at(origin: Origin) -> Self {
        Place { origin, members: Vec::new() }
    }

    /// A member of it.
    #[must_use]
    pub fn member(mut self, name: &str) -> Self {
        self.members.push(name.to_owned());
        self
    }

    /// What it is a member of; the beginning is of nothing.
    #[must_use]
    pub fn parent(&self) -> Option<Place> {
        let (_, members) = self.members.split_last()?;
        Some(Place { origin: self.origin.clone(), members: members.to_vec() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::PrincipalId => f.write_str("principal.id"),
            Origin::PrincipalRoles => f.write_str("principal.roles"),
            Origin::Principal(name) => write!(f, "principal.{name}"),
            Origin::PrincipalAttributes => f.write_str("principal.attr"),
            Origin::ResourceKind => f.write_str("resource.kind"),
            Origin::ResourceId => f.write_str("resource.id"),
            Origin::Resource(name) => write!(f, "resource.{name}"),
            Origin::ResourceAttributes => f.write_str("resource.attr"),
            Origin::Method => f.write_str("request.method"),
            Origin::Path => f.write_str("request.path"),
            Origin::Host => f.write_str("request.host"),
            Origin::Header(name) => write!(f, "request.headers['{name}']"),
            Origin::Query(name) => write!(f, "request.query['{name}']"),
            Origin::Body => f.write_str("request.body"),
            Origin::Time => f.write_str("request.time"),
            Origin::SourceIp => f.write_str("request.source.ip"),
            Origin::SourcePort => f.write_str("request.source.port"),
        }?;
        self.members.iter().try_for_each(|member| write!(f, ".{member}"))
    }
}

fn input_root(input: Input) -> Origin {
    match input {
        Input::PrincipalId => Origin::PrincipalId,
        Input::PrincipalRoles => Origin::PrincipalRoles,
        Input::PrincipalAttributes => Origin::PrincipalAttributes,
        Input::ResourceKind => Origin::ResourceKind,
        Input::ResourceId => Origin::ResourceId,
        Input::ResourceAttributes => Origin::ResourceAttributes,
        Input::Method => Origin::Method,
        Input::Path => Origin::Path,
        Input::Host => Origin::Host,
        Input::Body => Origin::Body,
        Input::Time => Origin::Time,
        Input::SourceIp => Origin::SourceIp,
        Input::SourcePort => Origin::SourcePort,
    }
}

fn attribute_root(of: node::Root, name: &str) -> Origin {
    let name = name.to_owned();
    match of {
        node::Root::Principal => Origin::Principal(name),
        node::Root::Resource => Origin::Resource(name),
        node::Root::Header => Origin::Header(name),
        node::Root::Query => Origin::Query(name),
    }
}
