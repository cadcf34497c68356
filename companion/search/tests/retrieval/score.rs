//! How much of what should be found is found.

use std::collections::BTreeMap;

use tollgate_search::{Embedder, Entry, Hit, Index, Keywords, Purpose, Ranking, Settings, TextHash, Vector, fuse};

use crate::set::{LabelledSet, Question};

/// How many policies an answer has.
const ANSWER: usize = 10;
/// How many of each ranking are fused.
const FUSED: usize = 30;

/// What was found of what should have been, of all queries of a kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Score {
    questions: usize,
    recall: f64,
    reciprocal_rank: f64,
}

impl Score {
    /// The share of what should be found, as far as there is room for it, that is among the first ten; of all queries the mean.
    pub(crate) fn recall(&self) -> f64 {
        self.recall / self.questions as f64
    }

    /// One by the rank of the first that should be found, 0 if none is among the first ten; of all queries the mean.
    pub(crate) fn reciprocal_rank(&self) -> f64 {
        self.reciprocal_rank / self.questions as f64
    }

    pub(crate) fn questions(&self) -> usize {
        self.questions
    }

    fn add(&mut self, answer: &[Hit], question: &Question) {
        let is_relevant = |hit: &&Hit| question.relevant.iter().any(|name| **name == *hit.name);
        let found = answer.iter().filter(is_relevant).count();
        let first = answer.iter().position(|hit| is_relevant(&hit));
        self.questions += 1;
        self.recall += found as f64 / question.relevant.len().min(ANSWER) as f64;
        self.reciprocal_rank += first.map_or(0.0, |rank| 1.0 / (rank + 1) as f64);
    }
}

/// The policies of the set, to be searched.
pub(crate) struct Searched<'s> {
    set: &'s LabelledSet,
    index: Index,
    keywords: Keywords,
    /// Of the questions.
    queries: Vec<Vector>,
}

impl<'s> Searched<'s> {
    pub(crate) fn new(set: &'s LabelledSet, embedder: &dyn Embedder) -> Self {
        let index = Index::in_memory(embedder.model().clone(), Settings::default());
        let mut keywords = Keywords::default();
        for (name, text) in &set.policies {
            let vector = embedder.embed(&[text.cleaned()], Purpose::Policy).unwrap().remove(0);
            index.insert(&[Entry { name, text: TextHash::of(text.cleaned()), vector: &vector }]).unwrap();
            keywords.insert(name, text);
        }
        let embed = |question: &Question| embedder.embed(&[&question.text], Purpose::Query).unwrap().remove(0);
        let queries = set.questions.iter().map(embed).collect();
        Searched { set, index, keywords, queries }
    }

    /// By kind of query; of all of them under "all".
    pub(crate) fn scores(&self, ranking: Ranking) -> BTreeMap<&'s str, Score> {
        let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
        for (question, query) in self.set.questions.iter().zip(&self.queries) {
            let answer = self.answer(question, query, ranking);
            scores.entry("all").or_default().add(&answer, question);
            scores.entry(&question.kind).or_default().add(&answer, question);
        }
        scores
    }

    fn answer(&self, question: &Question, query: &Vector, ranking: Ranking) -> Vec<Hit> {
        let wanted = |name: &str| question.policy.as_deref() != Some(name);
        let by_vector = |most| self.index.search(query, most, Some(&wanted)).unwrap();
        let by_words = |most| self.keywords.search(&question.text, most, Some(&wanted));
        match ranking {
            Ranking::Vector => by_vector(ANSWER),
            Ranking::Keyword => by_words(ANSWER),
            Ranking::Hybrid => fuse(&[&by_vector(FUSED), &by_words(FUSED)], ANSWER),
        }
    }
}
