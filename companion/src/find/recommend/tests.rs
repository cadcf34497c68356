use tollgate_policy::source::{Shape, SourceFile, load};

use super::*;

const SET: &str = r#"
scopes: [acme]
derivedRoles:
  - {name: owner, roles: [employee], condition: resource.ownerId == principal.id}
schemas:
  resources:
    purchaseOrder: {properties: {ownerId: {type: string}, amount: {type: integer}, state: {type: string}}, additionalProperties: false}
    expense: {properties: {ownerId: {type: string}, amount: {type: integer}, month: {type: integer}}, additionalProperties: false}
    invoice: {properties: {ownerId: {type: string}, amount: {type: integer}}, additionalProperties: false}
    room: {properties: {floor: {type: integer}}, additionalProperties: false}
policies:
  - {name: purchase-order-owner, description: "Owners see and change their purchase orders.", resource: purchaseOrder, actions: [view, edit], roles: [owner]}
  - {name: expense-owner, description: Owners see and change their expenses, resource: expense, actions: [view, edit], roles: [owner]}
  - {name: expense-approval, resource: expense, actions: ["expense:approve"], roles: [manager], condition: resource.amount < 1000, scope: acme}
  - {name: no-closed-orders, resource: purchaseOrder, actions: [edit], roles: ["*"], effect: deny, condition: resource.state == 'closed'}
  - {name: month-end, resource: expense, actions: [edit], roles: [clerk], notAfter: 2026-12-31T00:00:00Z}
  - {name: room-booking, resource: room, actions: [book], roles: [employee], condition: resource.floor < 3}
  - {name: audit, resource: "*", actions: [view], roles: [auditor]}
"#;

fn corpus() -> Corpus {
    Corpus::of_set(&load(&[SourceFile::new("a.yaml", SET)]).unwrap()).unwrap()
}

fn new(kind: &str, like: &[&str]) -> NewKind {
    NewKind { kind: kind.to_owned(), like: like.iter().map(|kind| (*kind).to_owned()).collect() }
}

/// The set with what is proposed.
fn with(recommendation: &Recommendation) -> Vec<SourceFile> {
    let document = |proposal: &Proposal| SourceFile {
        shape: Shape::Policy(proposal.name.clone()),
        ..SourceFile::new(proposal.name.as_str(), proposal.text.as_str())
    };
    let proposals = recommendation.proposals.iter().map(document);
    proposals.chain([SourceFile::new("a.yaml", SET)]).collect()
}

#[test]
fn policies_of_like_kinds_are_made_over_as_the_loader_takes_them() {
    let recommended = recommend(&corpus(), &new("invoice", &[])).unwrap();
    let like: Vec<&str> = recommended.like.iter().map(|like| like.kind.as_str()).collect();
    assert_eq!(like, ["expense", "purchaseOrder"], "{:?}", recommended.like);
    assert!(recommended.like[0].why[0].contains("amount, ownerId"), "{:?}", recommended.like);
    assert_eq!(recommended.present, ["audit"]);
    assert_eq!(recommended.usual.policies, 5);
    assert_eq!((recommended.usual.actions[0].name.as_str(), recommended.usual.actions[0].policies), ("edit", 4));
    let condition = &recommended.usual.conditions[0];
    assert_eq!(condition.name, "resource.amount < 1000");
    assert!(condition.words.as_ref().unwrap().contains("less than"), "{condition:?}");

    let names: Vec<&str> = recommended.proposals.iter().map(|proposal| proposal.name.as_str()).collect();
    assert_eq!(names, ["invoice-owner", "invoice-approval"]);
    let owner = &recommended.proposals[0];
    assert_eq!(owner.like, ["expense-owner", "purchase-order-owner"]);
    assert!(owner.reason.contains("2 of 2 like kinds"), "{}", owner.reason);
    assert!(owner.text.contains("Owners see and change their invoices"), "{}", owner.text);
    let approval = &recommended.proposals[1];
    assert!(approval.text.contains("invoice:approve") && approval.text.contains("scope: acme"), "{}", approval.text);
    // A condition on what an invoice does not have is not dropped: that would open more.
    let left: Vec<(&str, &str)> =
        recommended.left_out.iter().map(|left| (left.policy.as_str(), left.reason.as_str())).collect();
    assert!(left.iter().any(|(name, reason)| *name == "no-closed-orders" && reason.contains("state")), "{left:?}");
    assert!(left.iter().any(|(name, reason)| *name == "month-end" && reason.contains("for a time")), "{left:?}");

    let set = load(&with(&recommended)).unwrap();
    assert_eq!(set.policies.len(), 9);
    assert!(recommended.notes.is_empty(), "{:?}", recommended.notes);
}

#[test]
fn kinds_can_be_named_and_names_that_are_taken_are_not_given_again() {
    let recommended = recommend(&corpus(), &new("expense", &["purchaseOrder"])).unwrap();
    let names: Vec<&str> = recommended.proposals.iter().map(|proposal| proposal.name.as_str()).collect();
    assert_eq!(names, ["expense-owner-2"]);
    assert_eq!(recommended.present, ["audit", "expense-approval", "expense-owner", "month-end"]);
    load(&with(&recommended)).unwrap();
    let recommended = recommend(&corpus(), &new("meetingRoom", &["room"])).unwrap();
    assert_eq!(recommended.proposals[0].name, "meeting-room-booking");
}

#[test]
fn a_kind_that_nothing_is_like_is_told_so() {
    let recommended = recommend(&corpus(), &new("spaceship", &[])).unwrap();
    assert!(recommended.like.is_empty() && recommended.proposals.is_empty(), "{recommended:?}");
    assert!(recommended.notes[0].contains("no kind is like `spaceship`"), "{:?}", recommended.notes);
    let recommended = recommend(&Corpus::of_set(&PolicySet::default()).unwrap(), &new("spaceship", &[])).unwrap();
    assert_eq!(recommended.notes, ["there are no policies"]);
}

#[test]
fn what_cannot_be_a_kind_is_refused() {
    for (kind, like, expected) in [
        ("", vec![], "empty"),
        ("*", vec![], "every kind"),
        ("doc*", vec![], "patterns"),
        ("a b", vec![], "`a b`"),
        ("\u{1b}[31m", vec![], "kind"),
        ("invoice", vec!["nothing"], "no policy names the kind `nothing`"),
        ("room", vec!["room"], "not like itself"),
        ("invoice", vec!["room"; 21], "at most 20"),
    ] {
        let error = recommend(&corpus(), &new(kind, &like)).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains('\u{1b}'), "{kind}: {error}");
    }
}
