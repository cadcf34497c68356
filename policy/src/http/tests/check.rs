//! The pipeline: reading, route, identity, policies.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::condition::Environment;
use crate::data::{Data, Fields};
use crate::engine::{Effect, Reason, Scratch};
use crate::http::{Headers, HttpOutcome, HttpVerdict, InvalidRequest, Refusal, Surroundings};
use crate::identity::{
    AuthFailure, ClaimsFrom, Evidence, IdentityMethod, IdentitySource, PeerNames, Presented, SanKind, TrustedPeers,
};
use crate::set::{
    AttributeSource, Auth, Condition, DirectoryEntry, Names, PathTemplate, Policy, PolicySet, Route, RouteBody,
    TemplateSegment,
};
use crate::snapshot::{Snapshot, SnapshotId, encode};
use crate::time::Timestamp;

/// What the proxy is said to know.
pub(super) struct Proxy {
    claims: Presented<Fields>,
    peer: Presented<PeerNames>,
}

impl Evidence for Proxy {
    fn jwt_metadata(&self, key: &str) -> Presented<Fields> {
        assert_eq!(key, "jwt_payload");
        self.claims.clone()
    }

    fn jwt_payload(&self, header: &[u8]) -> Presented<Fields> {
        match header {
            b"good" => Presented::Valid(claims("carol", &["admin"])),
            _ => Presented::Invalid("not base64url".to_owned()),
        }
    }

    fn peer(&self) -> Presented<PeerNames> {
        self.peer.clone()
    }
}

impl Surroundings for Proxy {
    fn time(&self) -> Option<Timestamp> {
        panic!("no policy reads the time")
    }

    fn source(&self) -> Option<SocketAddr> {
        panic!("no policy reads the source")
    }
}

pub(super) const NOBODY: Proxy = Proxy { claims: Presented::Absent, peer: Presented::Absent };

pub(super) fn token(claims: Fields) -> Proxy {
    Proxy { claims: Presented::Valid(claims), ..NOBODY }
}

pub(super) fn peer(uri: &str) -> Proxy {
    let names = PeerNames { uris: vec![uri.to_owned()], dns: Vec::new() };
    Proxy { peer: Presented::Valid(names), ..NOBODY }
}

pub(super) fn claims(id: &str, roles: &[&str]) -> Fields {
    let roles = Data::List(roles.iter().map(|role| Data::from(*role)).collect());
    Fields::new(vec![("sub".into(), Data::from(id)), ("roles".into(), roles)]).unwrap()
}

fn jwt(claims: ClaimsFrom) -> IdentityMethod {
    IdentityMethod::Jwt {
        claims,
        id_claim: "sub".to_owned(),
        roles_claim: Some("roles".to_owned()),
        scope_claim: Some("tenant".to_owned()),
    }
}

fn sources() -> Vec<IdentitySource> {
    let gateway = IdentityMethod::Headers {
        id_header: "x-user-id".to_owned(),
        roles_header: Some("x-user-roles".to_owned()),
        scope_header: Some("x-user-scope".to_owned()),
        trust: TrustedPeers::Sans(vec!["spiffe://corp/gateway".to_owned()]),
    };
    let mesh = IdentityMethod::Mtls { san: SanKind::Uri, roles: vec!["service".to_owned()], scope: None };
    [("tokens", jwt(ClaimsFrom::Metadata("jwt_payload".to_owned()))), ("gateway", gateway), ("mesh", mesh)]
        .into_iter()
        .map(|(name, method)| IdentitySource { name: name.to_owned(), method })
        .collect()
}

/// Owners view their documents; admins everything; services list; anybody reads what is public; the suspended nothing.
pub(super) fn set() -> PolicySet {
    let names = |name: &str| if name == "*" { Names::Any } else { Names::Of(vec![name.to_owned()]) };
    let policy = |name: &str, effect, action: &str, role: &str, condition: Option<&str>| Policy {
        kinds: names("document"),
        actions: names(action),
        roles: names(role),
        condition: condition.map(|text| Condition::lowered(text, &Environment::policy()).unwrap()),
        ..Policy::new(name, effect)
    };
    let route = |methods: &[&str], segments: &[&str], action: &str, auth| {
        let captures: Vec<_> = segments.iter().filter(|segment| segment.starts_with('{')).collect();
        let segment = |text: &&str| match text.starts_with('{') {
            true => TemplateSegment::Capture,
            false => TemplateSegment::Literal((*text).to_owned()),
        };
        Route {
            name: format!("{action}-{}", segments.join("-")),
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            hosts: vec![],
            path: PathTemplate {
                segments: segments.iter().map(segment).collect(),
                rest: false,
                captures: captures.iter().map(|name| (**name).to_owned()).collect(),
            },
            action: action.to_owned(),
            kind: "document".to_owned(),
            scope: None,
            id: (captures.len() == 2).then_some(AttributeSource::Capture(1)),
            attributes: match captures.is_empty() {
                true => vec![],
                false => vec![("ownerId".to_owned(), AttributeSource::Capture(0))],
            },
            auth,
            body: RouteBody::Unread,
            budget: None,
        }
    };
    PolicySet {
        policies: Vec::from(
            [
                policy("admins", Effect::Allow, "*", "admin", None),
                policy("owners", Effect::Allow, "view", "*", Some("resource.ownerId == principal.id")),
                policy("public", Effect::Allow, "read", "anonymous", None),
                policy("public-known", Effect::Allow, "read", "*", None),
                policy("services", Effect::Allow, "list", "service", None),
                policy("suspended", Effect::Deny, "*", "*", Some("has(principal.suspended) && principal.suspended")),
            ]
            .map(Arc::new),
        ),
        routes: vec![
            route(&["GET"], &["users", "{user}", "documents", "{id}"], "view", Auth::Required),
            route(&["GET"], &["documents"], "list", Auth::Required),
            route(&[], &["public"], "read", Auth::Optional),
        ],
        identity: sources(),
        principals: vec![DirectoryEntry {
            source: "tokens".to_owned(),
            id: "dave".to_owned(),
            roles: vec!["admin".to_owned()],
            attributes: Fields::new(vec![("suspended".into(), Data::Bool(true))]).unwrap(),
        }],
        ..PolicySet::default()
    }
}

pub(super) fn snapshot(set: &PolicySet) -> Snapshot {
    Snapshot::decode(encode(set, SnapshotId { epoch: 1, version: 1 }).unwrap()).unwrap()
}

pub(super) fn check<'s>(
    snapshot: &'s Snapshot,
    method: &str,
    path: &str,
    more: &[(&str, &str)],
    proxy: &Proxy,
) -> HttpOutcome<'s> {
    let mut headers =
        vec![(":method", method), (":path", path), (":authority", "api.example.com"), (":scheme", "https")];
    headers.extend(more);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    snapshot.check_http(Headers(&headers), None, proxy, &mut Scratch::default())
}

pub(super) fn refused(refusal: Refusal) -> HttpVerdict {
    HttpVerdict::Refuse(refusal)
}

pub(super) const DOCUMENT: &str = "/users/alice/documents/1";

#[test]
fn an_owner_may_and_another_may_not() {
    let snapshot = snapshot(&set());
    let outcome = check(&snapshot, "GET", DOCUMENT, &[], &token(claims("alice", &[])));
    assert_eq!((outcome.verdict, outcome.policy), (HttpVerdict::Allow, Some("owners")));
    assert_eq!(outcome.route, Some("view-users-{user}-documents-{id}"));
    let outcome = check(&snapshot, "GET", DOCUMENT, &[], &token(claims("bob", &[])));
    assert_eq!((outcome.verdict, outcome.reason), (refused(Refusal::Forbidden), Reason::NoConditionHolds));
    assert_eq!(outcome.nearest, Some("owners"));
}

#[test]
fn captures_are_compared_decoded() {
    let snapshot = snapshot(&set());
    let outcome = check(&snapshot, "GET", "/users/a%20b/documents/1", &[], &token(claims("a b", &[])));
    assert_eq!(outcome.verdict, HttpVerdict::Allow);
}

#[test]
fn a_request_without_route_is_forbidden_whoever_asks() {
    let snapshot = snapshot(&set());
    for (method, path) in
        [("POST", DOCUMENT), ("GET", "/users/alice/documents/1/"), ("GET", "/documents/"), ("GET", "/Documents")]
    {
        let outcome = check(&snapshot, method, path, &[], &token(claims("eve", &["admin"])));
        assert_eq!(
            (outcome.verdict, outcome.reason),
            (refused(Refusal::Forbidden), Reason::NoRoute),
            "{method} {path}"
        );
    }
}

#[test]
fn the_directory_adds_roles_and_attributes() {
    let snapshot = snapshot(&set());
    let outcome = check(&snapshot, "GET", DOCUMENT, &[], &token(claims("dave", &[])));
    assert_eq!((outcome.verdict, outcome.policy), (refused(Refusal::Forbidden), Some("suspended")));
    // The token's own attribute wins over the directory's.
    let fields =
        Fields::new(vec![("sub".into(), Data::from("dave")), ("suspended".into(), Data::Bool(false))]).unwrap();
    let outcome = check(&snapshot, "GET", DOCUMENT, &[], &token(fields));
    assert_eq!((outcome.verdict, outcome.policy), (HttpVerdict::Allow, Some("admins")));
}

#[test]
fn a_deny_whose_condition_fails_applies() {
    let snapshot = snapshot(&set());
    let fields =
        Fields::new(vec![("sub".into(), Data::from("alice")), ("suspended".into(), Data::from("no"))]).unwrap();
    let outcome = check(&snapshot, "GET", DOCUMENT, &[], &token(fields));
    assert_eq!((outcome.verdict, outcome.reason), (refused(Refusal::Forbidden), Reason::DeniedByFault));
    assert_eq!(outcome.first_error.unwrap().to_string(), "policy `suspended`: an operand of `&&` is not a boolean");
}

#[test]
fn identity_is_required_unless_the_route_says_otherwise() {
    let snapshot = snapshot(&set());
    let outcome = check(&snapshot, "GET", "/documents", &[], &NOBODY);
    let missing = Reason::Unauthenticated(AuthFailure::Missing);
    assert_eq!((outcome.verdict, outcome.reason), (refused(Refusal::Unauthenticated), missing));
    let outcome = check(&snapshot, "GET", "/public", &[], &NOBODY);
    assert_eq!((outcome.verdict, outcome.policy), (HttpVerdict::Allow, Some("public")));
    assert!(outcome.principal.unwrap().is_anonymous());
}

#[test]
fn nobody_can_claim_to_be_anonymous_or_any_wildcard() {
    let snapshot = snapshot(&set());
    let outcome = check(&snapshot, "GET", "/public", &[], &token(claims("mallory", &["anonymous", "*"])));
    assert_eq!((outcome.verdict, outcome.policy), (HttpVerdict::Allow, Some("public-known")));
    assert_eq!(outcome.principal.unwrap().roles().len(), 1);
}

#[test]
fn present_but_unusable_identity_is_refused_even_where_none_is_needed() {
    let snapshot = snapshot(&set());
    let fields = |sub: Data, roles: Data| Fields::new(vec![("sub".into(), sub), ("roles".into(), roles)]).unwrap();
    let list = |items: Vec<Data>| Data::List(items.into());
    let bad = [
        Fields::default(),
        fields(Data::Null, list(vec![])),
        fields(Data::Int(7), list(vec![])),
        fields(Data::from(""), list(vec![])),
        fields(list(vec![Data::from("alice")]), list(vec![])),
        fields(Data::from("alice"), Data::Null),
        fields(Data::from("alice"), Data::Int(1)),
        fields(Data::from("alice"), list(vec![Data::from("admin"), Data::Null])),
        fields(Data::from("alice"), Data::Map(Fields::default())),
    ];
    for claims in bad {
        // A client certificate is there too, but the first present source decides.
        let proxy = Proxy { claims: Presented::Valid(claims.clone()), ..peer("spiffe://corp/service") };
        for path in ["/documents", "/public"] {
            let outcome = check(&snapshot, "GET", path, &[], &proxy);
            let invalid = Reason::Unauthenticated(AuthFailure::Invalid);
            assert_eq!((outcome.verdict, outcome.reason), (refused(Refusal::Unauthenticated), invalid), "{claims:?}");
            assert!(outcome.detail.unwrap().starts_with("identity source `tokens`: claim `"));
        }
    }
}

#[test]
fn roles_may_be_one_string_and_lie_deep_in_the_token() {
    let mut set = set();
    set.identity[0].method = IdentityMethod::Jwt {
        claims: ClaimsFrom::Metadata("jwt_payload".to_owned()),
        id_claim: "sub".to_owned(),
        roles_claim: Some("realm.roles".to_owned()),
        scope_claim: None,
    };
    let snapshot = snapshot(&set);
    let realm = Fields::new(vec![("roles".into(), Data::from("viewer admin"))]).unwrap();
    let fields = Fields::new(vec![("sub".into(), Data::from("bob")), ("realm".into(), Data::Map(realm))]).unwrap();
    let outcome = check(&snapshot, "GET", DOCUMENT, &[], &token(fields));
    assert_eq!((outcome.verdict, outcome.policy), (HttpVerdict::Allow, Some("admins")));
}

#[test]
fn identity_headers_count_only_from_the_named_peer() {
    let snapshot = snapshot(&set());
    let headers = [("x-user-id", "alice"), ("x-user-roles", "viewer, admin")];
    let outcome = check(&snapshot, "GET", DOCUMENT, &headers, &peer("spiffe://corp/gateway"));
    assert_eq!((outcome.verdict, outcome.policy), (HttpVerdict::Allow, Some("admins")));
    assert!(outcome.identity_headers_trusted);
    // From any other peer they are as good as absent, and marked to be stripped.
    let outcome = check(&snapshot, "GET", "/documents", &headers, &peer("spiffe://corp/billing"));
    assert_eq!((outcome.verdict, outcome.policy), (HttpVerdict::Allow, Some("services")));
    assert!(!outcome.identity_headers_trusted);
    let outcome = check(&snapshot, "GET", DOCUMENT, &headers, &NOBODY);
    assert_eq!(outcome.verdict, refused(Refusal::Unauthenticated));
    assert_eq!(snapshot.identity_header_names().collect::<Vec<_>>(), ["x-user-id", "x-user-roles", "x-user-scope"]);
}

#[test]
fn conditions_do_not_see_identity_headers_of_untrusted_peers() {
    let mut set = set();
    let text = "request.headers['x-user-id'] == 'root'";
    Arc::make_mut(&mut set.policies[0]).condition = Some(Condition::lowered(text, &Environment::policy()).unwrap());
    let snapshot = snapshot(&set);
    let headers = [("x-user-id", "root")];
    let proxy = |uri| Proxy { claims: Presented::Valid(claims("carol", &["admin"])), ..peer(uri) };
    let outcome = check(&snapshot, "GET", "/documents", &headers, &proxy("spiffe://corp/billing"));
    assert_eq!((outcome.verdict, outcome.errors), (refused(Refusal::Forbidden), 1));
    let outcome = check(&snapshot, "GET", "/documents", &headers, &proxy("spiffe://corp/gateway"));
    assert_eq!(outcome.verdict, HttpVerdict::Allow);
}

#[test]
fn headers_that_are_read_must_not_repeat() {
    let snapshot = snapshot(&set());
    let headers = [("x-user-id", "alice"), ("x-user-id", "bob")];
    let outcome = check(&snapshot, "GET", DOCUMENT, &headers, &token(claims("alice", &[])));
    let repeated = Reason::Invalid(InvalidRequest::RepeatedHeader);
    assert_eq!((outcome.verdict, outcome.reason), (refused(Refusal::InvalidRequest), repeated));
    let outcome = check(&snapshot, "GET", DOCUMENT, &[("accept", "a"), ("accept", "b")], &token(claims("alice", &[])));
    assert_eq!(outcome.verdict, HttpVerdict::Allow);
}

#[test]
fn a_certificate_with_several_names_is_nobody_in_particular() {
    let snapshot = snapshot(&set());
    let names = PeerNames { uris: vec!["spiffe://a".to_owned(), "spiffe://b".to_owned()], dns: vec![] };
    let outcome = check(&snapshot, "GET", "/documents", &[], &Proxy { peer: Presented::Valid(names), ..NOBODY });
    assert_eq!(outcome.verdict, refused(Refusal::Unauthenticated));
    let names = PeerNames { uris: vec![], dns: vec!["billing.corp".to_owned()] };
    let outcome = check(&snapshot, "GET", "/documents", &[], &Proxy { peer: Presented::Valid(names), ..NOBODY });
    assert_eq!(outcome.reason, Reason::Unauthenticated(AuthFailure::Missing));
    let unverified = Proxy { peer: Presented::Invalid("not verified".to_owned()), ..NOBODY };
    assert_eq!(check(&snapshot, "GET", "/documents", &[], &unverified).verdict, refused(Refusal::Unauthenticated));
}

#[test]
fn a_forwarded_payload_counts_only_where_the_set_opts_in() {
    let mut set = set();
    let sent = [("x-jwt-payload", "good")];
    let outcome = check(&snapshot(&set), "GET", DOCUMENT, &sent, &NOBODY).verdict;
    assert_eq!(outcome, refused(Refusal::Unauthenticated));
    set.identity[0].method = jwt(ClaimsFrom::ForwardedHeader("x-jwt-payload".to_owned()));
    let snapshot = snapshot(&set);
    assert_eq!(check(&snapshot, "GET", DOCUMENT, &sent, &NOBODY).verdict, HttpVerdict::Allow);
    let bad = check(&snapshot, "GET", DOCUMENT, &[("x-jwt-payload", "bad")], &NOBODY);
    assert_eq!(bad.detail.as_deref(), Some("identity source `tokens`: not base64url"));
}

#[test]
fn method_and_path_overrides_are_refused() {
    let snapshot = snapshot(&set());
    for name in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
        "x-original-url",
        "x-rewrite-url",
        "x_original_url",
    ] {
        let outcome = check(&snapshot, "GET", DOCUMENT, &[(name, "DELETE")], &token(claims("alice", &[])));
        assert_eq!(outcome.reason, Reason::Invalid(InvalidRequest::Override), "{name}");
    }
}

#[test]
fn requests_without_one_reading_are_invalid() {
    let snapshot = snapshot(&set());
    let invalid = |headers: &[(&str, &[u8])]| {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_bytes(), *value)).collect();
        let outcome =
            snapshot.check_http(Headers(&headers), None, &token(claims("alice", &["admin"])), &mut Scratch::default());
        assert_eq!(outcome.verdict, refused(Refusal::InvalidRequest), "{headers:?}");
    };
    let request = |host: &'static [u8]| [(":method", &b"GET"[..]), (":path", b"/documents"), (":authority", host)];
    let bad_hosts: [&[u8]; 13] = [
        b"",
        b"a b",
        b"user@a.com",
        b"a.com.",
        b"a.com:",
        b"a.com:80x",
        b"[::1",
        b"a,b",
        b"a/b",
        b"\xff",
        b"[a.com]",
        b"a.com:99999",
        b"a.com:+80",
    ];
    bad_hosts.iter().for_each(|host| invalid(&request(host)));
    invalid(&[]);
    invalid(&[(":method", b"G T"), (":path", b"/"), (":authority", b"a")]);
    invalid(&[(":method", b""), (":path", b"/"), (":authority", b"a")]);
    invalid(&[(":method", b"GET"), (":authority", b"a")]);
    invalid(&[(":method", b"GET"), (":path", b"/a"), (":path", b"/b"), (":authority", b"a")]);
}

#[test]
fn hosts_match_without_case_and_port() {
    let mut set = set();
    set.routes[1].hosts = vec!["api.example.com".to_owned()];
    let snapshot = snapshot(&set);
    let verdict = |host: &str| {
        let headers = [(":method", "GET"), (":path", "/documents"), (":authority", host)];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        snapshot.check_http(Headers(&headers), None, &peer("spiffe://corp/x"), &mut Scratch::default()).verdict
    };
    assert_eq!(verdict("API.example.COM:8443"), HttpVerdict::Allow);
    assert_eq!(verdict("api.example.com"), HttpVerdict::Allow);
    assert_eq!(verdict("evil.example.com"), refused(Refusal::Forbidden));
    assert_eq!(verdict("[::1]:80"), refused(Refusal::Forbidden));
}

#[test]
fn an_opened_set_lets_unmatched_requests_pass_but_not_invalid_ones() {
    let set = PolicySet { unmatched: crate::set::Unmatched::Allow, ..set() };
    let snapshot = snapshot(&set);
    let outcome = check(&snapshot, "GET", "/elsewhere", &[], &NOBODY);
    assert_eq!((outcome.verdict, outcome.reason), (HttpVerdict::Allow, Reason::PassedUnmatched));
    assert!(!outcome.identity_headers_trusted);
    assert_eq!(check(&snapshot, "GET", "/a/%2e%2e", &[], &NOBODY).verdict, refused(Refusal::InvalidRequest));
}
