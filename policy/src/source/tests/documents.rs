//! Files that hold one policy.

use crate::source::{Diagnostics, Shape, SourceFile, load};

use super::{file, load_one};

const TEXT: &str = r#"{"resource": "document", "actions": ["view"], "roles": ["editor"], "scope": "acme"}"#;

fn document(policy: &str, text: &str) -> SourceFile {
    SourceFile { shape: Shape::Policy(policy.to_owned()), ..file(&format!("policies/{policy}"), text) }
}

fn refused(files: &[SourceFile]) -> Vec<String> {
    let located = |problems: Diagnostics| {
        let text = |problem: &crate::source::Diagnostic| {
            format!("{}:{}:{}: {}", problem.file, problem.line, problem.column, problem.message)
        };
        problems.iter().map(text).collect()
    };
    load(files).map_err(located).unwrap_err()
}

#[test]
fn a_document_is_the_policy_that_a_section_would_hold() {
    let in_section = r#"{"policies": [{"name": "a.b", "resource": "document", "actions": ["view"], "roles": ["editor"],
        "scope": "acme"}], "scopes": ["acme"]}"#;
    let scopes = file("scopes.yaml", "scopes: [acme]");
    assert_eq!(load(&[document("a.b", TEXT), scopes.clone()]), load_one(in_section));
    let with_name = TEXT.replacen('{', r#"{"name": "a.b", "#, 1);
    assert_eq!(load(&[document("a.b", &with_name), scopes]), load_one(in_section));
}

#[test]
fn a_name_within_agrees() {
    let other = TEXT.replacen('{', r#"{"name": "other", "#, 1);
    let scopes = file("scopes.yaml", "scopes: [acme]");
    assert_eq!(
        refused(&[document("a", &other), scopes.clone()]),
        ["policies/a:1:10: this is policy `a`, not `other`; write that, or leave `name` out"]
    );
    let [invalid] = refused(&[document("Not A Name", TEXT), scopes]).try_into().unwrap();
    assert!(invalid.starts_with("policies/Not A Name:1:1: `Not A Name` is not a valid name; write "), "{invalid}");
}

#[test]
fn a_document_is_nothing_but_a_policy() {
    for (text, problem) in [
        ("", "1:1: a policy is a mapping, not nothing"),
        ("[]", "1:1: a policy is a mapping, not a list"),
        ("policies: []\nresource: a\nactions: [b]\nroles: [c]", "1:1: a policy has no field `policies`; remove it"),
        ("resource: a\nactions: [b]", "1:1: a policy needs the field `roles`"),
    ] {
        assert_eq!(refused(&[document("a", text)]), [format!("policies/a:{problem}")]);
    }
}

#[test]
fn names_are_unique_over_documents_and_sections() {
    let section = file("z.yaml", "policies:\n- {name: a, resource: d, actions: [view], roles: [x]}\nscopes: [acme]");
    assert_eq!(
        refused(&[document("a", TEXT), section]),
        ["z.yaml:2:10: policy `a` is already declared at policies/a:1; rename or remove one of the two"]
    );
}
