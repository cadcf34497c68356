use crate::condition::Map;
use crate::http::Headers;
use crate::identity::Principal;

use super::Symbol;

/// A question in the caller's words.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Who asks; made by the snapshot that decides.
    pub principal: &'a Principal,
    /// Which operation.
    pub action: &'a str,
    /// On what.
    pub resource: Resource<'a>,
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
}

/// A question in the symbols of the snapshot that made it, and that alone can decide it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub(crate) principal: &'a Principal,
    /// `None`: the snapshot does not know the name.
    pub(crate) kind: Option<Symbol>,
    pub(crate) action: Option<Symbol>,
    pub(crate) resource: Resource<'a>,
    pub(crate) request: RequestFacts<'a>,
}
