use super::{Evaluated, Evaluator, Inputs, Observer};
use crate::condition::fault::{Fault, FaultKind};
use crate::condition::node::{Input, Node, NodeId, Root};
use crate::condition::value::{List, Map, Value};

impl<'a, O: Observer> Evaluator<'a, O> {
    #[inline]
    pub(super) fn input(&self, input: Input, id: NodeId) -> Evaluated<'a> {
        let Inputs { principal, resource, request } = self.inputs;
        let text = |text: Option<&'a str>| match text {
            Some(text) => Ok(Value::Str(text)),
            None => Err(Fault { kind: FaultKind::Missing, at: id }),
        };
        match input {
            Input::PrincipalId => Ok(Value::Str(principal.id())),
            Input::PrincipalRoles => Ok(Value::List(List::Strings(principal.roles()))),
            Input::PrincipalAttributes => Ok(Value::Map(Map::Fields(principal.attributes()))),
            Input::ResourceKind => Ok(Value::Str(resource.kind)),
            Input::ResourceId => text(resource.id),
            Input::ResourceAttributes => Ok(Value::Map(resource.attributes)),
            Input::Method => text(request.method),
            Input::Path => text(request.path),
            Input::Host => text(request.host),
            Input::SourceIp => text(request.source.map(|source| source.ip)),
            Input::SourcePort => match request.source {
                Some(source) => Ok(Value::Int(i64::from(source.port))),
                None => Err(Fault { kind: FaultKind::Missing, at: id }),
            },
            Input::Time => match request.time {
                Some(time) => Ok(Value::Timestamp(time)),
                None => Err(Fault { kind: FaultKind::Missing, at: id }),
            },
            Input::Body => match request.body {
                Some(body) => Ok(Value::from(body)),
                None => Err(Fault { kind: FaultKind::Missing, at: id }),
            },
        }
    }

    /// Two operands, if both are leaves and strings, as those of most comparisons are: without a detour over values.
    #[inline]
    pub(super) fn texts(&self, a: NodeId, b: NodeId) -> Option<[&'a str; 2]> {
        Some([self.text(a)?, self.text(b)?])
    }

    #[inline]
    fn text(&self, id: NodeId) -> Option<&'a str> {
        let Inputs { principal, resource, request } = self.inputs;
        match self.code.node(id)? {
            Node::Str(text) => Some(self.code.string(text)),
            Node::Attribute(Root::Principal, name) => principal.attributes().get(self.code.string(name))?.as_str(),
            Node::Attribute(Root::Resource, name) => resource.attributes.text(self.code.string(name)),
            Node::Input(Input::PrincipalId) => Some(principal.id()),
            Node::Input(Input::ResourceId) => resource.id,
            Node::Input(Input::Method) => request.method,
            Node::Input(Input::Path) => request.path,
            _ => None,
        }
    }

    #[inline]
    pub(super) fn attribute(&self, root: Root, name: &str, id: NodeId) -> Evaluated<'a> {
        let fault = |kind| Fault { kind, at: id };
        match root {
            Root::Principal => match self.inputs.principal.attributes().get(name) {
                Some(data) => Ok(Value::from(data)),
                None => Err(fault(FaultKind::Missing)),
            },
            Root::Resource => match self.inputs.resource.attributes.get(name) {
                Some(value) => Ok(value),
                None => Err(fault(FaultKind::Missing)),
            },
            Root::Header => match self.inputs.request.headers.get(name).map(std::str::from_utf8) {
                Some(Ok(text)) => Ok(Value::Str(text)),
                Some(Err(_)) => Err(fault(FaultKind::NotUtf8)),
                None => Err(fault(FaultKind::Missing)),
            },
            Root::Query => match self.inputs.request.query.get(name) {
                Some(text) => Ok(Value::Str(text)),
                None => Err(fault(FaultKind::Missing)),
            },
        }
    }
}
