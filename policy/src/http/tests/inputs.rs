//! What conditions read of a request: query, body, time and source, fetched only where a condition reads them.

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::condition::Environment;
use crate::data::Fields;
use crate::engine::{Reason, Scratch};
use crate::http::{Headers, HttpOutcome, InvalidRequest, Surroundings};
use crate::identity::{Evidence, PeerNames, Presented};
use crate::set::{Condition, Names, RouteBody};
use crate::snapshot::Snapshot;
use crate::time::Timestamp;

use super::check::{claims, set, snapshot};

/// A proxy that knows a token, the time and an address, and counts how often it is asked for the latter two.
#[derive(Default)]
struct Place {
    time: Option<Timestamp>,
    source: Option<SocketAddr>,
    asked: Cell<u32>,
}

impl Evidence for Place {
    fn jwt_metadata(&self, _: &str) -> Presented<Fields> {
        Presented::Valid(claims("alice", &[]))
    }

    fn jwt_payload(&self, _: &[u8]) -> Presented<Fields> {
        Presented::Absent
    }

    fn peer(&self) -> Presented<PeerNames> {
        Presented::Absent
    }
}

impl Surroundings for Place {
    fn time(&self) -> Option<Timestamp> {
        self.asked.set(self.asked.get() + 1);
        self.time
    }

    fn source(&self) -> Option<SocketAddr> {
        self.asked.set(self.asked.get() + 1);
        self.source
    }
}

/// The set of the other tests, where everyone may list documents if the condition holds, by a route that reads bodies.
fn on(condition: &str) -> Snapshot {
    let mut set = set();
    let condition = Condition::lowered(condition, &Environment::policy()).unwrap();
    let policy = Arc::make_mut(&mut set.policies[4]);
    (policy.roles, policy.condition) = (Names::Any, Some(condition));
    set.routes[1].body = RouteBody::Json { max_bytes: RouteBody::DEFAULT_MAX_BYTES };
    snapshot(&set)
}

fn ask<'s>(snapshot: &'s Snapshot, query: &str, body: Option<&[u8]>, place: &Place) -> HttpOutcome<'s> {
    let path = format!("/documents{query}");
    let headers = [(":method", "GET"), (":path", &path), (":authority", "a"), ("content-type", "application/json")];
    let headers = headers.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    snapshot.check_http(Headers(&headers), body, place, &mut Scratch::default())
}

fn reason(condition: &str, query: &str, body: Option<&[u8]>, place: &Place) -> Reason {
    ask(&on(condition), query, body, place).reason
}

#[test]
fn query_parameters_are_strings_and_missing_ones_are_errors() {
    let ask = |condition, query| reason(condition, query, None, &Place::default());
    assert_eq!(ask("request.query.a == 'b c'", "?x=1&a=b+c"), Reason::Allowed);
    assert_eq!(ask("request.query['a-b'] == '1'", "?a%2Db=1"), Reason::Allowed);
    assert_eq!(ask("has(request.query.a) ? request.query.a == '' : false", "?a"), Reason::Allowed);
    assert_eq!(ask("!has(request.query.a)", "?b=1"), Reason::Allowed);
    assert_eq!(ask("!has(request.query.a)", ""), Reason::Allowed);
    let snapshot = on("request.query.a == '1' || request.query.b == '2'");
    assert_eq!(snapshot.query_parameters_read(), ["a".into(), "b".into()]);
    let missing = self::ask(&snapshot, "?b=3", None, &Place::default());
    assert_eq!((missing.reason, missing.errors), (Reason::NoConditionHolds, 1));
}

#[test]
fn a_repeated_parameter_is_refused_only_where_it_is_read() {
    let ask = |condition, query| reason(condition, query, None, &Place::default());
    let repeated = Reason::Invalid(InvalidRequest::RepeatedParameter);
    assert_eq!(ask("request.query.a == '1'", "?a=1&a=1"), repeated);
    assert_eq!(ask("request.query.a == '1'", "?a=1&%61=2"), repeated);
    assert_eq!(ask("request.query.a == '1'", "?a=1&b=1&b=2"), Reason::Allowed);
    assert_eq!(ask("true", "?a=1&a=2&%zz"), Reason::Allowed);
    assert_eq!(ask("request.query.a == '1'", "?a=%zz"), Reason::Invalid(InvalidRequest::QueryEncoding));
}

#[test]
fn the_body_is_read_where_the_route_says_so() {
    let ask = |condition, body| reason(condition, "", body, &Place::default());
    let condition = "request.body.order.amount <= 100 && 'eu' in request.body.regions";
    assert_eq!(ask(condition, Some(br#"{"order": {"amount": 100}, "regions": ["eu"]}"#)), Reason::Allowed);
    assert_eq!(ask(condition, Some(br#"{"order": {"amount": 101}, "regions": ["eu"]}"#)), Reason::NoConditionHolds);
    assert_eq!(ask(condition, Some(b"{}")), Reason::NoConditionHolds);
    assert_eq!(ask(condition, None), Reason::NoConditionHolds);
    assert_eq!(ask("!has(request.body)", None), Reason::Allowed);
    assert_eq!(ask("has(request.body) && request.body == null", Some(b"null")), Reason::Allowed);
}

#[test]
fn time_and_source_are_asked_for_only_where_a_condition_reads_them() {
    let place = || Place {
        time: Timestamp::new(1_000, 0),
        source: Some("[::ffff:10.0.0.7]:5000".parse().unwrap()),
        ..Place::default()
    };
    for (condition, asked) in [
        ("true", 0),
        ("request.time == timestamp(1000)", 1),
        ("request.source.ip == '10.0.0.7'", 1),
        ("request.source.port == 5000", 1),
        ("request.time < timestamp(1001) && request.source.ip != request.host", 2),
    ] {
        let place = place();
        assert_eq!(reason(condition, "", None, &place), Reason::Allowed, "{condition}");
        assert_eq!(place.asked.get(), asked, "{condition}");
    }
}

#[test]
fn a_time_or_source_that_is_not_known_is_an_error() {
    for condition in ["request.time == request.time", "request.source.ip != ''", "request.source.port > 0"] {
        let snapshot = on(condition);
        let outcome = ask(&snapshot, "", None, &Place::default());
        assert_eq!((outcome.reason, outcome.errors), (Reason::NoConditionHolds, 1), "{condition}");
    }
}
