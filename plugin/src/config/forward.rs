use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub enum Fact {
    /// The principal's id.
    #[serde(rename = "principal.id")]
    PrincipalId,
    /// The principal's roles, separated by commas.
    #[serde(rename = "principal.roles")]
    PrincipalRoles,
    /// The policy that allowed the request.
    #[serde(rename = "decision.policy")]
    DecisionPolicy,
    /// The decision's id.
    #[serde(rename = "decision.id")]
    DecisionId,
}

/// Which headers tell the upstream which facts. A client's own copies of these headers never reach it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forward(Vec<(HeaderName, Fact)>);

impl Forward {
    /// The headers, in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, Fact)> {
        self.0.iter().map(|(name, fact)| (name, *fact))
    }
}

impl<'de> Deserialize<'de> for Forward {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Headers;

        impl<'de> Visitor<'de> for Headers {
            type Value = Forward;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of header names and facts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Forward, A::Error> {
                let mut headers: Vec<(HeaderName, Fact)> = Vec::new();
                while let Some((name, fact)) = map.next_entry::<HeaderName, Fact>()? {
                    if headers.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom(format_args!("header `{}` occurs twice", name.as_str())));
                    }
                    headers.push((name, fact));
                }
                Ok(Forward(headers))
            }
        }

        deserializer.deserialize_map(Headers)
    }
}

/// Name of a header that the filter sets: lower-case, not a pseudo-header, not one that frames the message.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
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
