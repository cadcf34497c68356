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
policies:
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
    ] {
        assert!(check(arguments).0.is_err(), "{arguments:?}");
    }
}
