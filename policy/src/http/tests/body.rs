//! Routes that read the body: what is awaited, taken and refused.

use std::num::NonZeroUsize;

use crate::engine::{Reason, Scratch};
use crate::http::{Headers, HttpProgress, HttpVerdict, InvalidRequest, Refusal};
use crate::set::RouteBody;
use crate::snapshot::Snapshot;

use super::check::{DOCUMENT, NOBODY, Proxy, claims, refused, set, snapshot, token};

const JSON: (&str, &str) = ("content-type", "application/json");

/// The set of the other tests, whose first route reads bodies of at most 16 bytes.
fn reading() -> Snapshot {
    let mut set = set();
    set.routes[0].body = RouteBody::Json { max_bytes: NonZeroUsize::new(16).unwrap() };
    snapshot(&set)
}

fn alice() -> Proxy {
    token(claims("alice", &[]))
}

fn with_headers<R>(path: &str, more: &[(&str, &str)], work: impl FnOnce(Headers<'_>) -> R) -> R {
    let own = [(":method", "GET"), (":path", path), (":authority", "api.example.com")];
    let headers: Vec<_> = own.iter().chain(more).map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    work(Headers(&headers))
}

fn check(body: Option<&[u8]>, more: &[(&str, &str)]) -> (HttpVerdict, Reason) {
    with_headers(DOCUMENT, more, |headers| {
        let snapshot = reading();
        let outcome = snapshot.check_http(headers, body, &alice(), &mut Scratch::default());
        (outcome.verdict, outcome.reason)
    })
}

/// How much is awaited, or what is decided at once.
fn head(path: &str, more: &[(&str, &str)], proxy: &Proxy) -> Result<usize, HttpVerdict> {
    with_headers(path, more, |headers| match reading().check_http_head(headers, proxy, &mut Scratch::default()) {
        HttpProgress::NeedsBody { max_bytes, .. } => Ok(max_bytes),
        HttpProgress::Decided(outcome) => Err(outcome.verdict),
    })
}

#[test]
fn a_body_is_awaited_only_where_the_route_reads_it_and_the_caller_is_known() {
    assert_eq!(head(DOCUMENT, &[], &alice()), Ok(16));
    assert_eq!(head("/documents", &[], &alice()), Err(refused(Refusal::Forbidden)));
    assert_eq!(head("/public", &[], &NOBODY), Err(HttpVerdict::Allow));
    assert_eq!(head(DOCUMENT, &[], &NOBODY), Err(refused(Refusal::Unauthenticated)));
    assert_eq!(head("/nowhere", &[], &alice()), Err(refused(Refusal::Forbidden)));
}

#[test]
fn what_is_announced_to_be_unfit_is_not_awaited() {
    let ask = |more: &[(&str, &str)]| head(DOCUMENT, more, &alice());
    assert_eq!(ask(&[JSON, ("content-length", "16")]), Ok(16));
    assert_eq!(ask(&[("content-length", "0")]), Ok(16));
    assert_eq!(ask(&[JSON, ("content-length", "17")]), Err(refused(Refusal::BodyTooLarge)));
    assert_eq!(ask(&[JSON, ("content-length", "99999999999999999999")]), Err(refused(Refusal::BodyTooLarge)));
    assert_eq!(ask(&[JSON, ("content-length", "x")]), Err(refused(Refusal::InvalidRequest)));
    assert_eq!(ask(&[("content-length", "2")]), Err(refused(Refusal::InvalidRequest)));
}

#[test]
fn a_body_is_json_of_at_most_the_routes_size() {
    let allowed = (HttpVerdict::Allow, Reason::Allowed);
    let invalid = |why| (refused(Refusal::InvalidRequest), Reason::Invalid(why));
    assert_eq!(check(Some(b"{\"amount\": 12345}"), &[JSON]), (refused(Refusal::BodyTooLarge), Reason::BodyTooLarge));
    assert_eq!(check(Some(b"{\"amount\": 1234}"), &[JSON]), allowed);
    assert_eq!(check(Some(b"{\"a\":1,\"a\":2}"), &[JSON]), invalid(InvalidRequest::RepeatedKey));
    assert_eq!(check(Some(b"a=1"), &[JSON]), invalid(InvalidRequest::Body));
    assert_eq!(check(Some(b"{}"), &[]), invalid(InvalidRequest::ContentType));
    assert_eq!(check(Some(b"{}"), &[JSON, ("content-encoding", "gzip")]), invalid(InvalidRequest::ContentEncoding));
}

#[test]
fn a_request_without_a_body_is_decided_without_one() {
    assert_eq!(check(None, &[]), (HttpVerdict::Allow, Reason::Allowed));
    assert_eq!(check(Some(b""), &[("content-type", "text/plain")]), (HttpVerdict::Allow, Reason::Allowed));
}

#[test]
fn where_no_body_is_read_any_passes() {
    let outcome = with_headers(DOCUMENT, &[("content-encoding", "gzip")], |headers| {
        snapshot(&set()).check_http(headers, Some(b"\x1f\x8b"), &alice(), &mut Scratch::default()).verdict
    });
    assert_eq!(outcome, HttpVerdict::Allow);
}
