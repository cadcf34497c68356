//! A decision allocates nothing: counted, over every shape of condition that builds no value.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests stop at their own mistakes")]

#[path = "oracle/cases.rs"]
mod cases;
#[path = "oracle/policies.rs"]
mod policies;

use std::sync::Arc;

use cases::{Random, case};
use policies::policy_set;
use tollgate_policy::condition::{Environment, Map};
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::{Effect, Query, RequestFacts, Resource, Scratch};
use tollgate_policy::http::{Headers, Org, OrgAttribute, RouteBudget};
use tollgate_policy::identity::PrincipalClaims;
use tollgate_policy::set::{Condition, Names, Policy, PolicySet};
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};

const CONDITIONS: [&str; 6] = [
    "resource.ownerId == principal.id",
    "principal.attr.department == resource.attr.department && resource.attr.status != 'closed'",
    "resource.attr.amount < 1000 && 'finance' in principal.attr.groups",
    "request.path.startsWith('/v1/') && request.headers['x-team'] == 'blue'",
    "principal.roles.exists(role, role in ['owner', 'writer']) || principal.groups.all(g, size(g) > 20)",
    "has(resource.nothing) ? resource.nothing : resource.missing == 1",
];

#[test]
fn a_decision_allocates_nothing() {
    let set = PolicySet {
        policies: CONDITIONS.iter().enumerate().map(policy).map(Arc::new).collect(),
        ..PolicySet::default()
    };
    let snapshot = Snapshot::decode(encode(&set, SnapshotId::default()).unwrap()).unwrap();
    let principal = snapshot.principal(PrincipalClaims {
        source: None,
        id: "bob".to_owned(),
        roles: vec!["viewer".to_owned(), "editor".to_owned()],
        attributes: fields(&[
            ("department", Data::from("legal")),
            ("groups", Data::List([Data::from("sales")].into())),
        ]),
        scope: None,
    });
    let attributes = fields(&[
        ("ownerId", Data::from("alice")),
        ("department", Data::from("sales")),
        ("status", Data::from("open")),
        ("amount", Data::Int(5)),
    ]);
    let headers: [(&[u8], &[u8]); 1] = [(b"x-team", b"red")];
    let query = Query {
        principal: &principal,
        action: "view",
        resource: Resource { kind: "document", id: Some("1"), attributes: Map::from(&attributes) },
        scope: None,
        request: RequestFacts {
            method: Some("GET"),
            path: Some("/v2/"),
            host: Some("a"),
            headers: Headers(&headers),
            ..RequestFacts::default()
        },
    };
    let mut scratch = Scratch::default();
    let warm = snapshot.decide(&query, &mut scratch);
    assert_eq!((warm.effect, warm.errors), (Effect::Deny, 1), "{warm:?}");
    let counted = allocation_counter::measure(|| {
        for _ in 0..1000 {
            std::hint::black_box(snapshot.decide(&query, &mut scratch));
        }
    });
    assert_eq!(counted.count_total, 0);
}

/// Values that conditions build go to a reused arena: once it has grown, generated conditions allocate nothing either.
#[test]
fn built_values_do_not_allocate_for_long() {
    let mut random = Random(7);
    for _ in 0..200 {
        let set = policy_set(&mut random);
        let snapshot = Snapshot::decode(encode(&set, SnapshotId::default()).unwrap()).unwrap();
        let mut scratch = Scratch::default();
        case(&mut random).ask(&snapshot, |query| {
            for _ in 0..3 {
                let _ = snapshot.decide(query, &mut scratch);
            }
            let counted = allocation_counter::measure(|| {
                let _ = std::hint::black_box(snapshot.decide(query, &mut scratch));
            });
            assert_eq!(counted.count_total, 0);
        });
    }
}

#[test]
fn who_a_call_is_charged_to_is_found_without_allocating() {
    let snapshot = Snapshot::decode(encode(&PolicySet::default(), SnapshotId::default()).unwrap()).unwrap();
    let realm = Data::Map(fields(&[("org", Data::from("acme"))]));
    let principal = snapshot.principal(PrincipalClaims {
        id: "alice".to_owned(),
        attributes: fields(&[("realm", realm)]),
        ..PrincipalClaims::default()
    });
    let org = Some(OrgAttribute(["realm", "org"].map(Box::from).into()));
    let budget = RouteBudget { org, ..RouteBudget::default() };
    let counted = allocation_counter::measure(|| {
        let charge = std::hint::black_box(&budget).charge(&principal, snapshot.budget_terms());
        assert!(charge.user == "alice" && charge.org == Org::Of("acme"));
    });
    assert_eq!(counted.count_total, 0);
}

/// None of them applies, so that every condition is evaluated; the last one errs.
fn policy((index, text): (usize, &&str)) -> Policy {
    let effect = if index >= 4 { Effect::Allow } else { Effect::Deny };
    Policy {
        kinds: if index % 2 == 0 { Names::Any } else { Names::Of(vec!["document".to_owned()]) },
        actions: Names::Of(vec!["view".to_owned(), "edit".to_owned()]),
        roles: Names::Of(vec!["editor".to_owned()]),
        condition: Some(Condition::lowered(text, &Environment::policy()).unwrap()),
        ..Policy::new(&format!("policy-{index}"), effect)
    }
}

fn fields(members: &[(&str, Data)]) -> Fields {
    Fields::new(members.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()).unwrap()
}
