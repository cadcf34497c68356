//! Policies beside a set: what is said of them is what would be said if they were in it.

use proptest::prelude::*;

use super::edits::{EXTRAS, KINDS, ROLES, World, flow, step};
use super::file;
use crate::set::PolicySet;
use crate::source::{Shape, SourceFile, load, load_beside};

/// A document of one policy.
fn draft(name: &str, fields: &str) -> SourceFile {
    SourceFile { shape: Shape::Policy(name.to_owned()), ..file("draft", &format!("{{{fields}}}")) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_is_refused_where_the_whole_set_would_be(
        steps in prop::collection::vec(step(), 1..30),
        kind in 0..KINDS.len(),
        roles in 0..ROLES.len(),
        extra in 0..EXTRAS.len(),
    ) {
        let mut world = World::default();
        steps.into_iter().for_each(|step| world.take(step));
        world.mend();
        let mut files = world.files();
        let set = load(&files).unwrap();
        let more = if EXTRAS[extra].is_empty() { String::new() } else { format!(", {}", flow(EXTRAS[extra])) };
        let draft = draft("new", &format!("resource: {}, actions: [view], roles: {}{more}", KINDS[kind], ROLES[roles]));
        files.push(draft.clone());
        match (load_beside(&draft, &set), load(&files)) {
            (Ok(beside), Ok(whole)) => {
                let within = whole.policies.iter().find(|policy| policy.name == "new");
                prop_assert_eq!(beside.first(), within);
            }
            (Err(problems), whole) => prop_assert!(whole.is_err(), "{problems}"),
            (Ok(_), Err(problems)) => prop_assert!(false, "{problems}"),
        }
    }
}

const SETTINGS: &str = "scopes: [acme]\nvariables: {isOwner: resource.ownerId == principal.id}\n\
    derivedRoles: [{name: owner, roles: [editor], condition: resource.ownerId == principal.id}]\n\
    schemas: {resources: {document: {properties: {ownerId: {type: string}}, additionalProperties: false}, page: {}, \
    note: {properties: {author: {}}, additionalProperties: false}}}\n\
    policies: [{name: reader, resource: document, actions: [view], roles: [owner]}]\n";

fn set() -> PolicySet {
    load(&[file("set.yaml", SETTINGS)]).unwrap()
}

#[test]
fn it_may_replace_a_policy_and_depends_on_what_the_set_declares() {
    let beside = draft("reader", "resource: document, actions: [edit], roles: [owner], condition: variables.isOwner");
    let policies = load_beside(&beside, &set()).unwrap();
    assert_eq!(policies[0].derived_roles[0].name, "owner");
    let problems =
        load_beside(&draft("a", "resource: page, actions: [a], roles: [b], scope: acm"), &set()).unwrap_err();
    assert!(problems.to_string().contains("did you mean `acme`?"), "{problems}");
}

#[test]
fn a_derived_role_that_its_resource_cannot_have_is_refused() {
    // Alone: with the documents beside it, the condition could be meant.
    let reader = "policies: [{name: reader, resource: note, actions: [view], roles: [owner]}]";
    let problems = load_beside(&file("draft", reader), &set()).unwrap_err();
    assert!(problems.to_string().contains("derived role `owner` cannot be held here: "), "{problems}");
    let other = "policies: [{name: other, resource: note, actions: [view], roles: [owner]}]";
    assert_eq!(load_beside(&file("draft", other), &set()).unwrap().len(), 1);
}

#[test]
fn it_holds_nothing_but_policies() {
    let problems = load_beside(&file("draft", "scopes: [x]\n"), &set()).unwrap_err();
    assert!(problems.to_string().contains("read for its policies"), "{problems}");
    assert!(load_beside(&file("draft", "# nothing\n"), &set()).unwrap().is_empty());
}
