use std::fmt::Write as _;
use std::sync::Arc;

use tollgate_policy::source::{SourceFile, load};

use crate::find::Corpus;

use super::*;

fn corpus(text: &str) -> Corpus {
    let set = load(&[SourceFile::new("policies.yaml", text)]).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    Corpus::of_set(&set).unwrap()
}

fn found(text: &str, question: &Question) -> Report {
    find(&corpus(text), question, &Study::default()).unwrap()
}

const SET: &str = "
policies:
  - {name: archive-freeze, description: Nothing in the archive changes, effect: deny, resource: document, actions: [edit], roles: ['*'], condition: resource.archived}
  - {name: contractor-ban, description: Contractors do not edit documents, effect: deny, resource: document, actions: [edit], roles: [contractor]}
  - {name: document-edit, description: Editors edit documents, resource: document, actions: [edit, view], roles: [editor]}
  - {name: document-edit-own, description: Editors edit their own, resource: document, actions: [edit], roles: [editor], condition: resource.ownerId == principal.id}
  - {name: open-edit, description: Drafts are edited by authors, resource: document, actions: [edit], roles: [author], condition: '!resource.archived'}
  - {name: trial, effect: deny, enforcement: shadow, resource: document, actions: [edit], roles: [editor]}
";

#[test]
fn pairs_that_share_a_role_and_pairs_that_are_near_are_compared() {
    let report = found(SET, &Question { all: true, ..Question::default() });
    let pairs: Vec<_> =
        report.conflicts.iter().map(|found| (found.pair.allow.as_str(), found.pair.deny.as_str())).collect();
    let expected = [
        ("document-edit", "archive-freeze"),
        ("document-edit-own", "archive-freeze"),
        ("document-edit", "contractor-ban"),
        ("document-edit-own", "contractor-ban"),
        ("open-edit", "contractor-ban"),
    ];
    assert_eq!(pairs, expected);
    // Only vectors propose pairs that have no role in common.
    for found in &report.conflicts {
        assert_eq!(found.pair.proposed.index, found.pair.deny == "archive-freeze", "{found:?}");
        assert_eq!(found.what.joined_roles, found.pair.deny == "contractor-ban", "{found:?}");
    }
    let [disjoint] = report.disjoint.as_slice() else { panic!("{:?}", report.disjoint) };
    assert_eq!((disjoint.pair.allow.as_str(), disjoint.pair.deny.as_str()), ("open-edit", "archive-freeze"));
    let [redundant] = report.redundant.as_slice() else { panic!("{:?}", report.redundant) };
    assert_eq!((redundant.policy.as_str(), redundant.beside.as_str()), ("document-edit-own", "document-edit"));
    assert_eq!((report.left_out.shadow, report.left_out.is_nothing()), (1, true));
    assert_eq!((report.compared.pairs, report.compared.conflicts, report.compared.unknown), (6, 5, 0));
}

#[test]
fn one_policy_is_compared_with_all_others() {
    let question = |name: &str| Question { policy: Some(name.to_owned()), ..Question::default() };
    let report = found(SET, &question("contractor-ban"));
    assert_eq!(report.conflicts.len(), 3);
    let report = found(SET, &question("document-edit"));
    assert_eq!((report.conflicts.len(), report.redundant.len()), (2, 1));
    for name in ["nobody", "trial"] {
        let error = find(&corpus(SET), &question(name), &Study::default()).unwrap_err();
        assert!(matches!(&error, FindError::NoPolicy(no) if no == name), "{error}");
    }
}

#[test]
fn what_is_not_compared_is_told_and_each_deny_has_its_turn() {
    let report = found(SET, &Question { pairs: Some(2), ..Question::default() });
    assert_eq!((report.compared.pairs, report.left_out.pairs), (2, 4));
    let denies: Vec<_> = report.left_out.of.iter().map(|of| (of.policy.as_str(), of.pairs)).collect();
    assert_eq!(denies, [("archive-freeze", 2), ("contractor-ban", 2)]);
    assert!(!report.left_out.is_nothing());
}

#[test]
fn what_nobody_waits_for_ends() {
    let study = Study::default();
    study.cancel();
    let error = find(&corpus(SET), &Question::default(), &study).unwrap_err();
    assert!(matches!(error, FindError::Cancelled(_)), "{error}");
}

#[test]
fn without_vectors_the_index_proposes_alone() {
    let corpus = corpus(SET).without_generation();
    let report = find(&corpus, &Question::default(), &Study::default()).unwrap();
    assert_eq!((report.compared.pairs, report.compared.conflicts), (3, 2));
    assert_eq!(report.model, None);
}

/// Sets of policies that are about much the same in ways of every sort.
#[test]
fn every_pair_with_a_kind_an_action_a_role_a_scope_and_a_time_in_common_is_proposed() {
    let mut seed = 3_u64;
    let mut below = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % bound
    };
    const KINDS: [&str; 4] = ["document", "[document, folder]", "folder", "'*'"];
    const ACTIONS: [&str; 5] = ["[view]", "[edit, 'v*w']", "['*e*']", "['*']", "['*t']"];
    const ROLES: [&str; 6] = ["[editor]", "[viewer, owner]", "['*']", "[guest]", "[anonymous]", "[anonymous, editor]"];
    const SCOPES: [&str; 4] = ["", "scope: acme, ", "scope: acme.eu, ", "scope: globex, "];
    const WINDOWS: [&str; 4] = ["", "", "notBefore: 2026-01-01T00:00:00Z, ", "notAfter: 2026-01-01T00:00:00Z, "];
    let mut text = "scopes: [acme, acme.eu, globex]
derivedRoles:
  - {name: owner, roles: [editor, author], condition: resource.ownerId == principal.id}
  - {name: guest, roles: ['*']}
policies:
"
    .to_owned();
    for number in 0..60 {
        let effect = ["allow", "deny"][below(2)];
        let scope = SCOPES[below(SCOPES.len())];
        let window = WINDOWS[below(WINDOWS.len())];
        let (kind, actions, roles) = (KINDS[below(KINDS.len())], ACTIONS[below(5)], ROLES[below(ROLES.len())]);
        writeln!(
            text,
            "  - {{name: policy-{number:02}, effect: {effect}, {scope}{window}resource: {kind}, actions: {actions}, roles: {roles}}}"
        )
        .unwrap();
    }
    let corpus = corpus(&text);
    let report = find(&corpus, &Question { all: true, ..Question::default() }, &Study::default()).unwrap();
    let listed: Vec<&Pair> = report.conflicts.iter().map(|found| &found.pair).collect();
    let prover =
        Prover::new(Arc::new(crate::catalogue::Surroundings::of(&corpus.set())), Effort::default(), Study::default())
            .unwrap();
    let statements: Vec<Statement> = corpus.policies().iter().cloned().map(Statement::of).collect();
    let mut conflicts = 0;
    for allow in statements.iter().filter(|statement| statement.effect() == tollgate_policy::engine::Effect::Allow) {
        for deny in statements.iter().filter(|statement| statement.effect() == tollgate_policy::engine::Effect::Deny) {
            let is = |pair: &&Pair| pair.allow == allow.policy().name && pair.deny == deny.policy().name;
            if let prover::Verdict::Conflict(conflict) = prover.conflict(allow, deny) {
                conflicts += 1;
                assert!(conflict.joined_roles || listed.iter().any(|pair| is(pair) && pair.proposed.index));
            }
        }
    }
    assert!(conflicts > 50, "{conflicts}");
}
