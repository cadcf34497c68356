use std::fmt;
use std::rc::Rc;

use crate::data::{Data, Fields};
use crate::http::Headers;
use crate::snapshot::Snapshot;

use super::cache::{Identities, Unread};
use super::source::{ClaimsFrom, IdentityMethod, IdentitySource, SanKind, TrustedPeers};
use super::{Evidence, PeerNames, Presented, Principal, PrincipalClaims};

/// Why a request is unauthenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthFailure {
    /// No source found any evidence, and the route wants some.
    Missing,
    /// A source found evidence that it cannot use.
    Invalid,
}

impl fmt::Display for AuthFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AuthFailure::Missing => "no identity is present",
            AuthFailure::Invalid => "the identity that is present is not valid",
        })
    }
}

/// What the sources found.
pub(crate) struct Authenticated {
    /// Absent: no source found evidence. The error says which source refused and why.
    pub(crate) principal: Result<Option<Rc<Principal>>, String>,
    /// Whether every identity header that the set reads came from a peer trusted to set it.
    pub(crate) headers_trusted: bool,
}

/// Tries the snapshot's sources in order; the first whose evidence is present decides.
pub(crate) fn authenticate(
    snapshot: &Snapshot,
    headers: Headers<'_>,
    evidence: &dyn Evidence,
    identities: &mut Identities,
) -> Authenticated {
    let identities = identities.of(snapshot);
    let sources = snapshot.identity();
    let headers_trusted = sources.iter().all(|source| match &source.method {
        IdentityMethod::Headers { trust, .. } => trusts(trust, evidence),
        _ => true,
    });
    let principal = sources
        .iter()
        .enumerate()
        .find_map(|(index, source)| {
            let unread = unread(source, headers, evidence).map(|unread| (index, unread));
            if let Some(known) = unread.as_ref().and_then(|(index, unread)| identities.find(*index, unread)) {
                return Some(Ok(known));
            }
            match present(source, headers, evidence) {
                Presented::Absent => None,
                Presented::Invalid(why) => Some(Err(format!("identity source `{}`: {why}", source.name))),
                Presented::Valid(claims) => Some(Ok(match unread {
                    Some(evidence) => identities.resolve(snapshot, claims, evidence),
                    None => Rc::new(snapshot.principal(claims)),
                })),
            }
        })
        .transpose();
    Authenticated { principal, headers_trusted }
}

/// What a source goes by, as far as principals can be told apart by it before it is read. What of it is valid once stays
/// valid: everything else that a source looks at is looked at here.
fn unread<'e>(source: &IdentitySource, headers: Headers<'e>, evidence: &'e dyn Evidence) -> Option<Unread<'e>> {
    let header = |name: &str| headers.get(name);
    match &source.method {
        IdentityMethod::Jwt { claims: ClaimsFrom::Metadata(key), .. } => {
            evidence.unread_jwt_metadata(key).map(Unread::Claims)
        }
        IdentityMethod::Jwt { claims: ClaimsFrom::ForwardedHeader(name), .. } => {
            header(name).map(|value| Unread::Texts([Some(value), None, None]))
        }
        // The proxy takes longer to say who the peer is than it takes to read that.
        IdentityMethod::Mtls { .. } => None,
        IdentityMethod::Headers { id_header, roles_header, scope_header, trust } => {
            let id = header(id_header).filter(|_| trusts(trust, evidence))?;
            let [roles, scope] = [roles_header, scope_header].map(|name| name.as_deref().and_then(header));
            Some(Unread::Texts([Some(id), roles, scope]))
        }
    }
}

fn present(source: &IdentitySource, headers: Headers<'_>, evidence: &dyn Evidence) -> Presented<PrincipalClaims> {
    match &source.method {
        IdentityMethod::Jwt { claims, id_claim, roles_claim, scope_claim } => {
            let found = match claims {
                ClaimsFrom::Metadata(key) => evidence.jwt_metadata(key),
                ClaimsFrom::ForwardedHeader(name) => match headers.get(name) {
                    Some(value) => evidence.jwt_payload(value),
                    None => Presented::Absent,
                },
            };
            found.and_then(|fields| from_claims(fields, id_claim, roles_claim.as_deref(), scope_claim.as_deref()))
        }
        IdentityMethod::Mtls { san, roles, scope } => evidence
            .peer()
            .and_then(|names| from_peer(names, *san, roles))
            .map(|claims| PrincipalClaims { scope: scope.clone(), ..claims }),
        IdentityMethod::Headers { id_header, roles_header, scope_header, trust } => {
            if trusts(trust, evidence) {
                from_headers(headers, id_header, roles_header.as_deref(), scope_header.as_deref())
            } else {
                Presented::Absent
            }
        }
    }
    .map(|claims| PrincipalClaims { source: Some(source.name.clone()), ..claims })
}

fn from_claims(
    fields: Fields,
    id_claim: &str,
    roles_claim: Option<&str>,
    scope_claim: Option<&str>,
) -> Presented<PrincipalClaims> {
    let id = match claim(&fields, id_claim) {
        Some(Data::String(id)) if !id.is_empty() => id.to_string(),
        Some(_) => return Presented::Invalid(format!("claim `{id_claim}` is not a non-empty string")),
        None => return Presented::Invalid(format!("claim `{id_claim}` is missing")),
    };
    let roles = match roles_claim.and_then(|name| claim(&fields, name)) {
        None => Vec::new(),
        Some(roles) => match role_names(roles) {
            Some(roles) => roles,
            None => {
                let name = roles_claim.unwrap_or_default();
                return Presented::Invalid(format!("claim `{name}` is neither a list of strings nor a string"));
            }
        },
    };
    let scope = match scope_claim.map(|name| (name, claim(&fields, name))) {
        None | Some((_, None)) => None,
        Some((_, Some(Data::String(scope)))) if !scope.is_empty() => Some(scope.to_string()),
        Some((name, Some(_))) => return Presented::Invalid(format!("claim `{name}` is not a non-empty string")),
    };
    Presented::Valid(PrincipalClaims { source: None, id, roles, attributes: fields, scope })
}

/// A claim by name; where no claim has the whole name, its dots descend into objects.
fn claim<'a>(fields: &'a Fields, name: &str) -> Option<&'a Data> {
    if let Some(found) = fields.get(name) {
        return Some(found);
    }
    let (first, rest) = name.split_once('.')?;
    match fields.get(first)? {
        Data::Map(inner) => claim(inner, rest),
        _ => None,
    }
}

fn role_names(roles: &Data) -> Option<Vec<String>> {
    match roles {
        Data::String(names) => Some(names.split_ascii_whitespace().map(str::to_owned).collect()),
        Data::List(names) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn from_peer(names: PeerNames, san: SanKind, roles: &[String]) -> Presented<PrincipalClaims> {
    let (mut of_kind, kind) = match san {
        SanKind::Uri => (names.uris, "URI"),
        SanKind::Dns => (names.dns, "DNS"),
    };
    match (of_kind.pop(), of_kind.is_empty()) {
        (None, _) => Presented::Absent,
        (Some(id), true) => {
            Presented::Valid(PrincipalClaims { id, roles: roles.to_vec(), ..PrincipalClaims::default() })
        }
        (Some(_), false) => Presented::Invalid(format!("the peer's certificate carries more than one {kind} name")),
    }
}

fn from_headers(
    headers: Headers<'_>,
    id_header: &str,
    roles_header: Option<&str>,
    scope_header: Option<&str>,
) -> Presented<PrincipalClaims> {
    let text = |name: &str| headers.get(name).map(|value| std::str::from_utf8(value).map(str::trim));
    let id = match text(id_header) {
        None => return Presented::Absent,
        Some(Ok(id)) if !id.is_empty() => id.to_owned(),
        Some(_) => return Presented::Invalid(format!("header `{id_header}` is empty or not UTF-8")),
    };
    let roles = match roles_header.map(|name| (name, text(name))) {
        None | Some((_, None)) => Vec::new(),
        Some((_, Some(Ok(list)))) => {
            list.split(',').map(str::trim).filter(|role| !role.is_empty()).map(str::to_owned).collect()
        }
        Some((name, Some(Err(_)))) => return Presented::Invalid(format!("header `{name}` is not UTF-8")),
    };
    let scope = match scope_header.map(|name| (name, text(name))) {
        None | Some((_, None)) => None,
        Some((_, Some(Ok(scope)))) if !scope.is_empty() => Some(scope.to_owned()),
        Some((name, Some(_))) => return Presented::Invalid(format!("header `{name}` is empty or not UTF-8")),
    };
    Presented::Valid(PrincipalClaims { id, roles, scope, ..PrincipalClaims::default() })
}

fn trusts(trust: &TrustedPeers, evidence: &dyn Evidence) -> bool {
    match trust {
        TrustedPeers::All => true,
        TrustedPeers::Sans(trusted) => match evidence.peer() {
            Presented::Valid(names) => names.uris.iter().chain(&names.dns).any(|name| trusted.contains(name)),
            Presented::Absent | Presented::Invalid(_) => false,
        },
    }
}
