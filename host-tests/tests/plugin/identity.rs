//! Who asks, where it is not a token in metadata: forwarded payloads, certificates, trusted headers, nobody.

use base64::prelude::*;

use crate::metadata::{claims, list, person, string};
use crate::plugin::{CONFIG, EXPLAINING, Plugin};
use crate::policies::{ANYONE, CERTIFICATE, GATEWAY, PAYLOAD_HEADER, TOKEN, documents};
use crate::request::Request;

fn plugin(sources: &[&str]) -> Plugin {
    Plugin::deciding(EXPLAINING, &documents(sources))
}

fn document() -> Request {
    Request::get("/documents/1")
}

fn page() -> Request {
    Request::get("/pages/1")
}

fn forwarded(json: &str) -> Request {
    document().header("x-jwt-payload", BASE64_URL_SAFE_NO_PAD.encode(json))
}

#[test]
fn a_forwarded_payload_counts_where_the_set_opts_in() {
    let mut plugin = plugin(&[PAYLOAD_HEADER]);
    assert!(plugin.ask(&forwarded(r#"{"sub": "ann", "roles": ["editor"]}"#)).is_allowed());
    assert_eq!(plugin.ask(&forwarded(r#"{"sub": "vic", "roles": ["viewer"]}"#)).status(), 403);
    assert_eq!(plugin.ask(&document()).status(), 401);
}

#[test]
fn a_forwarded_payload_counts_nowhere_else() {
    let request = forwarded(r#"{"sub": "mallory", "roles": ["editor"]}"#);
    assert_eq!(plugin(&[TOKEN, GATEWAY, CERTIFICATE]).ask(&request).status(), 401);
}

#[test]
fn a_forwarded_payload_that_is_no_object_of_claims_is_no_identity() {
    let mut plugin = plugin(&[PAYLOAD_HEADER]);
    let editor = r#"{"sub": "ann", "roles": ["editor"]"#;
    for json in ["", "null", "[]", "{}", editor, &format!("{editor}, \"sub\": \"bob\"}}"), &"[".repeat(50_000)] {
        assert_eq!(plugin.ask(&forwarded(json)).status(), 401, "{json:.60}");
    }
    for raw in [&b"***"[..], b"", b"\xff", b"{\"sub\": \"ann\", \"roles\": [\"editor\"]}"] {
        assert_eq!(plugin.ask(&document().header("x-jwt-payload", raw)).status(), 401, "{raw:x?}");
    }
}

#[test]
fn a_forwarded_payload_larger_than_a_mebibyte_is_no_identity() {
    let mut plugin = plugin(&[PAYLOAD_HEADER]);
    let sized = |size| {
        let filler = "x".repeat(size);
        forwarded(&format!(r#"{{"sub": "ann", "roles": ["editor"], "filler": "{filler}"}}"#))
    };
    assert!(plugin.ask(&sized(1 << 19)).is_allowed());
    assert_eq!(plugin.ask(&sized(1 << 20)).status(), 401);
}

#[test]
fn a_repeated_forwarded_payload_is_refused() {
    let json = BASE64_URL_SAFE_NO_PAD.encode(r#"{"sub": "ann", "roles": ["editor"]}"#);
    let request = document().header("x-jwt-payload", &json).header("x-jwt-payload", &json);
    assert_eq!(plugin(&[PAYLOAD_HEADER]).ask(&request).status(), 400);
}

#[test]
fn a_verified_certificate_is_an_identity() {
    let mut plugin = plugin(&[CERTIFICATE]);
    assert!(plugin.ask(&document().peer("spiffe://prod/orders")).is_allowed());
}

#[test]
fn a_certificate_that_is_not_known_to_be_verified_is_none() {
    let mut plugin = plugin(&[CERTIFICATE, ANYONE]);
    let presented = || {
        let request = document().connection("mtls", true).connection("uri_san_peer_certificate", "spiffe://prod/x");
        request.header("x-user", "ann").header("x-user-roles", "editor")
    };
    let unverified = presented().connection("peer_certificate_valid", false);
    for request in [presented(), unverified] {
        assert_eq!(plugin.ask(&request).status(), 401, "present but invalid is never the next source's turn");
    }
}

#[test]
fn names_without_a_certificate_are_none() {
    let mut plugin = plugin(&[CERTIFICATE]);
    let plain = || document().connection("uri_san_peer_certificate", "spiffe://prod/orders");
    for request in [
        plain(),
        plain().connection("mtls", false),
        plain().connection("mtls", false).connection("peer_certificate_valid", true),
        plain().connection("mtls", ""),
    ] {
        assert_eq!(plugin.ask(&request).status(), 401);
    }
}

#[test]
fn a_certificate_without_a_name_of_the_kind_is_none() {
    let mut plugin = plugin(&[CERTIFICATE]);
    assert_eq!(plugin.ask(&document().peer("")).status(), 401);
    let by_dns = document().peer("").connection("dns_san_peer_certificate", "orders.prod");
    assert_eq!(plugin.ask(&by_dns).status(), 401);
    let not_utf8 = document()
        .connection("mtls", true)
        .connection("peer_certificate_valid", true)
        .connection("uri_san_peer_certificate", &b"spiffe://\xff"[..]);
    assert_eq!(plugin.ask(&not_utf8).status(), 401);
}

#[test]
fn properties_of_an_odd_size_do_no_harm() {
    let mut plugin = plugin(&[CERTIFICATE]);
    let request = |mtls: &[u8]| document().connection("mtls", mtls).connection("peer_certificate_valid", mtls);
    for odd in [&b""[..], b"\0\0\0\0\0\0\0\0", b"\x02", b"\x01\x01\x01", b"true"] {
        assert_eq!(plugin.ask(&request(odd)).status(), 401, "{odd:x?}");
    }
}

#[test]
fn headers_count_from_anyone_where_the_set_trusts_all() {
    let mut plugin = plugin(&[ANYONE]);
    let with = |role| document().header("x-user", "ann").header("x-user-roles", role);
    let upstream = plugin.ask(&with("viewer, editor")).upstream();
    assert_eq!(upstream.text("x-user").as_deref(), Some("ann"), "trusted headers stay");
    assert_eq!(plugin.ask(&with("viewer")).status(), 403);
    assert_eq!(plugin.ask(&document()).status(), 401);
    for id in [&b""[..], b"  ", b"\xff"] {
        assert_eq!(plugin.ask(&document().header("x-user", id).header("x-user-roles", "editor")).status(), 401);
    }
    assert_eq!(plugin.ask(&with("viewer").header("x-user-roles", "editor")).status(), 400);
    assert_eq!(plugin.ask(&with("editor").header("x-user", "bob")).status(), 400);
}

#[test]
fn headers_of_a_named_peer_count_and_reach_the_upstream() {
    let request = document().peer("spiffe://prod/gateway").header("x-user", "ann").header("x-user-roles", "editor");
    let upstream = plugin(&[GATEWAY]).ask(&request).upstream();
    assert_eq!(upstream.text("x-user").as_deref(), Some("ann"));
    assert_eq!(upstream.text("x-user-roles").as_deref(), Some("editor"));
}

#[test]
fn headers_of_everyone_else_do_not_count() {
    let mut plugin = plugin(&[GATEWAY]);
    let with = |request: Request| request.header("x-user", "mallory").header("x-user-roles", "editor");
    for request in [
        document(),
        document().peer("spiffe://prod/gateway2"),
        document().peer("spiffe://prod/gatewa"),
        document().peer(""),
        document().connection("uri_san_peer_certificate", "spiffe://prod/gateway"),
        document().connection("mtls", true).connection("uri_san_peer_certificate", "spiffe://prod/gateway"),
        document().peer("spiffe://prod/gateway").connection("peer_certificate_valid", false),
    ] {
        assert_eq!(plugin.ask(&with(request)).status(), 401);
    }
}

#[test]
fn a_named_peer_may_be_known_by_its_dns_name() {
    let by_dns = "  - {name: gateway, headers: {id: x-user, roles: x-user-roles, trust: {sans: [gateway.prod]}}}\n";
    let mut plugin = plugin(&[by_dns]);
    let request = document().peer("spiffe://prod/g").header("x-user", "ann").header("x-user-roles", "editor");
    assert_eq!(plugin.ask(&request).status(), 401);
    assert!(plugin.ask(&request.connection("dns_san_peer_certificate", "gateway.prod")).is_allowed());
}

#[test]
fn identity_headers_of_a_stranger_never_reach_the_upstream() {
    let mut plugin = plugin(&[TOKEN, GATEWAY]);
    let spoofed = |request: Request| {
        ["x-user", "X-User", "x_user", "x-user-roles", "x-user_roles", "x_user_roles"]
            .iter()
            .fold(request, |request, name| request.header(name, "editor"))
    };
    // Repeats of what the set reads are refused, so each spelling comes once.
    let once = |request: Request| request.header("x-user", "root").header("x_user", "root").header("x_user-roles", "a");
    let anonymous = plugin.ask(&once(page())).upstream();
    let token = plugin.ask(&once(document()).metadata(person("ann", "editor"))).upstream();
    for upstream in [anonymous, token] {
        let names: Vec<String> = upstream.pairs().iter().map(|(name, _)| name.to_text()).collect();
        assert_eq!(names, [":method", ":authority", ":path"]);
    }
    assert_eq!(plugin.ask(&spoofed(page())).status(), 400);
}

#[test]
fn the_first_source_that_is_present_decides() {
    let mut plugin = plugin(&[TOKEN, ANYONE]);
    let editor_by_header = || document().header("x-user", "bob").header("x-user-roles", "editor");
    assert!(plugin.ask(&editor_by_header()).is_allowed());
    assert_eq!(plugin.ask(&editor_by_header().metadata(person("vic", "viewer"))).status(), 403);
    let broken = claims(&[("roles", list(&[string("editor")]))]);
    assert_eq!(plugin.ask(&editor_by_header().metadata(broken)).status(), 401);
}

#[test]
fn nobody_is_anonymous_where_the_route_allows_it() {
    let mut plugin = plugin(&[TOKEN]);
    assert!(plugin.ask(&page()).is_allowed());
    assert_eq!(plugin.ask(&document()).status(), 401);
    let broken = page().metadata(b"\xff".to_vec());
    assert_eq!(plugin.ask(&broken).status(), 401, "present but invalid is not anonymous");
}

#[test]
fn nobody_can_claim_to_be_anonymous() {
    let stranger = page().metadata(person("eve", "anonymous"));
    assert_eq!(plugin(&[TOKEN]).ask(&stranger).status(), 403);
}

#[test]
fn a_refusal_for_want_of_identity_challenges_and_explains_only_if_told_to() {
    let explained = plugin(&[TOKEN]).ask(&document());
    assert_eq!(explained.problem()["reason"], "no identity is present");
    let crate::plugin::Answer::Refused(response) = &explained else { panic!("{explained:?}") };
    assert_eq!(response.headers.text("www-authenticate").as_deref(), Some("Bearer"));
    let silent = Plugin::deciding(CONFIG, &documents(&[TOKEN])).ask(&document());
    assert_eq!(silent.problem().as_object().unwrap().len(), 5);
}
