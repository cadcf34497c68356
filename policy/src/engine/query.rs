use crate::condition::{Inputs, Map};
use crate::data::Data;
use crate::http::{Headers, QueryParameters, Source};
use crate::identity::Principal;
use crate::time::Timestamp;

use super::Symbol;
use super::scope::ScopeId;

/// A question in the caller's words.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Who asks; made by the snapshot that decides.
    pub principal: &'a Principal,
    /// Which operation.
    pub action: &'a str,
    /// On what.
    pub resource: Resource<'a>,
    /// The scope that the resource belongs to; absent where only the principal says, or nobody.
    pub scope: Option<&'a str>,
    /// The HTTP request behind the question, as far as there is one.
    pub request: RequestFacts<'a>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its id; collections have none.
    pub id: Option<&'a str>,
    /// Its attributes.
    pub attributes: Map<'a>,
}

/// What conditions can read as `request`. Reading what is absent is an error of the condition.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestFacts<'a> {
    /// The method, as sent.
    pub method: Option<&'a str>,
    /// The path without query, still percent-encoded.
    pub path: Option<&'a str>,
    /// The host, lower-case and without port.
    pub host: Option<&'a str>,
    /// All headers.
    pub headers: Headers<'a>,
    /// The query parameters that the snapshot reads.
    pub query: QueryParameters<'a>,
    /// The JSON body, where the route asks for it and the request has one.
    pub body: Option<&'a Data>,
    /// When the question was asked.
    pub time: Option<Timestamp>,
    /// Where the request comes from.
    pub source: Option<Source<'a>>,
}

/// A question in the symbols of the snapshot that made it, and that alone can decide it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub(crate) inputs: Inputs<'a>,
    /// `None`: the snapshot does not know the name.
    pub(crate) kind: Option<Symbol>,
    pub(crate) action: Action<'a>,
    pub(crate) scope: AskedScope,
}

/// An action that is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action<'a> {
    /// `None`: the snapshot does not know the name.
    pub(crate) symbol: Option<Symbol>,
    pub(crate) name: &'a str,
}

/// Where a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskedScope {
    /// Nobody names a scope: the root's policies alone decide.
    Root,
    /// In a scope below the root.
    Within(ScopeId),
    /// In one that the snapshot does not have.
    Unknown,
    /// The principal and the resource belong to different ones.
    Mismatch,
}
