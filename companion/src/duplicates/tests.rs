use tollgate_policy::source::{SourceFile, load};

use crate::conflicts::Study;
use crate::find::Corpus;

use super::*;

fn found(policies: &str, threshold: Option<f32>) -> Report {
    let text = format!(
        "variables: {{mine: resource.ownerId == principal.id}}
derivedRoles:
  - {{name: owner, roles: [editor], condition: variables.mine}}
policies:
{policies}"
    );
    let set = load(&[SourceFile::new("policies.yaml", text.as_str())]);
    let set = set.unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    let corpus = Corpus::of_set(&set).unwrap();
    find(&corpus, Question { threshold }, &Study::default()).unwrap()
}

fn names(group: &Group) -> Vec<&str> {
    group.members.iter().map(|member| member.name.as_str()).collect()
}

#[test]
fn what_says_the_same_in_another_order_and_other_words_is_the_same() {
    for (one, other) in [
        ("actions: [view, edit], roles: [editor, viewer]", "actions: [edit, view], roles: [viewer, editor]"),
        (
            "actions: [view], roles: [editor], condition: resource.a == 'x' && resource.b",
            "actions: [view], roles: [editor], condition: \"(resource.b) && (resource.a == 'x')\"",
        ),
        (
            "actions: [view], roles: [editor], condition: variables.mine || resource.open",
            "actions: [view], roles: [editor], condition: resource.open || resource.ownerId == principal.id || resource.open",
        ),
        ("actions: [view], roles: [owner, admin]", "actions: [view], roles: [admin, owner]"),
    ] {
        let policies = format!(
            "  - {{name: first, description: Something, resource: document, {one}}}
  - {{name: second-one, description: Words, resource: document, {other}}}
"
        );
        let report = found(&policies, Some(1.0));
        let [group] = report.groups.as_slice() else { panic!("{one} | {other}: {report:?}") };
        assert!(group.exact);
        assert_eq!(names(group), ["first", "second-one"], "{one} | {other}");
    }
}

#[test]
fn what_says_something_else_is_not_the_same() {
    for other in [
        "effect: deny, actions: [view], roles: [editor], condition: resource.a == 'x'",
        "enforcement: shadow, actions: [view], roles: [editor], condition: resource.a == 'x'",
        "actions: [view], roles: [editor], condition: resource.a != 'x'",
        "actions: [view], roles: [viewer], condition: resource.a == 'x'",
        "actions: [view], roles: ['*'], condition: resource.a == 'x'",
        "notBefore: 2026-01-01T00:00:00Z, actions: [view], roles: [editor], condition: resource.a == 'x'",
    ] {
        let policies = format!(
            "  - {{name: first, resource: document, actions: [view], roles: [editor], condition: resource.a == 'x'}}
  - {{name: other, resource: document, {other}}}
"
        );
        let report = found(&policies, Some(0.5));
        let same = report.groups.iter().flat_map(|group| group.members.iter().skip(1)).any(|member| member.same);
        assert!(!same, "{other}: {report:?}");
    }
}

#[test]
fn what_is_near_is_told_with_what_differs_and_whether_evaluation_says_it_is_the_same() {
    let report = found(
        "  - {name: invoice-approval-eu, description: Accountants approve invoices, resource: invoice, actions: [approve], roles: [accountant], condition: resource.amount > 100 && resource.amount < 1000}
  - {name: invoice-approval-us, description: Accountants approve invoices, resource: invoice, actions: [approve], roles: [accountant], condition: resource.amount < 1000 && !(resource.amount <= 100)}
  - {name: invoice-approval-uk, description: Accountants approve invoices, resource: invoice, actions: [approve], roles: [accountant, clerk], condition: resource.amount > 100 && resource.amount < 1000}
  - {name: photo-view, description: Guests look at pictures, resource: photo, actions: [view], roles: [guest]}
",
        Some(0.7),
    );
    let [group] = report.groups.as_slice() else { panic!("{report:?}") };
    assert!(!group.exact);
    assert_eq!(names(group), ["invoice-approval-eu", "invoice-approval-uk", "invoice-approval-us"]);
    let member = |name: &str| group.members.iter().find(|member| member.name == name).unwrap();
    let fields = |name: &str| member(name).differs.iter().map(|differs| differs.field.as_str()).collect::<Vec<_>>();
    assert_eq!((member("invoice-approval-us").same, fields("invoice-approval-us")), (true, vec!["condition"]));
    assert_eq!((member("invoice-approval-uk").same, fields("invoice-approval-uk")), (false, vec!["roles"]));
    assert!(member("invoice-approval-uk").similarity.unwrap() > 0.7);
}

#[test]
fn a_threshold_is_a_cosine() {
    let corpus = Corpus::of_set(&tollgate_policy::set::PolicySet::default()).unwrap();
    for wrong in [-0.1, 1.1, f32::NAN] {
        let error = find(&corpus, Question { threshold: Some(wrong) }, &Study::default()).unwrap_err();
        assert!(matches!(error, FindError::Threshold(_)), "{error}");
    }
    assert_eq!(find(&corpus, Question::default(), &Study::default()).unwrap().groups, []);
}
