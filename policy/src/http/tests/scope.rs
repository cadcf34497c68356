//! The scope of an HTTP request: what its route says of the resource, and what its identity says of the caller.

use crate::data::{Data, Fields};
use crate::engine::Reason;
use crate::http::{HttpVerdict, Refusal};
use crate::set::{AttributeSource, PolicySet};

use super::check::{DOCUMENT, check, claims, peer, refused, set, snapshot, token};

/// Users' names are tenants' names, too.
fn tenants() -> PolicySet {
    let mut set = set();
    set.scopes = ["acme", "globex"].map(str::to_owned).into();
    set.routes[0].scope = Some(AttributeSource::Capture(0));
    set
}

/// An admin whose token names this tenant.
fn admin_of(tenant: Data) -> super::check::Proxy {
    let claims = claims("carol", &["admin"]);
    let mut members: Vec<(Box<str>, Data)> = claims.iter().map(|(name, value)| (name.into(), value.clone())).collect();
    members.push(("tenant".into(), tenant));
    token(Fields::new(members).unwrap())
}

#[test]
fn route_and_token_must_not_name_different_scopes() {
    let snapshot = snapshot(&tenants());
    let reason = |path: &str, proxy| check(&snapshot, "GET", path, &[], &proxy).reason;
    let acme = "/users/acme/documents/1";
    assert_eq!(reason(acme, admin_of("acme".into())), Reason::Allowed);
    assert_eq!(reason(acme, admin_of("globex".into())), Reason::ScopeMismatch);
    assert_eq!(reason(acme, token(claims("carol", &["admin"]))), Reason::Allowed);
    // The route of collections names none.
    assert_eq!(reason("/documents", admin_of("globex".into())), Reason::Allowed);
    assert_eq!(reason("/documents", admin_of("initech".into())), Reason::UnknownScope);
    assert_eq!(reason(DOCUMENT, token(claims("carol", &["admin"]))), Reason::UnknownScope);
    let outcome = check(&snapshot, "GET", DOCUMENT, &[], &admin_of("acme".into()));
    assert_eq!(outcome.verdict, refused(Refusal::Forbidden));
}

#[test]
fn captured_scopes_are_compared_decoded() {
    let snapshot = snapshot(&tenants());
    // A canonical path encodes no letter: what is left to decode never is a scope's name.
    let outcome = check(&snapshot, "GET", "/users/ac%20me/documents/1", &[], &admin_of("ac me".into()));
    assert_eq!(outcome.reason, Reason::UnknownScope);
}

#[test]
fn a_scope_that_is_not_a_name_is_no_identity() {
    let snapshot = snapshot(&tenants());
    for tenant in [Data::Int(3), Data::Null, "".into(), Data::List([Data::from("acme")].into())] {
        let outcome = check(&snapshot, "GET", "/documents", &[], &admin_of(tenant));
        assert_eq!(outcome.verdict, refused(Refusal::Unauthenticated));
    }
}

#[test]
fn a_scope_header_counts_only_from_the_named_peer() {
    let snapshot = snapshot(&tenants());
    let headers = [("x-user-id", "carol"), ("x-user-roles", "admin"), ("x-user-scope", "globex")];
    let path = "/users/acme/documents/1";
    let outcome = check(&snapshot, "GET", path, &headers, &peer("spiffe://corp/gateway"));
    assert_eq!(outcome.reason, Reason::ScopeMismatch);
    // Another caller's identity is not mixed with what the header says.
    let outcome = check(&snapshot, "GET", path, &[("x-user-scope", "globex")], &admin_of("acme".into()));
    assert_eq!((outcome.verdict, outcome.identity_headers_trusted), (HttpVerdict::Allow, false));
}
