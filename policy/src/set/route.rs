use std::num::NonZeroUsize;

use crate::http::RouteBudget;

/// How a matching HTTP request becomes a question about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// For people; defaults to the path template.
    pub name: String,
    /// Upper-case methods; empty means any.
    pub methods: Vec<String>,
    /// Lower-case hosts without port, exact; empty means any.
    pub hosts: Vec<String>,
    /// The path.
    pub path: PathTemplate,
    /// The action that the request asks for.
    pub action: String,
    /// The kind of the resource.
    pub kind: String,
    /// The resource's id; absent for collections.
    pub id: Option<AttributeSource>,
    /// The scope of the resource; absent where the route leaves that to the principal.
    pub scope: Option<AttributeSource>,
    /// Attribute names (unique) and where their values come from.
    pub attributes: Vec<(String, AttributeSource)>,
    /// Whether a request without identity is refused or anonymous.
    pub auth: Auth,
    /// What the route makes of bodies.
    pub body: RouteBody,
    /// How its requests count as calls of models, if they do. Such a route reads bodies as this says, and `body` is unread.
    pub budget: Option<RouteBudget>,
}

/// Where the value of a resource attribute comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeSource {
    /// The capture with this index in the path template, percent-decoded.
    Capture(u16),
    /// A literal string.
    Literal(String),
}

/// Whether a route asks for identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// No identity: 401.
    #[default]
    Required,
    /// No identity: the principal is `anonymous`. An invalid one is still 401.
    Optional,
}

/// What a route makes of the bodies of its requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RouteBody {
    /// They pass unread, and conditions see none.
    #[default]
    Unread,
    /// They are JSON, which conditions see as `request.body`.
    Json {
        /// Longest body, in bytes; a longer one is refused with 413.
        max_bytes: NonZeroUsize,
    },
}

impl RouteBody {
    /// Longest body that a route can be told to read.
    pub const MAX_BYTES: usize = crate::http::MAX_BODY;

    /// Longest body that a route reads which does not say.
    pub const DEFAULT_MAX_BYTES: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();
}

/// A parsed path template such as `/v1/users/{userId}/documents/{id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    /// The segments between slashes.
    pub segments: Vec<TemplateSegment>,
    /// Whether the template ends in `{name=**}`, which takes the rest of the path, of one or more segments, as one capture.
    pub rest: bool,
    /// Names of the captures in order; the rest, where there is one, is last.
    pub captures: Vec<String>,
}

/// One segment of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateSegment {
    /// Matches exactly these bytes. A trailing slash is an empty literal at the end.
    Literal(String),
    /// Matches any one non-empty segment and captures it.
    Capture,
}
