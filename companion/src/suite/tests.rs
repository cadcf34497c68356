use std::collections::BTreeSet;

use serde_json::Value;
use tollgate_policy::source::SourceFile;
use tollgate_policy::source::tree::Shape;

use super::*;

const POLICIES: &str = "
identity:
  - name: tokens
    jwt: {id: sub, roles: roles}
routes:
  - match: {methods: [POST], path: '/v1/plans/{id}'}
    action: edit
    resource: {kind: plan, id: path.id}
    body: json
policies:
  - name: editors
    resource: plan
    actions: [view, edit]
    roles: [editor]
    condition: resource.ownerId == principal.id
  - name: by-day
    resource: report
    actions: [view]
    roles: ['*']
    condition: request.time < timestamp('2026-01-01T00:00:00Z') && request.source.ip == '10.0.0.1'
  - name: small
    resource: plan
    actions: [edit]
    roles: [editor]
    condition: request.body.size < 10
";

const FIXTURES: &str = "
principals:
  alice: {roles: [editor], source: tokens}
  bob: {id: b, roles: [editor], source: tokens}
resources:
  plan: {kind: plan, id: '1', attr: {ownerId: alice}}
  bobs: {kind: plan, attr: {ownerId: b}}
  report: {kind: report}
requests:
  small: {method: POST, path: /v1/plans/1, json: {size: 3}}
  large: {method: POST, path: /v1/plans/1, json: {size: 30}}
  text: {method: POST, path: /v1/plans/1, body: '{}', headers: {content-type: text/plain}}
  lost: {path: /nowhere}
";

fn file(text: &str) -> SourceFile {
    SourceFile::new("a.test.yaml", text)
}

fn suite(tests: &str) -> Suite {
    load(&file(&format!("{FIXTURES}tests:\n{tests}")), Expectations::Required).unwrap()
}

fn policies() -> Policies {
    Policies::of(&[SourceFile::new("a.yaml", POLICIES)]).unwrap()
}

/// The cases that are not answered as expected.
fn failures(tests: &str) -> Vec<String> {
    let policies = policies();
    let suite = suite(tests);
    let cases = suite.tests.iter().flat_map(|test| &test.cases);
    let failed = cases.filter(|case| {
        let answer = policies.answer(case, &mut |_| {}).unwrap();
        !case.expected.as_ref().unwrap().is_met_by(&answer)
    });
    failed.map(ToString::to_string).collect()
}

fn messages(text: &str) -> String {
    load(&file(text), Expectations::Required).unwrap_err().to_string()
}

#[test]
fn lists_are_multiplied_and_each_is_a_level_of_the_expectations() {
    let tests = "
- name: table
  principals: [alice, bob]
  resources: [plan, bobs]
  actions: [view, drop]
  expect:
    alice: {plan: {view: allow, drop: deny}, bobs: deny}
    bob: {bobs: {view: allow, '*': deny}, '*': {'*': {effect: deny}}}
";
    assert_eq!(suite(tests).tests[0].cases.len(), 8);
    assert_eq!(failures(tests), Vec::<String>::new());
    assert_eq!(failures(&tests.replace("view: allow", "view: deny")), ["alice, view, plan", "bob, view, bobs"]);
}

#[test]
fn details_are_compared() {
    let test = |details: &str| {
        let one = "{name: t, principal: bob, resource: plan, action: view, expect: ";
        failures(&format!("- {one}{details}}}\n"))
    };
    assert!(test("{effect: deny, policy: editors, reason: no-condition-holds}").is_empty());
    assert_eq!(test("{effect: deny, policy: small}").len(), 1);
    assert_eq!(test("{effect: deny, reason: no-policy}").len(), 1);
}

#[test]
fn time_and_source_are_those_of_the_test() {
    let test = |circumstances: &str, expect: &str| {
        let test = format!(
            "- {{name: t, {circumstances}principal: alice, resource: report, action: view, expect: {expect}}}\n"
        );
        assert_eq!(failures(&test), Vec::<String>::new());
    };
    test("now: 2025-12-31T23:59:59Z, from: 10.0.0.1, ", "allow");
    test("now: 2026-01-01T00:00:00Z, from: '10.0.0.1:80', ", "deny");
    test("from: 10.0.0.1, ", "{effect: deny, reason: no-condition-holds}");
}

#[test]
fn requests_go_through_the_routes() {
    let tests = "
- name: http
  principals: [bob, anonymous]
  requests: [small, large, text, lost]
  expect:
    bob: {small: allow, large: {status: 403, policy: editors}, text: 400, lost: {effect: deny, reason: no-route}}
    anonymous: {lost: 403, '*': 401}
";
    assert_eq!(failures(tests), Vec::<String>::new());
    let inline = "
- name: inline
  principal: {id: x, source: tokens}
  request: {method: POST, path: /v1/plans/9, json: {size: 1}}
  expect: {effect: deny, reason: no-policy, route: '/v1/plans/{id}'}
";
    assert_eq!(failures(inline), Vec::<String>::new());
}

#[test]
fn a_request_beside_a_resource_is_what_conditions_read() {
    let test = |request: &str, expect: &str| {
        format!("- {{name: t, principal: bob, resource: plan, action: edit, request: {request}, expect: {expect}}}\n")
    };
    assert!(failures(&test("small", "allow")).is_empty());
    assert!(failures(&test("large", "deny")).is_empty());
    let with_query = format!("{FIXTURES}tests:\n{}", test("{path: '/a?b=c'}", "allow"));
    assert!(messages(&with_query).contains("query"), "{}", messages(&with_query));
}

#[test]
fn everything_that_is_wrong_is_said_with_its_place() {
    for (tests, expected) in [
        ("- {name: t, principal: alise, resource: plan, action: view, expect: allow}", "did you mean `alice`?"),
        ("- {name: t, principal: alice, resource: plan, action: view}", "needs the field `expect`"),
        ("- {name: t, principal: alice, resource: plan, action: view, expect: alow}", "did you mean `allow`?"),
        ("- {name: t, principal: alice, resource: plan, action: view, expect: 403}", "only a request has a status"),
        ("- {name: t, principals: [alice, bob], resource: plan, action: view, expect: {alice: allow}}", "of `bob`"),
        (
            "- {name: t, principals: [alice], resource: plan, action: view, expect: {alice: allow, bob: deny}}",
            "not a principal of this test",
        ),
        ("- {name: t, principal: alice, principals: [bob], request: lost, expect: deny}", "exactly one of"),
        ("- {name: t, principal: alice, request: lost, expect: 200}", "from 400 to 599"),
        ("- {name: t, now: noon, principal: alice, request: lost, expect: deny}", "`now` cannot be read"),
        (
            "- {name: t, principal: alice, resource: plan, action: view, requests: [lost], expect: deny}",
            "remove `requests`",
        ),
    ] {
        let all = messages(&format!("{FIXTURES}tests:\n{tests}\n"));
        assert!(all.contains(expected) && all.starts_with("a.test.yaml:15:"), "{all}");
    }
    assert!(messages("test: []\n").contains("did you mean `tests`?"));
    assert!(messages("tests: []\n").contains("empty list"));
    assert!(messages("principals: {anonymous: {}}\ntests: [{name: a}]\n").contains("cannot be called `anonymous`"));
}

#[test]
fn suites_are_bounded() {
    let names: Vec<String> = (0..256).map(|number| format!("n{number}")).collect();
    let fixtures = |body: &str| names.iter().map(|name| format!("  {name}: {body}\n")).collect::<String>();
    let list = names.join(", ");
    let text = format!(
        "principals:\n{}resources:\n{}tests:\n- {{name: t, principals: [{list}], resources: [{list}], actions: [a, b], expect: deny}}\n",
        fixtures("{}"),
        fixtures("{kind: d}"),
    );
    assert!(messages(&text).contains("at most 100000 cases"));
}

#[test]
fn coverage_knows_what_was_never_so() {
    let policies = policies();
    let mut coverage = Coverage::of(&policies.set);
    let mut conditions = crate::explain::Conditions::of(&policies.set);
    let suite = suite("- {name: t, principal: alice, resource: plan, action: view, expect: allow}");
    let mut see = |query: &tollgate_policy::engine::Query<'_>| {
        let explained = crate::explain::explain(&policies.snapshot, &policies.set, &mut conditions, query);
        coverage.add_parts(&explained);
    };
    let answer = policies.answer(&suite.tests[0].cases[0], &mut see).unwrap();
    coverage.add(&answer);
    let of = |name: &str| coverage.policies().find(|(policy, _)| *policy == name).unwrap().1;
    assert_eq!((of("editors").applied, of("editors").was_false, of("small").applied), (1, 0, 0));
    let branches: Vec<_> = coverage.branches().collect();
    let [(owner, branch)] = branches.as_slice() else { panic!("{branches:?}") };
    assert_eq!((*owner, branch.text.as_str()), ("editors", "resource.ownerId == principal.id"));
    assert!(branch.seen.is_true && !branch.seen.is_false);
}

#[test]
fn the_json_schema_has_the_fields_of_the_decoder() {
    let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
    let shapes: [(&str, &Shape); 6] = [
        ("/properties", &decode::SUITE),
        ("/$defs/test/properties", &decode::TEST),
        ("/$defs/principal/properties", &fixture::PRINCIPAL),
        ("/$defs/resource/properties", &fixture::RESOURCE),
        ("/$defs/request/properties", &fixture::REQUEST),
        ("/$defs/details/properties", &expectation::DETAILS),
    ];
    for (place, shape) in shapes {
        let fields = schema.pointer(place).unwrap().as_object().unwrap();
        let fields: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
        assert_eq!(fields, shape.fields.iter().copied().collect(), "{place}");
    }
}
