//! The author's tools as a shell sees them: exit codes, streams, files.
#![expect(clippy::unwrap_used, reason = "tests stop at their own mistakes")]

mod conflicts;
mod search;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::{TempDir, tempdir};

const POLICIES: &str = "\
policies:
  - name: reader
    resource: document
    actions: [view]
    roles: [editor]
    condition: resource.ownerId == principal.id && has(resource.state)
";

const SUITE: &str = "\
principals:
  alice: {roles: [editor]}
tests:
  - name: owners view
    principal: alice
    resource: {kind: document, attr: {ownerId: alice, state: open}}
    actions: [view, edit]
    expect: {view: allow, edit: deny}
";

fn tollgate(arguments: &[&str], folder: &Path) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_tollgate")).args(arguments).current_dir(folder).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn tests_that_pass_end_with_zero_and_those_that_fail_say_why() {
    let dir = folder(&[("a.yaml", POLICIES), ("a.test.yaml", SUITE)]);
    let (code, results, problems) = tollgate(&["test"], dir.path());
    assert_eq!((code, problems.as_str()), (0, ""), "{results}");
    assert!(results.contains("passed: 2 cases in 1 test"), "{results}");

    fs::write(dir.path().join("a.test.yaml"), SUITE.replace("view: allow", "view: deny")).unwrap();
    let (code, results, _) = tollgate(&["test", "."], dir.path());
    assert_eq!(code, 1);
    for line in ["a.test.yaml:8: alice, view, document", "expected  deny", "got       allow", "policy    reader"] {
        assert!(results.contains(line), "{line}\n{results}");
    }
}

#[test]
fn unusable_suites_and_policies_end_with_two() {
    let dir = folder(&[
        ("a.yaml", POLICIES),
        ("a.test.yaml", "tests: 5\n"),
        ("bad/a.yaml", "policies: 1\n"),
        ("bad/a.test.yaml", SUITE),
    ]);
    let (code, _, problems) = tollgate(&["test", "a.test.yaml"], dir.path());
    assert_eq!(code, 2);
    assert!(problems.contains("a.test.yaml:1:8:"), "{problems}");
    let (code, _, problems) = tollgate(&["test", "bad"], dir.path());
    assert_eq!(code, 2);
    assert!(problems.contains("bad/a.yaml:1:11:"), "{problems}");
    assert_eq!(tollgate(&["test", "missing"], dir.path()).0, 2);
    assert_eq!(tollgate(&["test", "--no-such-option"], dir.path()).0, 2);
    assert_eq!(tollgate(&["validate", "--no-such-option"], dir.path()).0, 1);
    assert_eq!(tollgate(&["test", "a.yaml"], dir.path()).0, 2);
    assert_eq!(tollgate(&["test", "bad", "--filter", "no such"], dir.path()).0, 2);
}

#[test]
fn results_are_written_as_junit_and_coverage_is_counted() {
    let dir = folder(&[("a.yaml", POLICIES), ("a.test.yaml", &SUITE.replace("edit: deny", "edit: allow"))]);
    let (code, results, _) = tollgate(&["test", "--coverage", "--junit", "out.xml"], dir.path());
    assert_eq!(code, 1);
    let xml = fs::read_to_string(dir.path().join("out.xml")).unwrap();
    assert!(xml.contains("tests=\"2\"") && xml.contains("failures=\"1\""), "{xml}");
    assert!(xml.contains("classname=\"owners view\"") && xml.contains("expected allow"), "{xml}");
    assert!(results.contains("never false    reader: has(resource.state)"), "{results}");
}

#[test]
fn flips_are_listed_and_fail_only_where_asked() {
    let new = POLICIES.replace("actions: [view]", "actions: [edit]");
    let dir = folder(&[
        ("old/a.yaml", POLICIES),
        ("new/a.yaml", &new),
        ("questions.yaml", &SUITE.replace("    expect: {view: allow, edit: deny}\n", "")),
    ]);
    let arguments = ["diff", "old", "new", "--requests", "questions.yaml"];
    let (code, results, _) = tollgate(&arguments, dir.path());
    assert_eq!(code, 0);
    assert!(results.contains("1 allow→deny, 1 deny→allow"), "{results}");
    assert!(results.contains("allow, allowed, policy reader"), "{results}");
    assert_eq!(tollgate(&[&arguments[..], &["--fail-on-flips"]].concat(), dir.path()).0, 1);
    let same = ["diff", "old", "old", "--requests", "questions.yaml", "--fail-on-flips"];
    assert_eq!(tollgate(&same, dir.path()).0, 0);
    let (_, results, _) = tollgate(&[&arguments[..], &["--format", "json"]].concat(), dir.path());
    let json: serde_json::Value = serde_json::from_str(&results).unwrap();
    assert_eq!((&json["asked"], &json["flips"][0]["new"]["decision"]), (&2.into(), &"deny".into()));
}

#[test]
fn formatting_is_checked_or_done() {
    let untidy = "policies:\n- {roles: [a], name: x, # why\n   resource: d, actions: [v]}\n";
    let dir = folder(&[("a.yaml", untidy), ("a.test.yaml", SUITE)]);
    let (code, results, _) = tollgate(&["fmt", "--check", "."], dir.path());
    assert_eq!(code, 1);
    assert!(results.contains("not formatted: ./a.yaml"), "{results}");
    assert_eq!(fs::read_to_string(dir.path().join("a.yaml")).unwrap(), untidy);
    assert_eq!(tollgate(&["fmt", "."], dir.path()).0, 0);
    let tidy = "policies:\n  - name: x  # why\n    resource: d\n    actions: [v]\n    roles: [a]\n";
    assert_eq!(fs::read_to_string(dir.path().join("a.yaml")).unwrap(), tidy);
    assert_eq!(tollgate(&["fmt", "--check", "."], dir.path()).0, 0);
    // Suites are no policy files.
    assert_eq!(fs::read_to_string(dir.path().join("a.test.yaml")).unwrap(), SUITE);
    fs::write(dir.path().join("b.yaml"), "x: !!str y\n").unwrap();
    let (code, _, problems) = tollgate(&["fmt", "."], dir.path());
    assert_eq!(code, 2);
    assert!(problems.contains("refused: ./b.yaml:1: the formatter does not keep tags"), "{problems}");
}

#[test]
fn an_explanation_shows_every_part_with_its_value() {
    let dir = folder(&[("a.yaml", POLICIES)]);
    let resource = r#"{"kind": "document", "ownerId": "bob"}"#;
    let arguments =
        ["explain", "--policies", ".", "--id", "alice", "--role", "editor", "--action", "view", "--resource", resource];
    let (code, results, _) = tollgate(&arguments, dir.path());
    assert_eq!(code, 2);
    for line in [
        "reader (allow): does not apply",
        "false          resource.ownerId == principal.id\n",
        "'bob'            resource.ownerId\n",
        "not reached    has(resource.state)\n",
    ] {
        assert!(results.contains(line), "{line}\n{results}");
    }
    let (_, results, _) = tollgate(&[&arguments[..], &["--format", "json"]].concat(), dir.path());
    let json: serde_json::Value = serde_json::from_str(&results).unwrap();
    let part = &json["explained"][0]["parts"][0];
    assert_eq!((&part["part"], &part["steps"][0]["values"][0]), (&"condition".into(), &"false".into()));
}

#[test]
fn problems_have_an_end_and_a_text_in_json() {
    let dir = folder(&[("a.yaml", "policies:\n  - {nam: x, resource: d, actions: [v], roles: [a]}\n")]);
    let (code, results, _) = tollgate(&["validate", "--format", "json", "."], dir.path());
    assert_eq!(code, 1);
    let json: serde_json::Value = serde_json::from_str(&results).unwrap();
    let problem = &json["problems"][0];
    assert_eq!((&problem["line"], &problem["column"], &problem["endColumn"]), (&2.into(), &6.into(), &9.into()));
    assert!(problem["message"].as_str().unwrap().contains("`name`"));
    assert_eq!(problem["excerpt"]["len"], 3);
}

#[test]
fn schemas_are_json() {
    let dir = tempdir().unwrap();
    for arguments in [&["schema"][..], &["schema", "--suite"]] {
        let (code, results, _) = tollgate(arguments, dir.path());
        assert_eq!(code, 0);
        let schema: serde_json::Value = serde_json::from_str(&results).unwrap();
        assert_eq!(schema["type"], "object");
    }
}

#[test]
fn the_todo_example_passes_and_every_policy_of_it_is_covered() {
    let (code, results, problems) = tollgate(&["test", "envoy/examples/todo", "--coverage"], &root());
    assert_eq!(code, 0, "{results}{problems}");
    assert!(!results.contains("never"), "{results}");
}

#[test]
fn the_policies_of_the_repository_are_formatted() {
    let (code, results, problems) = tollgate(&["fmt", "--check", "envoy/policies", "envoy/examples"], &root());
    assert_eq!(code, 0, "{results}{problems}");
}

const DOCUMENTED: &str = "\
identity:
  - name: tokens
    jwt: {roles: roles}
routes:
  - match: {methods: [GET], path: '/v1/users/{userId}/documents/{id}'}
    action: view
    resource: {kind: document, id: path.id, attr: {ownerId: path.userId}}
policies:
  - {name: view, resource: document, actions: [view], roles: [editor, viewer]}
  - name: edit
    resource: document
    actions: [edit]
    roles: [editor]
    condition: resource.ownerId == principal.id
";

#[test]
fn the_suite_of_the_documentation_passes() {
    let page = fs::read_to_string(root().join("docs/author-tools.md")).unwrap();
    let suite = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let dir = folder(&[("a.yaml", DOCUMENTED), ("a.test.yaml", suite)]);
    let (code, results, problems) = tollgate(&["test"], dir.path());
    assert_eq!(code, 0, "{results}{problems}");
}
