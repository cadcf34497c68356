use proptest::prelude::*;
use tollgate_policy::set::{Effect, Policy};

use super::Keywords;
use crate::PolicyText;

fn text(description: &str) -> PolicyText {
    PolicyText::of(&Policy { description: description.to_owned(), ..Policy::new("p", Effect::Allow) })
}

fn keywords(policies: &[(&str, &str)]) -> Keywords {
    let mut keywords = Keywords::default();
    policies.iter().for_each(|(name, description)| keywords.insert(name, &text(description)));
    keywords
}

fn names(keywords: &Keywords, query: &str) -> Vec<String> {
    keywords.search(query, 10, None).into_iter().map(|hit| hit.name.to_string()).collect()
}

#[test]
fn policies_are_found_by_their_words_the_rarest_first() {
    let keywords = keywords(&[
        ("a", "managers approve invoices"),
        ("b", "managers view documents"),
        ("c", "managers view reports"),
        ("d", "nurses view charts"),
    ]);
    assert_eq!(names(&keywords, "managers approving"), ["a", "b", "c"]);
    assert_eq!(names(&keywords, "view invoice")[0], "a");
    assert!(names(&keywords, "bill").is_empty());
    assert!(names(&keywords, "").is_empty());
}

#[test]
fn equal_policies_stand_by_name() {
    let keywords = keywords(&[("c", "invoices"), ("a", "invoices"), ("b", "invoices")]);
    assert_eq!(names(&keywords, "invoices"), ["a", "b", "c"]);
}

#[test]
fn only_what_is_wanted_is_found() {
    let keywords = keywords(&[("a", "invoices"), ("b", "invoices"), ("c", "invoices")]);
    let found = keywords.search("invoices", 1, Some(&|name| name != "a"));
    assert_eq!(found.iter().map(|hit| &*hit.name).collect::<Vec<_>>(), ["b"]);
    assert!(keywords.search("invoices", 0, None).is_empty());
}

#[test]
fn a_policy_is_replaced_by_one_of_its_name() {
    let mut keywords = keywords(&[("a", "invoices"), ("b", "documents")]);
    keywords.insert("a", &text("charts"));
    assert_eq!(names(&keywords, "charts"), ["a"]);
    assert!(names(&keywords, "invoices").is_empty());
    keywords.remove("a");
    keywords.remove("nobody");
    assert!(names(&keywords, "charts").is_empty());
    assert_eq!(keywords.len(), 1);
}

#[test]
fn shared_words_are_told_as_the_policy_has_them() {
    let keywords = keywords(&[("a", "managers approve invoices"), ("b", "managers view documents")]);
    let shared = keywords.shared_terms("approval manager unheard", "managers approve invoices approver");
    assert_eq!(shared, ["approve", "managers"]);
    assert!(keywords.shared_terms("", "managers").is_empty());
}

const WORDS: [&str; 8] = ["invoice", "approve", "manager", "chart", "nurse", "view", "ledger", "night"];

proptest! {
    #[test]
    fn what_was_changed_finds_what_a_new_one_finds(
        changes in prop::collection::vec((0_usize..6, prop::option::of(prop::collection::vec(0_usize..8, 0..6))), 0..24),
        query in prop::collection::vec(0_usize..8, 1..4),
        most in 0_usize..7,
    ) {
        let said = |words: &[usize]| words.iter().map(|word| WORDS[*word]).collect::<Vec<_>>().join(" ");
        let mut changed = Keywords::default();
        let mut kept: [Option<String>; 6] = Default::default();
        for (policy, words) in changes {
            let name = format!("policy-{policy}");
            kept[policy] = words.as_deref().map(said);
            match &kept[policy] {
                Some(words) => changed.insert(&name, &text(words)),
                None => changed.remove(&name),
            }
        }
        let mut afresh = Keywords::default();
        for (policy, words) in kept.iter().enumerate().rev() {
            if let Some(words) = words {
                afresh.insert(&format!("policy-{policy}"), &text(words));
            }
        }
        prop_assert_eq!(changed.len(), afresh.len());
        prop_assert_eq!(changed.terms(), afresh.terms());
        let wanted = |name: &str| name != "policy-2";
        for wanted in [None, Some(&wanted as &(dyn Fn(&str) -> bool + Sync))] {
            prop_assert_eq!(changed.search(&said(&query), most, wanted), afresh.search(&said(&query), most, wanted));
        }
    }
}
