use crate::identity::{ClaimsFrom, IdentityMethod, IdentitySource, SanKind, TrustedPeers};

use super::assembly::Assembly;
use super::mapping::{Mapping, Shape};
use super::names::{ENTRY, HEADER};
use super::node::{Node, Value};
use super::principal::granted_roles;
use super::report::{InFile, Problem};
use super::scope;
use super::value::{choice, distinct, name, text_within};

pub(super) const SOURCE: Shape =
    Shape { noun: "an identity source", fields: &["name", "jwt", "mtls", "headers"], planned: &["apiKey"] };

pub(super) const JWT: Shape =
    Shape { noun: "`jwt`", fields: &["metadataKey", "forwardedHeader", "id", "roles", "scope"], planned: &[] };

pub(super) const MTLS: Shape = Shape { noun: "`mtls`", fields: &["san", "roles", "scope"], planned: &[] };

pub(super) const HEADERS: Shape = Shape { noun: "`headers`", fields: &["id", "roles", "scope", "trust"], planned: &[] };

pub(super) const TRUST: Shape = Shape { noun: "`trust`", fields: &["sans"], planned: &[] };

/// What `jwt_authn` is usually told to keep its payload under.
const DEFAULT_METADATA_KEY: &str = "jwt_payload";

/// The claim that RFC 7519 keeps for the subject.
const DEFAULT_ID_CLAIM: &str = "sub";

/// Longest claim path or metadata key, in bytes.
const MAX_CLAIM: usize = 256;

/// Longest subject alternative name, in bytes (SPIFFE allows this much).
const MAX_SAN: usize = 2048;

pub(super) fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) {
    let Some(source) = Mapping::read(node, &SOURCE, file) else { return };
    let name = source.require("name", file).and_then(|node| {
        let name = name(node, "`name`", &ENTRY, file)?;
        assembly.source_names.declare("identity source", name, file.place(node.at), file.report);
        Some(name.to_owned())
    });
    let method = source.one_of(&["jwt", "mtls", "headers"], file).and_then(|(kind, node)| match kind {
        "jwt" => jwt(node, file),
        "mtls" => mtls(node, file, assembly),
        _ => headers(node, file),
    });
    if let (Some(name), Some(method)) = (name, method) {
        assembly.identity.push(IdentitySource { name, method });
    }
}

fn jwt(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<IdentityMethod> {
    let jwt = Mapping::read(node, &JWT, file)?;
    let claims = match (jwt.get("metadataKey"), jwt.get("forwardedHeader")) {
        (None, None) => Some(ClaimsFrom::Metadata(DEFAULT_METADATA_KEY.to_owned())),
        (Some(node), None) => claim(node, "`metadataKey`", file).map(ClaimsFrom::Metadata),
        (None, Some(node)) => header(node, "`forwardedHeader`", file).map(ClaimsFrom::ForwardedHeader),
        (Some(_), Some(node)) => {
            file.refuse(
                node.at,
                "`jwt` reads claims from one place; keep `metadataKey` or `forwardedHeader`, not both",
            );
            None
        }
    };
    let id = match jwt.get("id") {
        Some(node) => claim(node, "`id`", file),
        None => Some(DEFAULT_ID_CLAIM.to_owned()),
    };
    let roles = optional(jwt.get("roles"), |node| claim(node, "`roles`", file));
    let scope = optional(jwt.get("scope"), |node| claim(node, "`scope`", file));
    Some(IdentityMethod::Jwt { claims: claims?, id_claim: id?, roles_claim: roles?, scope_claim: scope? })
}

fn mtls(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) -> Option<IdentityMethod> {
    let mtls = Mapping::read(node, &MTLS, file)?;
    let kinds = [("uri", SanKind::Uri), ("dns", SanKind::Dns)];
    let san = mtls.require("san", file).and_then(|node| choice(node, "`san`", &kinds, file));
    let roles = match mtls.get("roles") {
        Some(node) => granted_roles(node, file, assembly),
        None => Some(Vec::new()),
    };
    let scope = optional(mtls.get("scope"), |node| scope::read(node, file, assembly).map(str::to_owned));
    Some(IdentityMethod::Mtls { san: san?, roles: roles?, scope: scope? })
}

fn headers(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<IdentityMethod> {
    let headers = Mapping::read(node, &HEADERS, file)?;
    let id = headers.require("id", file).and_then(|node| header(node, "`id`", file));
    let roles = optional(headers.get("roles"), |node| header(node, "`roles`", file));
    let scope = optional(headers.get("scope"), |node| header(node, "`scope`", file));
    let trust = headers.require("trust", file).and_then(|node| trust(node, file));
    let (id, roles, scope) = (id?, roles?, scope?);
    let same = |one: &Option<String>, other: Option<&String>| one.is_some() && one.as_ref() == other;
    for (field, header, other_field, other) in [
        ("roles", &roles, "id", Some(&id)),
        ("scope", &scope, "id", Some(&id)),
        ("scope", &scope, "roles", roles.as_ref()),
    ] {
        if same(header, other)
            && let Some(node) = headers.get(field)
        {
            let message =
                format!("`{other_field}` and `{field}` are read from two different headers; rename one of the two");
            file.refuse(node.at, message);
            return None;
        }
    }
    Some(IdentityMethod::Headers { id_header: id, roles_header: roles, scope_header: scope, trust: trust? })
}

fn trust(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<TrustedPeers> {
    match &node.value {
        Value::Text(text) if text == "all" => Some(TrustedPeers::All),
        Value::Map(_) => {
            let trust = Mapping::read(node, &TRUST, file)?;
            let sans = trust.require("sans", file)?;
            let item = |node: &Node<'_>, file: &mut InFile<'_, '_>| {
                Some(text_within(node, "an item of `sans`", MAX_SAN, file)?.to_owned())
            };
            distinct(sans, "`sans`", "[\"spiffe://example.com/proxy\"]", file, item).map(TrustedPeers::Sans)
        }
        _ => {
            let problem = Problem::new("`trust` says whose headers are believed: a mapping with `sans`, or `all`");
            let help =
                "write `{sans: [\"spiffe://example.com/proxy\"]}`; `all` believes everyone and is for development only";
            file.refuse(node.at, problem.help(help));
            None
        }
    }
}

fn claim(node: &Node<'_>, what: &str, file: &mut InFile<'_, '_>) -> Option<String> {
    Some(text_within(node, what, MAX_CLAIM, file)?.to_owned())
}

fn header(node: &Node<'_>, what: &str, file: &mut InFile<'_, '_>) -> Option<String> {
    Some(name(node, what, &HEADER, file)?.to_owned())
}

/// The outer option is absent where the value was refused, the inner one where there is none.
fn optional<T>(node: Option<&Node<'_>>, read: impl FnOnce(&Node<'_>) -> Option<T>) -> Option<Option<T>> {
    match node {
        Some(node) => read(node).map(Some),
        None => Some(None),
    }
}
