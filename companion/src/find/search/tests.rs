use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use tollgate_policy::set::{Effect, Names, Policy, PolicySet};
use tollgate_policy::source::{SourceFile, load};
use tollgate_search::{Entry, PolicyText, Purpose, TextHash};

use crate::embedding::Generation;
use crate::feed::WorkerCounts;
use crate::find::Filters;
use crate::find::outline::EffectName;
use crate::metrics::{Metrics, SearchLevels};

use super::*;

const KINDS: [&str; 5] = ["document", "invoice", "purchaseOrder", "patientRecord", "folder"];
const ACTIONS: [&str; 5] = ["view", "edit", "approve", "share", "invoice:*"];
const ROLES: [&str; 4] = ["editor", "nurse", "accountant", "auditor"];
const SCOPES: [&str; 3] = ["acme", "acme.eu", "globex"];
const WORDS: [&str; 12] = [
    "owners", "change", "draft", "ward", "monthly", "payment", "audit", "night", "shift", "external", "archive",
    "legal",
];

fn names(of: &'static [&'static str]) -> impl Strategy<Value = Names> {
    prop_oneof![
        1 => Just(Names::Any),
        6 => subsequence(of.to_vec(), 1..=3).prop_map(|names| Names::Of(names.into_iter().map(str::to_owned).collect())),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let scope = prop_oneof![2 => Just(None), 1 => select(&SCOPES[..]).prop_map(|scope| Some(scope.to_owned()))];
    let words = subsequence(WORDS.to_vec(), 0..5);
    (names(&KINDS), names(&ACTIONS), names(&ROLES), scope, words, any::<bool>()).prop_map(
        |(kinds, actions, roles, scope, words, is_deny)| Policy {
            kinds,
            actions,
            roles,
            scope,
            description: words.join(" "),
            ..Policy::new("", if is_deny { Effect::Deny } else { Effect::Allow })
        },
    )
}

fn set() -> impl Strategy<Value = PolicySet> {
    proptest::collection::vec(policy(), 0..60).prop_map(|policies| {
        let named = policies.into_iter().enumerate();
        let named = named.map(|(number, policy)| Arc::new(Policy { name: format!("p-{number:03}"), ..policy }));
        PolicySet { policies: named.collect(), ..PolicySet::default() }
    })
}

fn filters() -> impl Strategy<Value = Filters> {
    let maybe = |of: &'static [&'static str]| proptest::option::weighted(0.3, select(of).prop_map(str::to_owned));
    let effect = proptest::option::weighted(0.3, select(&[EffectName::Allow, EffectName::Deny][..]));
    (maybe(&KINDS), maybe(&["view", "approve", "invoice:pay"]), maybe(&ROLES), maybe(&SCOPES), effect)
        .prop_map(|(kind, action, role, scope, effect)| Filters { kind, action, role, scope, effect })
}

/// As somebody would do it who has all the time in the world.
fn passes(filters: &Filters, policy: &Policy) -> bool {
    let is_among = |names: &Names, name: &Option<String>| match (names, name) {
        (_, None) | (Names::Any, _) => true,
        (Names::Of(names), Some(name)) => names.contains(name),
    };
    let action = filters.action.as_deref();
    let is_invoice_action = action.is_some_and(|action| action.starts_with("invoice:"));
    let has_glob = matches!(&policy.actions, Names::Of(names) if names.iter().any(|name| name == "invoice:*"));
    let scope = match (&filters.scope, &policy.scope) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(own)) => own == outer || own.starts_with(&format!("{outer}.")),
    };
    is_among(&policy.kinds, &filters.kind)
        && (is_among(&policy.actions, &filters.action) || is_invoice_action && has_glob)
        && is_among(&policy.roles, &filters.role)
        && scope
        && filters.effect.is_none_or(|effect| effect.as_str() == policy.effect.to_string())
}

/// Every policy that passes, but this one, with the cosine of its text and another.
fn scan(corpus: &Corpus, text: &str, own: Option<&str>, filters: &Filters) -> Vec<(f32, String)> {
    let embedder = corpus.generation().unwrap().embedder.clone().unwrap();
    let embed = |text: &str| embedder.embed(&[text], Purpose::Policy).unwrap().pop().unwrap();
    let query = embed(text);
    let policies = corpus.policies().iter().filter(|policy| passes(filters, policy));
    let others = policies.filter(|policy| Some(policy.name.as_str()) != own);
    let cosine = |policy: &Policy| {
        let vector = embed(PolicyText::of(policy).cleaned());
        vector.as_slice().iter().zip(query.as_slice()).map(|(a, b)| a * b).sum::<f32>()
    };
    let mut scored: Vec<(f32, String)> = others.map(|policy| (cosine(policy), policy.name.clone())).collect();
    scored.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.cmp(other)));
    scored
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn policies_are_found_that_a_look_at_all_finds(
        set in set(),
        filters in filters(),
        number in 0..60_usize,
        k in 1..80_usize,
    ) {
        let corpus = Corpus::of_set(&set).unwrap();
        let name = format!("p-{number:03}");
        let question = Question { policy: Some(name.clone()), k: Some(k), filters, ..Question::default() };
        let Some(policy) = corpus.get(&name) else {
            prop_assert!(matches!(search(&corpus, &question, ""), Err(SearchError::NoPolicy(_))));
            return Ok(());
        };
        let mut expected = scan(&corpus, PolicyText::of(policy).cleaned(), Some(&name), &question.filters);
        expected.truncate(k);
        let question = Question { ranking: Some(Ranking::Vector), ..question };
        let found = search(&corpus, &question, "").unwrap();
        prop_assert_eq!(found.ranking, Ranking::Vector);
        prop_assert_eq!(found.results.len(), expected.len());
        for (similar, (score, _)) in found.results.iter().zip(&expected) {
            // Where scores are equal to the last bits, either may be first.
            prop_assert!((similar.score - score).abs() < 1e-5, "{found:?} {expected:?}");
            prop_assert!((similar.similarity.unwrap() - similar.score).abs() < 1e-5);
            prop_assert!(passes(&question.filters, corpus.get(&similar.name).unwrap()) && similar.name != name);
            prop_assert!(!similar.stale);
        }
    }

    #[test]
    fn the_best_of_each_ranking_that_may_be_found_are_fused(set in set(), filters in filters(), words in subsequence(WORDS.to_vec(), 1..4)) {
        let corpus = Corpus::of_set(&set).unwrap();
        let text = words.join(" ");
        let question = Question { text: Some(text.clone()), k: Some(20), filters, ..Question::default() };
        let by = |ranking, k| Question { ranking: Some(ranking), k: Some(k), ..question.clone() };
        let best = |ranking| search(&corpus, &by(ranking, ranked::FUSED), "").unwrap().results;
        let mut scores: BTreeMap<String, f32> = BTreeMap::new();
        for ranking in [best(Ranking::Vector), best(Ranking::Keyword)] {
            for (place, similar) in ranking.iter().enumerate() {
                prop_assert!(passes(&question.filters, corpus.get(&similar.name).unwrap()));
                *scores.entry(similar.name.clone()).or_default() += 1.0 / (60.0 + place as f32 + 1.0);
            }
        }
        let mut expected: Vec<f32> = scores.into_values().collect();
        expected.sort_by(|a, b| b.total_cmp(a));
        expected.truncate(20);
        let found = search(&corpus, &by(Ranking::Hybrid, 20), "").unwrap();
        prop_assert_eq!(found.results.len(), expected.len());
        for (similar, score) in found.results.iter().zip(expected) {
            prop_assert!((similar.score - score).abs() < 1e-6);
        }
    }
}

const SET: &str = "\
scopes: [acme]
derivedRoles:
  - {name: author, roles: [editor], condition: resource.ownerId == principal.id}
policies:
  - {name: document-authors, description: Authors change their own documents, resource: document, actions: [view, edit], roles: [author], scope: acme}
  - {name: document-readers, description: Everybody reads documents, resource: document, actions: [view], roles: [\"*\"]}
  - {name: invoice-approval, description: Accountants approve invoices, resource: invoice, actions: [approve], roles: [accountant]}
  - {name: no-approval-at-night, resource: invoice, actions: [approve], roles: [\"*\"], effect: deny, condition: request.time.getHours() < 6}
";

fn corpus() -> Corpus {
    Corpus::of_set(&load(&[SourceFile::new("a.yaml", SET)]).unwrap()).unwrap()
}

fn about(text: &str) -> Question {
    Question { text: Some(text.to_owned()), ..Question::default() }
}

#[test]
fn a_result_says_what_it_shares_with_what_was_asked_for() {
    let found = search(&corpus(), &about("who may approve an invoice"), "").unwrap();
    let first = &found.results[0];
    assert_eq!(first.name, "invoice-approval");
    assert!(first.why.terms.iter().any(|term| term.starts_with("invoice")), "{first:?}");
    assert_eq!(
        (&first.why.fields.kinds, &first.why.fields.actions),
        (&vec!["invoice".to_owned()], &vec!["approve".to_owned()])
    );
    assert!(first.why.fields.roles.is_empty() && first.why.fields.effect.is_none());

    let like = Question { policy: Some("invoice-approval".to_owned()), ..Question::default() };
    let found = search(&corpus(), &like, "").unwrap();
    let first = &found.results[0];
    assert_eq!(first.name, "no-approval-at-night");
    assert_eq!(first.why.fields.kinds, ["invoice"]);
    assert_eq!(first.why.fields.effect, None);
    assert_eq!(found.model.as_deref(), Some("v1"));
    assert!(found.notes.is_empty() && found.generation.is_none());
}

#[test]
fn a_draft_is_compared_without_being_in_the_set() {
    let draft = |text: &str| Question { draft: Some(text.to_owned()), ..Question::default() };
    let fields = "resource: document\nactions: [view]\nroles: [author]\nscope: acme\n";
    let found = search(&corpus(), &draft(fields), "new.yaml").unwrap();
    assert_eq!(found.results.len(), 4);
    let authors = found.results.iter().find(|similar| similar.name == "document-authors").unwrap();
    assert_eq!(
        (authors.why.fields.scope.as_deref(), authors.why.fields.effect),
        (Some("acme"), Some(EffectName::Allow))
    );
    // A policy of the set that it would replace is not like it but it.
    let named = search(&corpus(), &draft(&format!("name: document-authors\n{fields}")), "new.yaml").unwrap();
    assert!(named.results.iter().all(|similar| similar.name != "document-authors"));
    let error = search(&corpus(), &draft("resource: document\nactoins: [view]"), "new.yaml").unwrap_err();
    let SearchError::Draft(problems) = error else { panic!("{error}") };
    assert!(problems.to_string().contains("new.yaml:2:1: "), "{problems}");
}

#[test]
fn policies_are_ranked_by_what_suits_the_kind_of_embedder() {
    let like = Question { policy: Some("invoice-approval".to_owned()), ..Question::default() };
    let ranking = |change: &dyn Fn(&mut Generation)| {
        search(&corpus().with_generation(|generation| change(generation)), &like, "").unwrap().ranking
    };
    // Of an older program, whose lexical embedder made other vectors.
    assert_eq!(ranking(&|generation| generation.model.fingerprint.0[0] ^= 1), Ranking::OF_LEXICAL);
    assert_eq!(ranking(&|generation| generation.kind = Some("http")), Ranking::OF_MODELS);
    assert_eq!(ranking(&|generation| generation.kind = None), Ranking::OF_MODELS);
}

#[test]
fn results_are_counted_as_they_are_answered() {
    let metrics = Arc::new(Metrics::new(None));
    let corpus = corpus().counting(&metrics);
    for k in [1, 1, 2] {
        search(&corpus, &Question { k: Some(k), ..about("approve invoices") }, "").unwrap();
    }
    let text = metrics.scrape(WorkerCounts::default(), SearchLevels::default()).unwrap();
    assert!(text.contains("authz_vector_search_results_sum 4.0\n"), "{text}");
    assert!(text.contains("authz_vector_search_results_bucket{le=\"1000.0\"} 3\n"), "{text}");
}

#[test]
fn whatever_the_index_lacks_there_is_an_answer_that_says_so() {
    let text = about("approve invoices");
    let like = Question { policy: Some("invoice-approval".to_owned()), ..Question::default() };
    let by_words = Question { ranking: Some(Ranking::Keyword), ..text.clone() };
    let found = search(&corpus(), &by_words, "").unwrap();
    assert_eq!((found.ranking, found.model, found.notes.len()), (Ranking::Keyword, None, 0));
    let without_embedder = corpus().without_embedder();
    let found = search(&without_embedder, &text, "").unwrap();
    assert_eq!((found.ranking, found.model), (Ranking::Keyword, None));
    assert!(found.notes[0].contains("ranked by keywords alone: the embedder"), "{:?}", found.notes);
    assert_eq!(found.results[0].name, "invoice-approval");
    // A policy has a vector already.
    let found = search(&without_embedder, &like, "").unwrap();
    assert_eq!((found.ranking, found.notes.len()), (Ranking::OF_LEXICAL, 0));

    let found = search(&corpus().without_generation(), &like, "").unwrap();
    assert_eq!(found.ranking, Ranking::Keyword);
    assert!(found.notes.iter().any(|note| note.contains("no index serves yet")), "{:?}", found.notes);
    assert_eq!(found.results[0].name, "no-approval-at-night");
    assert!(!found.results[0].stale && found.results[0].similarity.is_none());

    let nothing = Corpus::of_set(&PolicySet::default()).unwrap();
    let found = search(&nothing, &text, "").unwrap();
    assert!(found.results.is_empty());
    assert_eq!(found.notes[0], "there are no policies");
}

#[test]
fn a_policy_that_the_index_has_an_older_text_of_is_found_and_called_stale() {
    let corpus = corpus();
    let Generation { index, embedder, .. } = corpus.generation().unwrap();
    let vector = embedder.as_ref().unwrap().embed(&["something else"], Purpose::Policy).unwrap().pop().unwrap();
    let text = TextHash::of("something else");
    index.insert(&[Entry { name: "document-readers", text, vector: &vector }]).unwrap();
    let found = search(&corpus, &about("everybody reads documents"), "").unwrap();
    let stale: Vec<_> = found.results.iter().filter(|similar| similar.stale).map(|similar| &similar.name).collect();
    assert_eq!(stale, ["document-readers"]);
    // What is asked for is taken as it is now.
    let like = Question { policy: Some("document-readers".to_owned()), ..Question::default() };
    let found = search(&corpus, &like, "").unwrap();
    assert_eq!(found.results[0].name, "document-authors");
    index.remove(&["document-readers"]).unwrap();
    assert_eq!(search(&corpus, &like, "").unwrap().results[0].name, "document-authors");
}

#[test]
fn a_policy_that_is_gone_is_not_found_though_the_index_has_it_still() {
    let corpus = corpus();
    let Generation { index, .. } = corpus.generation().unwrap();
    let vector = index.vector_of("invoice-approval").unwrap().unwrap();
    let text = TextHash::of("x");
    let names: Vec<String> = (0..50).map(|number| format!("gone-{number}")).collect();
    let gone: Vec<_> = names.iter().map(|name| Entry { name, text, vector: &vector }).collect();
    index.insert(&gone).unwrap();
    let question = Question { policy: Some("invoice-approval".to_owned()), k: Some(3), ..Question::default() };
    let question = Question { ranking: Some(Ranking::Vector), ..question };
    let found = search(&corpus, &question, "").unwrap();
    assert_eq!(found.results.len(), 3);
    assert!(found.results.iter().all(|similar| !similar.name.starts_with("gone")));
}

#[test]
fn hostile_questions_are_refused_or_answered() {
    let corpus = corpus();
    for text in ["\u{1b}[31mred", "\u{202e}", "💥", "a\u{0}b", "42", "---", &"word ".repeat(1600)] {
        search(&corpus, &about(text), "").unwrap();
    }
    let nothing = search(&corpus, &about("who is the 42?"), "").unwrap();
    assert!(nothing.results.is_empty() && nothing.notes[0].contains("no words"), "{:?}", nothing.notes);
    let unknown = Question { policy: Some("\u{1b}[31m".repeat(1000)), ..Question::default() };
    let error = search(&corpus, &unknown, "").unwrap_err().to_string();
    assert!(error.len() < 400 && !error.contains('\u{1b}'), "{error}");
    let none = Question { filters: Filters { kind: Some("spaceship".to_owned()), ..Filters::default() }, ..about("x") };
    let found = search(&corpus, &none, "").unwrap();
    assert!(found.results.is_empty() && found.notes.contains(&"no policy passes the filters".to_owned()));
}
