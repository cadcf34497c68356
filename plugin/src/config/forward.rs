use tollgate_policy::data::Data;

use super::InvalidMember;

/// Headers that frame the message or route it: a decision's facts have no business there.
const RESERVED: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Something that a decision knows and the upstream may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The principal's id.
    PrincipalId,
    /// The principal's roles, separated by commas.
    PrincipalRoles,
    /// The policy that allowed the request.
    DecisionPolicy,
    /// The decision's id.
    DecisionId,
    /// The id of the snapshot that decided.
    DecisionSnapshot,
}

/// Which headers tell the upstream which facts. A client's own copies of these headers never reach it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forward(Vec<(HeaderName, Fact)>);

impl Forward {
    /// The headers, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, Fact)> {
        self.0.iter().map(|(name, fact)| (name, *fact))
    }
}

/// Not something that the upstream can be told, or not in this way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidForward {
    /// It is no object.
    #[error(transparent)]
    Member(#[from] InvalidMember),
    /// The header cannot be set.
    #[error(transparent)]
    Header(#[from] InvalidHeader),
    /// It is none of the facts.
    #[error(
        "header `{0}` has no fact, which is one of `principal.id`, `principal.roles`, `decision.policy`, `decision.id`, `decision.snapshot`; not {1}"
    )]
    Fact(String, String),
}

impl Fact {
    fn named(name: &str) -> Option<Self> {
        match name {
            "principal.id" => Some(Fact::PrincipalId),
            "principal.roles" => Some(Fact::PrincipalRoles),
            "decision.policy" => Some(Fact::DecisionPolicy),
            "decision.id" => Some(Fact::DecisionId),
            "decision.snapshot" => Some(Fact::DecisionSnapshot),
            _ => None,
        }
    }
}

impl Forward {
    pub(super) fn read(headers: &Data) -> Result<Self, InvalidForward> {
        let Data::Map(headers) = headers else {
            return Err(InvalidMember::Type("forward", "an object of header names and facts").into());
        };
        let headers = headers.iter().map(|(name, fact)| {
            let header = HeaderName::try_from(name.to_owned())?;
            let fact = fact.as_str().unwrap_or_default();
            let known = Fact::named(fact);
            known.map(|known| (header, known)).ok_or_else(|| InvalidForward::Fact(name.to_owned(), format!("`{fact}`")))
        });
        Ok(Forward(headers.collect::<Result<_, InvalidForward>>()?))
    }
}

/// Name of a header that the filter sets: lower-case, not a pseudo-header, not one that frames the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderName(String);

/// Not usable as the name of a header that the filter sets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// It holds what a header name cannot.
    #[error("`{0}` is not a header name: use lower-case letters, digits and hyphens, at most 128 of them")]
    Form(String),
    /// It is one of the headers that frame or route the message.
    #[error("header `{0}` frames or routes the message and cannot carry a fact")]
    Reserved(String),
}

impl TryFrom<String> for HeaderName {
    type Error = InvalidHeader;

    fn try_from(name: String) -> Result<Self, InvalidHeader> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 128 || !name.bytes().all(allowed) {
            return Err(InvalidHeader::Form(name));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(InvalidHeader::Reserved(name));
        }
        Ok(HeaderName(name))
    }
}

impl HeaderName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
