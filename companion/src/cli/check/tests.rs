use std::fs;

use clap::Parser;
use serde_json::Value;
use tempfile::tempdir;

use crate::cli::args::{Cli, Command};
use crate::cli::output::capture;

use super::*;

const POLICIES: &str = "
identity:
  - name: tokens
    jwt: {metadataKey: payload, id: sub, roles: roles}
routes:
  - match: {methods: [GET], path: '/v1/users/{userId}/documents/{id}'}
    action: view
    resource: {kind: document, id: path.id, attr: {ownerId: path.userId}}
  - match: {methods: [POST], path: /v1/orders}
    action: place
    resource: {kind: order}
    body: json
policies:
  - name: small-orders
    resource: order
    actions: [place]
    roles: [editor]
    condition: >-
      request.body.amount <= 100 && request.query.currency == 'EUR'
      && request.time < timestamp('2026-01-01T00:00:00Z') && request.source.ip == '10.0.0.1'
  - name: by-day
    resource: report
    actions: [view]
    roles: [editor]
    condition: request.time < timestamp('2026-01-01T00:00:00Z') && request.source.port == 5000
  - name: owner
    resource: document
    actions: [view]
    roles: [editor]
    condition: resource.ownerId == principal.id
  - name: frozen
    effect: deny
    resource: document
    actions: [view]
    roles: ['*']
    condition: has(resource.frozen) && resource.frozen
";

fn check(arguments: &[&str]) -> (anyhow::Result<Exit>, Value, String) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.yaml");
    fs::write(&path, POLICIES).unwrap();
    let arguments = ["tollgate", "check", "--format", "json", "--policies", path.to_str().unwrap()]
        .into_iter()
        .chain(arguments.iter().copied());
    let Command::Check(args) = Cli::try_parse_from(arguments).unwrap().command else {
        panic!("not check");
    };
    let (exit, results, problems) = capture(|output| run(*args, output));
    (exit, serde_json::from_str(&results).unwrap_or_default(), problems)
}

const ALICE: &str = r#"{"id": "alice", "roles": ["editor"], "source": "tokens"}"#;

#[test]
fn an_allowed_action_names_its_policy_and_every_candidate() {
    let resource = r#"{"kind": "document", "id": "1", "ownerId": "alice"}"#;
    let (exit, report, _) = check(&["--principal", ALICE, "--action", "view", "--resource", resource]);
    assert_eq!(exit.unwrap(), Exit::Success);
    assert_eq!((&report["decision"], &report["policy"]), (&"allow".into(), &"owner".into()));
    assert_eq!(report["candidates"].as_array().unwrap().len(), 2);
}

#[test]
fn a_denied_action_has_an_exit_code_of_its_own() {
    let resource = r#"{"kind": "document", "id": "1", "ownerId": "bob"}"#;
    let (exit, report, _) = check(&["--id", "alice", "--role", "editor", "--action", "view", "--resource", resource]);
    assert_eq!(exit.unwrap(), Exit::Denied);
    assert_eq!((&report["decision"], &report["nearest"]), (&"deny".into(), &"owner".into()));
}

#[test]
fn a_failing_condition_is_an_error_of_its_candidate() {
    let (exit, report, _) =
        check(&["--principal", ALICE, "--action", "view", "--resource", r#"{"kind": "document", "id": "1"}"#]);
    assert_eq!(exit.unwrap(), Exit::Denied);
    let owner = report["candidates"].as_array().unwrap().iter().find(|one| one["policy"] == "owner").unwrap();
    assert_eq!(owner["applies"], "error");
}

#[test]
fn a_request_goes_through_the_routes() {
    let (exit, report, _) = check(&["--principal", ALICE, "--request", "GET /v1/users/alice/documents/1"]);
    assert_eq!(exit.unwrap(), Exit::Success);
    assert_eq!(report["policy"], "owner");
    let (exit, report, _) = check(&["--principal", ALICE, "--request", "GET /v1/users/bob/documents/1"]);
    assert_eq!(exit.unwrap(), Exit::Denied);
    assert_eq!(report["http"]["status"], 403);
    let (exit, report, _) = check(&["--request", "GET /v1/users/bob/documents/1"]);
    assert_eq!(exit.unwrap(), Exit::Denied);
    assert_eq!(report["http"]["status"], 401);
    let (_, report, _) = check(&["--principal", ALICE, "--request", "GET /v1/%2e%2e/documents/1"]);
    assert_eq!(report["http"]["status"], 400);
}

#[test]
fn a_source_that_does_not_exist_is_an_error_that_lists_those_that_do() {
    let (exit, _, _) = check(&["--principal", r#"{"id": "a", "source": "x"}"#, "--request", "GET /"]);
    let error = format!("{:#}", exit.unwrap_err());
    assert!(error.contains("`x`") && error.contains("`tokens`"), "{error}");
}

#[test]
fn malformed_arguments_are_errors() {
    for arguments in [
        &["--principal", "{", "--request", "GET /"][..],
        &["--principal", r#"{"roles": []}"#, "--request", "GET /"],
        &["--request", "GET"],
        &["--request", "GET /", "--header", "no colon"],
        &["--action", "view", "--resource", "{}"],
        &["--request", "GET /", "--now", "yesterday"],
    ] {
        assert!(check(arguments).0.is_err(), "{arguments:?}");
    }
}

const ORDER: &str = "POST /v1/orders?currency=EUR";
const IN_TIME: &str = "2025-12-31T23:59:59Z";

fn order(request: &str, body: &str, more: &[&str]) -> Value {
    let own = ["--principal", ALICE, "--request", request, "--body", body, "--from", "10.0.0.1:5000"];
    check(&own.iter().chain(more).copied().collect::<Vec<_>>()).1
}

#[test]
fn a_request_has_a_query_a_body_a_time_and_a_source() {
    let small = r#"{"amount": 100}"#;
    assert_eq!(order(ORDER, small, &["--now", IN_TIME])["policy"], "small-orders");
    assert_eq!(order(ORDER, small, &["--now", "2026-01-01T00:00:00Z"])["decision"], "deny");
    assert_eq!(order(ORDER, small, &[])["decision"], "deny");
    assert_eq!(order(ORDER, r#"{"amount": 101}"#, &["--now", IN_TIME])["decision"], "deny");
    assert_eq!(order("POST /v1/orders?currency=USD", small, &["--now", IN_TIME])["decision"], "deny");
}

#[test]
fn a_body_is_refused_as_the_proxy_would_refuse_it() {
    let status = |body: &str, more: &[&str]| order(ORDER, body, more)["http"]["status"].clone();
    assert_eq!(status(r#"{"amount": 1, "amount": 2}"#, &[]), 400);
    assert_eq!(status("{}", &["--header", "content-type: text/plain"]), 400);
    assert_eq!(status(&format!("\"{}\"", "x".repeat(65_536)), &[]), 413);
}

#[test]
fn a_body_can_come_from_a_file() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("order.json");
    fs::write(&file, r#"{"amount": 7}"#).unwrap();
    let body = format!("@{}", file.display());
    assert_eq!(order(ORDER, &body, &["--now", IN_TIME])["decision"], "allow");
    let missing = ["--principal", ALICE, "--request", ORDER, "--body", "@/no/such/file"];
    assert!(check(&missing).0.unwrap_err().to_string().contains("/no/such/file"));
}

#[test]
fn a_question_without_a_request_has_a_time_and_a_source() {
    let resource = r#"{"kind": "report"}"#;
    let question = ["--principal", ALICE, "--action", "view", "--resource", resource, "--now", IN_TIME, "--from"];
    let decision = |from| check(&[&question[..], &[from]].concat()).1["decision"].clone();
    assert_eq!(decision("[::1]:5000"), "allow");
    assert_eq!(decision("10.0.0.1:5001"), "deny");
}
