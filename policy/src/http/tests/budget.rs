//! Routes whose requests are calls of models: their bodies, and whom they count for.

use crate::condition::Environment;
use crate::data::{Data, Fields};
use crate::engine::{Effect, Reason, Scratch};
use crate::http::{
    BudgetMode, Downgrade, Headers, HttpOutcome, HttpProgress, HttpVerdict, InvalidRequest, ModelApi, Org,
    OrgAttribute, Refusal, RouteBudget,
};
use crate::set::budget;
use crate::set::{Condition, Names, Policy, PolicySet};
use crate::snapshot::Snapshot;

use super::check::{DOCUMENT, NOBODY, Proxy, check, claims, refused, set, snapshot, token};

const JSON: (&str, &str) = ("content-type", "application/json");

/// Not JSON with one reading.
const REPEATED: &[u8] = b"{\"a\":1,\"a\":2}";

fn org(names: &[&str]) -> Option<OrgAttribute> {
    Some(OrgAttribute(names.iter().map(|name| Box::from(*name)).collect()))
}

/// The set of the other tests, whose first and last routes have a budget.
fn counting(budget: &RouteBudget) -> PolicySet {
    let mut set = set();
    set.routes[0].budget = Some(RouteBudget { max_bytes: 16, ..budget.clone() });
    set.routes[2].budget = Some(budget.clone());
    set
}

/// With a condition that reads bodies, about something else.
fn reading() -> PolicySet {
    let condition = Condition::lowered("request.body.a == 1", &Environment::policy()).unwrap();
    let policy = Policy {
        kinds: Names::Of(vec!["page".to_owned()]),
        actions: Names::Any,
        roles: Names::Any,
        condition: Some(condition),
        ..Policy::new("reads-bodies", Effect::Allow)
    };
    let mut set = counting(&RouteBudget::default());
    set.policies.push(policy.into());
    set
}

fn with_headers<R>(path: &str, more: &[(&str, &str)], work: impl FnOnce(Headers<'_>) -> R) -> R {
    let own = [(":method", "GET"), (":path", path), (":authority", "api.example.com")];
    let headers: Vec<_> = own.iter().chain(more).map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    work(Headers(&headers))
}

fn outcome(set: &PolicySet, body: &[u8], more: &[(&str, &str)]) -> (HttpVerdict, Reason) {
    with_headers(DOCUMENT, more, |headers| {
        let (snapshot, alice) = (snapshot(set), token(claims("alice", &[])));
        let outcome = snapshot.check_http(headers, Some(body), &alice, &mut Scratch::default());
        (outcome.verdict, outcome.reason)
    })
}

#[test]
fn the_body_is_awaited_although_no_condition_reads_it() {
    let snapshot = snapshot(&counting(&RouteBudget::default()));
    let head = |path: &str, more: &[(&str, &str)], proxy: &Proxy| {
        with_headers(path, more, |headers| match snapshot.check_http_head(headers, proxy, &mut Scratch::default()) {
            HttpProgress::NeedsBody { max_bytes, .. } => Ok(max_bytes),
            HttpProgress::Decided(outcome) => Err(outcome.verdict),
        })
    };
    let alice = token(claims("alice", &[]));
    assert_eq!(head(DOCUMENT, &[], &alice), Ok(16));
    assert_eq!(head("/public", &[], &NOBODY), Ok(1 << 20));
    assert_eq!(head(DOCUMENT, &[], &NOBODY), Err(refused(Refusal::Unauthenticated)));
    assert_eq!(head(DOCUMENT, &[JSON, ("content-length", "17")], &alice), Err(refused(Refusal::BodyTooLarge)));
    assert_eq!(head(DOCUMENT, &[("content-length", "2")], &alice), Err(refused(Refusal::InvalidRequest)));
}

#[test]
fn bodies_are_bounded_and_declared_as_json() {
    let set = counting(&RouteBudget::default());
    assert_eq!(outcome(&set, &[b' '; 17], &[JSON]), (refused(Refusal::BodyTooLarge), Reason::BodyTooLarge));
    let invalid = |why| (refused(Refusal::InvalidRequest), Reason::Invalid(why));
    assert_eq!(outcome(&set, b"{}", &[]), invalid(InvalidRequest::ContentType));
    assert_eq!(outcome(&set, b"{}", &[JSON, ("content-encoding", "gzip")]), invalid(InvalidRequest::ContentEncoding));
}

#[test]
fn bodies_are_parsed_only_where_some_condition_reads_bodies() {
    assert_eq!(outcome(&counting(&RouteBudget::default()), REPEATED, &[JSON]).0, HttpVerdict::Allow);
    let invalid = (refused(Refusal::InvalidRequest), Reason::Invalid(InvalidRequest::RepeatedKey));
    assert_eq!(outcome(&reading(), REPEATED, &[JSON]), invalid);
    assert_eq!(outcome(&reading(), b"{\"a\": 1}", &[JSON]).0, HttpVerdict::Allow);
}

#[test]
fn conditions_read_the_bodies_of_calls() {
    let mut set = reading();
    let policy = std::sync::Arc::make_mut(set.policies.last_mut().unwrap());
    policy.kinds = Names::Any;
    policy.effect = Effect::Deny;
    assert_eq!(outcome(&set, b"{\"a\": 1}", &[JSON]), (refused(Refusal::Forbidden), Reason::Denied));
    assert_eq!(outcome(&set, b"{\"a\": 2}", &[JSON]).0, HttpVerdict::Allow);
}

fn of<'s>(snapshot: &'s Snapshot, path: &str, proxy: &Proxy) -> HttpOutcome<'s> {
    check(snapshot, "GET", path, &[], proxy)
}

#[test]
fn an_allowed_request_counts_for_its_principal() {
    let budget = RouteBudget { api: Some(ModelApi::Gemini), ..RouteBudget::default() };
    let snapshot = snapshot(&counting(&budget));
    let alice = of(&snapshot, DOCUMENT, &token(claims("alice", &[])));
    let charge = alice.charge(&snapshot).unwrap();
    assert_eq!((&*charge.user, charge.org, charge.budget.api), ("tokens/alice", Org::None, Some(ModelApi::Gemini)));
    let anonymous = of(&snapshot, "/public", &NOBODY);
    assert_eq!(anonymous.charge(&snapshot).map(|charge| charge.user), Some("anonymous".into()));
    // Refused, or of a route without a budget.
    let bob = of(&snapshot, DOCUMENT, &token(claims("bob", &[])));
    assert!(bob.charge(&snapshot).is_none() && bob.budget.is_some());
    let admin = of(&snapshot, "/documents", &token(claims("alice", &["admin"])));
    assert!(admin.verdict == HttpVerdict::Allow && admin.charge(&snapshot).is_none());
    assert!(of(&snapshot, "/nowhere", &NOBODY).charge(&snapshot).is_none());
}

#[test]
fn users_of_several_sources_are_told_apart_and_none_is_anonymous_but_who_says_nothing() {
    let user = |set: &PolicySet, path: &str, proxy: &Proxy| {
        let snapshot = snapshot(set);
        let outcome = of(&snapshot, path, proxy);
        outcome.charge(&snapshot).unwrap().user.into_owned()
    };
    let several = counting(&RouteBudget::default());
    let mut one = several.clone();
    one.identity.retain(|source| source.name == "tokens");
    assert!(one.identity.len() == 1 && several.identity.len() > 1);
    for (set, alice) in [(&one, "alice"), (&several, "tokens/alice")] {
        assert_eq!(user(set, DOCUMENT, &token(claims("alice", &[]))), alice);
        assert_eq!(user(set, "/public", &token(claims("anonymous", &[]))), "tokens/anonymous");
        assert_eq!(user(set, "/public", &NOBODY), "anonymous");
    }
}

#[test]
fn what_becomes_of_calls_the_environment_says_where_the_route_does_not() {
    let known = |environment: Option<BudgetMode>, mode: Option<BudgetMode>| {
        let mut set = counting(&RouteBudget { mode, ..RouteBudget::default() });
        if let Some(environment) = environment {
            set.budgets.environments.insert(budget::Environment::Prod, budget::Rules::new(environment, Vec::new()));
            set.budgets.serves = Some(budget::Environment::Prod);
        }
        let snapshot = snapshot(&set);
        of(&snapshot, "/public", &NOBODY).charge(&snapshot).unwrap().mode
    };
    let [strict, advisory, disabled] = BudgetMode::NAMES.map(|(_, mode)| Some(mode));
    for (environment, route, expected) in [
        (None, None, None),
        (None, strict, strict),
        (strict, None, strict),
        (advisory, None, advisory),
        (advisory, strict, strict),
        (strict, advisory, advisory),
        (disabled, strict, disabled),
    ] {
        assert_eq!(known(environment, route), expected, "{environment:?} {route:?}");
    }
}

#[test]
fn the_organisation_is_a_string_among_the_principals_attributes() {
    let map = |members: Vec<(&str, Data)>| {
        Fields::new(members.into_iter().map(|(name, value)| (name.into(), value)).collect()).unwrap()
    };
    let realm = |org: Data| Data::Map(map(vec![("org", org)]));
    for (path, attributes, expected) in [
        (&["org"][..], vec![("org", Data::from("acme"))], Org::Of("acme")),
        (&["realm", "org"], vec![("realm", realm(Data::from("acme")))], Org::Of("acme")),
        (&["realm", "org"], vec![("realm", realm(Data::from("")))], Org::Unknown),
        (&["realm", "org"], vec![("realm", Data::from("acme"))], Org::Unknown),
        (&["realm"], vec![("realm", realm(Data::from("acme")))], Org::Unknown),
        (&["org"], vec![("org", Data::Int(5))], Org::Unknown),
        (&["org"], vec![], Org::Unknown),
        // Those who say nothing of themselves are an organisation of their own.
        (&["org"], vec![("org", Data::from("anonymous"))], Org::Unknown),
    ] {
        let budget = RouteBudget { org: org(path), ..RouteBudget::default() };
        let snapshot = snapshot(&counting(&budget));
        let mut claims = vec![("sub", Data::from("alice"))];
        claims.extend(attributes);
        let outcome = of(&snapshot, DOCUMENT, &token(map(claims)));
        assert_eq!(outcome.charge(&snapshot).unwrap().org, expected, "{path:?}");
        assert_eq!(of(&snapshot, "/public", &NOBODY).charge(&snapshot).unwrap().org, Org::Of("anonymous"));
    }
}

#[test]
fn snapshots_carry_what_routes_say_of_budgets() {
    let apis = ModelApi::NAMES.into_iter().map(|(_, api)| Some(api)).chain([None]);
    let modes = BudgetMode::NAMES.into_iter().map(|(_, mode)| Some(mode)).chain([None]);
    let downgrades = [None, Some(Downgrade { below: 0 }), Some(Downgrade { below: 100 })];
    let sizes = [(None, 1), (Some(1), 1 << 20), (Some(RouteBudget::MAX_TOKENS), RouteBudget::MAX_BYTES)];
    let orgs = [None, org(&["org"]), org(&["a", "b", "c", "d", "e", "f", "g", "h"])];
    for (at, (api, mode)) in apis.flat_map(|api| modes.clone().map(move |mode| (api, mode))).enumerate() {
        let (default_output, max_bytes) = sizes[at % 3];
        let (downgrade, org) = (downgrades[at / 2 % 3], orgs[at / 3 % 3].clone());
        let (prompt_elsewhere, include_usage) =
            ([None, Some(0), Some(RouteBudget::MAX_TOKENS)][at / 2 % 3], at % 2 == 0);
        let budget =
            RouteBudget { api, mode, org, default_output, prompt_elsewhere, include_usage, downgrade, max_bytes };
        let snapshot = snapshot(&counting(&budget));
        assert_eq!(of(&snapshot, "/public", &NOBODY).budget, Some(&budget));
    }
}

#[test]
fn a_route_reads_bodies_in_one_way() {
    let mut set = counting(&RouteBudget::default());
    set.routes[0].body = crate::set::RouteBody::Json { max_bytes: crate::set::RouteBody::DEFAULT_MAX_BYTES };
    let error = crate::snapshot::encode(&set, crate::snapshot::SnapshotId::default()).unwrap_err();
    assert!(error.to_string().contains("invalid body size"), "{error}");
}
