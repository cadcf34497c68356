//! What policy search finds on the labelled set in `quality/`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests stop at their own mistakes")]

mod score;
mod set;

use std::collections::BTreeSet;

use score::Searched;
use set::LabelledSet;
use tollgate_search::{Lexical, Ranking};

/// How much less than was measured is still taken for the same.
const MARGIN: f64 = 0.03;

#[test]
fn the_set_is_large_and_its_labels_name_its_policies() {
    let set = LabelledSet::read();
    assert_eq!(set.policies.len(), 1000);
    assert!(set.questions.len() >= 200, "{}", set.questions.len());
    for question in &set.questions {
        let relevant: BTreeSet<&String> = question.relevant.iter().collect();
        assert!((1..=10).contains(&relevant.len()) && relevant.len() == question.relevant.len(), "{}", question.text);
        assert!(relevant.iter().all(|name| set.policies.contains_key(*name)), "{}", question.text);
        assert!(question.policy.as_ref().is_none_or(|policy| !relevant.contains(policy)), "{}", question.text);
        assert!(!question.text.is_empty());
    }
}

#[test]
fn the_lexical_embedder_finds_what_it_did_when_it_was_measured() {
    let set = LabelledSet::read();
    let searched = Searched::new(&set, &Lexical::default());
    for (ranking, recall, reciprocal_rank) in
        [(Ranking::Vector, 0.39, 0.43), (Ranking::Keyword, 0.40, 0.43), (Ranking::Hybrid, 0.41, 0.43)]
    {
        let scores = searched.scores(ranking);
        let all = scores["all"];
        assert!(all.recall() > recall - MARGIN, "{ranking:?}: {scores:?}");
        assert!(all.reciprocal_rank() > reciprocal_rank - MARGIN, "{ranking:?}: {scores:?}");
        assert!(all.questions() == set.questions.len() && scores.len() > 1);
    }
}
