use std::collections::BTreeMap;

use proptest::prelude::*;
use tollgate_policy::set::Effect;
use tollgate_policy::source::{SourceFile, load};

use super::*;

fn policy(name: &str, description: &str) -> Arc<Policy> {
    Arc::new(Policy { description: description.to_owned(), ..Policy::new(name, Effect::Allow) })
}

/// What a reader of the news knows.
type Known = BTreeMap<String, Arc<Policy>>;

fn learn(known: &mut Known, news: News) {
    for policy in news.written {
        known.insert(policy.name.clone(), policy);
    }
    news.removed.iter().for_each(|name| drop(known.remove(name)));
}

fn set_of(policies: &Known) -> PolicySet {
    PolicySet { policies: policies.values().cloned().collect(), ..PolicySet::default() }
}

#[derive(Clone, Debug)]
enum Step {
    Edit { name: u8, to: Option<u8> },
    Replace(BTreeMap<u8, u8>),
    Read,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..8_u8, any::<Option<u8>>()).prop_map(|(name, to)| Step::Edit { name, to }),
        proptest::collection::btree_map(0..8_u8, 0..3_u8, 0..8).prop_map(Step::Replace),
        Just(Step::Read),
    ];
    proptest::collection::vec(step, 0..40)
}

proptest! {
    #[test]
    fn whoever_reads_the_news_knows_what_the_catalogue_has(steps in steps()) {
        let catalogue = Catalogue::default();
        let (mut truth, mut known) = (Known::new(), Known::new());
        for step in steps {
            match step {
                Step::Edit { name, to } => {
                    let name = name.to_string();
                    match to {
                        Some(to) => drop(truth.insert(name.clone(), policy(&name, &to.to_string()))),
                        None => drop(truth.remove(&name)),
                    }
                    catalogue.edit(&name, truth.get(&name).cloned(), None);
                }
                Step::Replace(policies) => {
                    let made = |(name, text): (u8, u8)| (name.to_string(), policy(&name.to_string(), &text.to_string()));
                    truth = policies.into_iter().map(made).collect();
                    catalogue.replace(&set_of(&truth), None);
                }
                Step::Read => learn(&mut known, catalogue.news()),
            }
            prop_assert_eq!(&catalogue.policies(), &set_of(&truth).policies);
        }
        learn(&mut known, catalogue.news());
        prop_assert_eq!(known, truth);
        let rest = catalogue.news();
        prop_assert!(rest.written.is_empty() && rest.removed.is_empty() && rest.since.is_none());
    }
}

#[test]
fn what_did_not_change_is_no_news() {
    let catalogue = Catalogue::default();
    let set = set_of(&["a", "b"].map(|name| (name.to_owned(), policy(name, "as it was"))).into());
    catalogue.replace(&set, None);
    assert_eq!(catalogue.news().written.len(), 2);
    let read_again = set_of(&["a", "b"].map(|name| (name.to_owned(), policy(name, "as it was"))).into());
    catalogue.replace(&read_again, None);
    assert!(catalogue.news().since.is_none());
}

#[test]
fn a_follower_hears_of_a_change_that_makes_no_version() {
    let catalogue = Catalogue::default();
    let mut follower = catalogue.follow();
    catalogue.replace(&PolicySet::default(), None);
    assert!(follower.has_changed().unwrap());
    follower.mark_unchanged();
    catalogue.edit("a", Some(policy("a", "other words")), None);
    assert!(follower.has_changed().unwrap());
    assert_eq!(catalogue.get("a").unwrap().description, "other words");
}

#[test]
fn budgets_are_known_once_something_is_in_force() {
    let catalogue = Catalogue::default();
    assert_eq!(catalogue.surroundings().budgets, None);
    let text = "budgets: {environments: {dev: {limits: [{scope: global, tokens: 5}]}}}";
    let set = load(&[SourceFile::new("a.yaml", text)]).unwrap();
    catalogue.replace(&set, None);
    assert_eq!(catalogue.surroundings().budgets.as_deref(), Some(&set.budgets));
}
