use std::fs;
use std::path::Path;

use clap::Parser;
use tempfile::tempdir;
use tollgate_policy::snapshot::{Snapshot, SnapshotId};

use super::args::Cli;
use super::exit::Exit;
use super::output::capture;
use super::run;

const GOOD: &str = "policies:\n  - {name: reader, resource: document, actions: [view], roles: [editor]}\n";

fn tollgate(arguments: &[&str]) -> (anyhow::Result<Exit>, String, String) {
    let cli = Cli::try_parse_from([&["tollgate"], arguments].concat()).unwrap();
    capture(|output| run(cli.command, output))
}

fn folder(text: &str) -> tempfile::TempDir {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("a.yaml"), text).unwrap();
    dir
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn valid_policies_are_counted_in_one_line() {
    let dir = folder(GOOD);
    let (exit, results, problems) = tollgate(&["validate", text(dir.path())]);
    assert_eq!(exit.unwrap(), Exit::Success);
    assert!(results.starts_with("ok: 1 policies, 0 routes"), "{results}");
    assert_eq!((results.lines().count(), problems.as_str()), (1, ""));
}

#[test]
fn every_problem_is_located_and_the_exit_code_says_error() {
    let dir = folder("policies:\n  - {name: one}\nroutes: 5\n");
    let (exit, results, problems) = tollgate(&["validate", text(dir.path())]);
    assert_eq!(exit.unwrap(), Exit::Error);
    assert_eq!(results, "");
    assert!(problems.contains("a.yaml:2:") && problems.contains("a.yaml:3:"), "{problems}");
    let (_, document, _) = tollgate(&["validate", "--format", "json", text(dir.path())]);
    let json: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!((&json["problems"][0]["line"], &json["ok"]), (&2.into(), &false.into()));
}

#[test]
fn what_an_environment_cannot_do_without_is_missed_where_it_is_asked_for() {
    let route = "routes: [{match: {path: /a}, action: a, resource: {kind: llm}, budget: {}}]\n";
    let dir = folder(route);
    let validate = |more: &[&str]| tollgate(&[&["validate", text(dir.path())], more].concat());
    assert_eq!(validate(&[]).0.unwrap(), Exit::Success);
    assert_eq!(validate(&["--environment", "dev"]).0.unwrap(), Exit::Success);
    let (exit, _, problems) = validate(&["--environment", "prod"]);
    assert_eq!(exit.unwrap(), Exit::Error);
    assert!(problems.contains("a.yaml:1:") && problems.contains("`budgets.environments.prod`"), "{problems}");
    let limits = "{limits: [{scope: global, tokens: 5}, {scope: org, tokens: 1}]}";
    fs::write(dir.path().join("b.yaml"), format!("budgets: {{environments: {{dev: {limits}, prod: {limits}}}}}\n"))
        .unwrap();
    let (exit, results, _) = validate(&["--environment", "prod"]);
    assert_eq!(exit.unwrap(), Exit::Success);
    assert!(results.contains(", 0 models, 4 limits in 2 files"), "{results}");
}

#[test]
fn the_cost_of_each_condition_is_said_where_it_is_asked_for() {
    let dir = folder(
        "policies:\n  - {name: reader, resource: document, actions: [view], roles: [editor], condition: \"'x' in principal.roles\"}\n",
    );
    let (exit, results, _) = tollgate(&["validate", "--cost", text(dir.path())]);
    assert_eq!(exit.unwrap(), Exit::Success);
    assert!(results.ends_with("policy `reader`: 3 to 3 + 1 for each of principal.roles steps\n"), "{results}");
    let (_, document, _) = tollgate(&["validate", "--cost", "--format", "json", text(dir.path())]);
    let json: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(json["costs"][0]["most"], "3 + 1 for each of principal.roles");
}

#[test]
fn what_is_probably_not_meant_fails_only_where_that_is_denied() {
    let dir = folder(&format!("{GOOD}variables: {{unused: principal.id == 'a'}}\n"));
    let (exit, results, _) = tollgate(&["lint", text(dir.path())]);
    assert_eq!(exit.unwrap(), Exit::Success);
    assert_eq!(results, "variable `unused`: no condition reads it; remove it [unused-variable]\n1 finding\n");
    let (exit, document, _) = tollgate(&["lint", "--deny", "--format", "json", text(dir.path())]);
    assert_eq!(exit.unwrap(), Exit::Failed);
    let json: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(json["findings"][0]["rule"], "unused-variable");
    let (exit, _, problems) = tollgate(&["lint", text(folder("policies: 5\n").path())]);
    assert_eq!(exit.unwrap(), Exit::Unusable);
    assert!(problems.contains("a.yaml:1:"), "{problems}");
}

#[test]
fn a_missing_file_is_an_error_that_names_it() {
    let (exit, _, _) = tollgate(&["validate", "/nonexistent/policies"]);
    assert!(exit.unwrap_err().to_string().contains("/nonexistent/policies"));
}

#[test]
fn a_compiled_snapshot_has_the_id_it_was_given() {
    let dir = folder(GOOD);
    let out = dir.path().join("snapshot");
    let arguments = ["compile", text(dir.path()), "-o", text(&out), "--epoch", "3", "--snapshot-version", "9"];
    let (exit, results, _) = tollgate(&arguments);
    assert_eq!(exit.unwrap(), Exit::Success);
    let snapshot = Snapshot::decode(fs::read(&out).unwrap()).unwrap();
    assert_eq!(snapshot.id(), SnapshotId { epoch: 3, version: 9 });
    assert!(results.contains(&snapshot.digest().to_string()), "{results}");
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    for option in ["--http", "--feed"] {
        let (exit, _, _) = tollgate(&["serve", "--policies", "x", "--state", "y", option, "0.0.0.0:9"]);
        assert!(exit.unwrap_err().to_string().contains(option));
    }
}
