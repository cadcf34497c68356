use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tollgate_policy::condition::Environment;
use tollgate_policy::set::{Condition, DerivedRole, Effect, Names, Policy};

use super::{PolicyText, clean};
use crate::TextHash;

fn names(names: &[&str]) -> Names {
    Names::Of(names.iter().map(|name| (*name).to_owned()).collect())
}

fn policy() -> Policy {
    Policy {
        description: "Editors can view and edit the documents they own.".to_owned(),
        kinds: names(&["document", "invoiceDraft"]),
        actions: names(&["view", "documents:edit*"]),
        roles: names(&["editor", "team-lead"]),
        condition: Some(
            Condition::lowered(
                "resource.ownerId == principal.id && resource.state in ['draft']",
                &Environment::policy(),
            )
            .unwrap(),
        ),
        ..Policy::new("document-editor-policy", Effect::Allow)
    }
}

#[test]
fn a_policy_is_written_in_one_form() {
    assert_eq!(
        PolicyText::of(&policy()).as_written(),
        "Policy: document-editor-policy. Description: Editors can view and edit the documents they own. Resources: document, \
         invoiceDraft. Actions: view, documents:edit*. Roles: editor, team-lead. Conditions: resource owner id equals principal \
         id and resource state is one of 'draft'."
    );
    let bare =
        Policy { kinds: Names::Any, actions: Names::Any, roles: Names::Any, ..Policy::new("open", Effect::Allow) };
    assert_eq!(
        PolicyText::of(&bare).as_written(),
        "Policy: open. Description: none. Resources: any. Actions: any. Roles: any. Conditions: none."
    );
}

#[test]
fn what_is_embedded_is_what_tells_policies_apart() {
    assert_eq!(
        PolicyText::of(&policy()).cleaned(),
        "document editor editors view edit documents own document invoice draft view documents edit editor team lead owner \
         state draft"
    );
}

#[test]
fn derived_roles_are_roles() {
    let owner =
        DerivedRole { name: "owner".to_owned(), description: String::new(), roles: Names::Any, condition: None };
    let policy = Policy { roles: names(&[]), derived_roles: vec![Arc::new(owner)], ..policy() };
    let text = PolicyText::of(&policy);
    assert!(text.as_written().contains(" Roles: owner. "), "{}", text.as_written());
    assert!(text.cleaned().contains("edit owner owner state"), "{}", text.cleaned());
}

#[test]
fn what_does_not_bear_on_meaning_leaves_the_text_as_it_is() {
    let text = PolicyText::of(&policy());
    let other = Policy { effect: Effect::Deny, labels: BTreeMap::from([("owner".into(), "me".into())]), ..policy() };
    assert_eq!(PolicyText::of(&other), text);
    let other = Policy { description: "Editors CAN view/edit the documents that they own!".to_owned(), ..policy() };
    assert_eq!(TextHash::of(PolicyText::of(&other).cleaned()), TextHash::of(text.cleaned()));
}

#[test]
fn long_lists_are_counted() {
    let many: Vec<String> = (0..200).map(|number| format!("kind-{number}")).collect();
    let text = PolicyText::of(&Policy { kinds: Names::Of(many), ..policy() });
    assert!(text.as_written().contains("kind-63 and 136 more. Actions: "), "{}", text.as_written());
}

#[test]
fn identifiers_are_split_and_ids_and_numbers_dropped() {
    for (text, cleaned) in [
        ("resourceOwnerID http_server-URL", "resource owner http server url"),
        ("team42 u-17 9f8a7c21 550e8400-e29b-41d4-a716-446655440000", "team"),
        ("10 30m 1.5 2fa s3 k8s B2B i18n x", "2fa s3 k8s b2b i18n"),
        ("The policy allows access to all of the documents", "documents"),
        ("", ""),
        ("🔒 – 12", ""),
        ("ÉCOLE İstanbul 文書 straße", "école i\u{307}stanbul 文書 straße"),
    ] {
        assert_eq!(clean(text), cleaned, "{text}");
    }
}

#[test]
fn however_a_letter_with_marks_is_typed_it_is_the_same() {
    for (decomposed, composed) in [
        ("re\u{301}sume\u{301}s of the Cafe\u{301}", "résumés café"),
        ("и\u{306}од", "йод"),
        ("カ\u{3099}イト\u{3099}", "ガイ イド"),
        ("\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}", "한국"),
    ] {
        assert_eq!(clean(decomposed), composed);
        assert_eq!(clean(composed), composed);
    }
}

#[test]
fn scripts_without_spaces_are_cleaned_to_pairs_of_characters() {
    assert_eq!(clean("文書を閲覧できる"), "文書 書を を閲 閲覧 覧で でき きる");
    assert_eq!(clean("PDF文書の閲覧, 閲覧"), "pdf 文書 書の の閲 閲覧 閲覧");
    // Far more than a word may have.
    assert!(clean(&"社内文書".repeat(50)).contains("内文"));
}

#[test]
fn clean_text_is_bounded() {
    assert!(clean(&"wording ".repeat(100_000)).len() <= 8192);
    assert_eq!(clean(&"x".repeat(1000)), "");
}

proptest! {
    #[test]
    fn cleaning_twice_is_cleaning_once(text in ".{0,60}|[A-Za-z0-9_ -]{0,60}|[a-zA-Z0-9_\u{300}-\u{36f}\u{3040}-\u{30ff}\u{4e00}-\u{4eff}\u{1100}-\u{11ff}]{0,40}|[\u{c0}-\u{24f}\u{370}-\u{52f}\u{1d400}-\u{1d7ff}A-z0-9]{0,30}") {
        let once = clean(&text);
        prop_assert_eq!(clean(&once), once.clone());
        prop_assert!(!once.starts_with(' ') && !once.ends_with(' ') && !once.contains("  "));
    }

    #[test]
    fn a_cleaned_policy_is_clean(name in "[a-z]{1,8}(-[a-z0-9]{1,8}){0,3}", description in ".{0,80}") {
        let text = PolicyText::of(&Policy { name, description, ..policy() });
        prop_assert_eq!(clean(text.cleaned()), text.cleaned());
    }
}
