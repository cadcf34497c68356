//! Search by words: policies by how many of a query's terms they have, and how rare these are (BM25).

mod postings;
mod slab;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::term::terms;
use crate::{Hit, PolicyText};
use postings::Postings;
use slab::{Number, Slab};

/// How soon more of the same term counts less.
const SATURATION: f32 = 1.2;
/// How much long texts are held to be no better for what they have more of.
const LENGTH: f32 = 0.75;

/// The words of policies. Changed in place, policy by policy; what it finds depends on the policies alone and not on how
/// they came in.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    policies: Slab<Entry>,
    by_name: FxHashMap<Arc<str>, Number>,
    terms: Slab<Postings>,
    by_term: FxHashMap<Arc<str>, Number>,
    /// Of all policies, in terms.
    length: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    name: Arc<str>,
    length: u32,
    /// Each once.
    terms: Box<[Number]>,
}

impl Keywords {
    /// Adds a policy, in the place of the one that has its name.
    pub fn insert(&mut self, name: &str, text: &PolicyText) {
        self.remove(name);
        let name: Arc<str> = name.into();
        let counts = counted(text.cleaned());
        let length = counts.values().map(|count| u32::from(*count)).sum();
        let terms: Vec<(Number, u16)> = counts.into_iter().map(|(term, count)| (self.number(term), count)).collect();
        let numbers = terms.iter().map(|(term, _)| *term).collect();
        let policy = self.policies.insert(Entry { name: Arc::clone(&name), length, terms: numbers });
        for (term, count) in terms {
            if let Some(postings) = self.terms.get_mut(term) {
                postings.insert(policy, count);
            }
        }
        self.by_name.insert(name, policy);
        self.length += u64::from(length);
    }

    /// Removes a policy; nothing is done if there is none of the name.
    pub fn remove(&mut self, name: &str) {
        let Some(policy) = self.by_name.remove(name) else { return };
        let Some(entry) = self.policies.remove(policy) else { return };
        self.length -= u64::from(entry.length);
        for term in entry.terms {
            let Some(postings) = self.terms.get_mut(term) else { continue };
            postings.remove(policy);
            if postings.policies().is_empty()
                && let Some(postings) = self.terms.remove(term)
            {
                self.by_term.remove(&postings.term);
            }
        }
    }

    /// How many policies it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The `most` policies that have words of a cleaned text, among those that are wanted, best first; by name where scores
    /// are equal. A policy without any of the words is not found. Scores are more than 0, and say something beside others of
    /// the same query only.
    #[must_use]
    pub fn search(&self, cleaned: &str, most: usize, wanted: Option<&(dyn Fn(&str) -> bool + Sync)>) -> Vec<Hit> {
        let mean = self.length as f32 / self.len().max(1) as f32;
        let policies = self.policies.places();
        let mut scores = vec![0.0_f32; policies.len()];
        // In the order of the terms: sums depend on the order of their parts.
        for (term, times) in counted(cleaned) {
            let Some(postings) = self.postings(term) else { continue };
            let rarity = self.rarity(postings) * f32::from(times);
            for (policy, count) in postings.policies() {
                let place = scores.get_mut(policy.index()).zip(policies.get(policy.index()));
                let Some((score, Some(entry))) = place else { continue };
                let length = 1.0 - LENGTH + LENGTH * entry.length as f32 / mean;
                let count = f32::from(*count);
                *score += rarity * count * (SATURATION + 1.0) / (count + SATURATION * length);
            }
        }
        self.best(&scores, most, wanted)
    }

    fn best(&self, scores: &[f32], most: usize, wanted: Option<&(dyn Fn(&str) -> bool + Sync)>) -> Vec<Hit> {
        let found = scores.iter().zip(self.policies.places()).filter(|(score, _)| **score > 0.0);
        let mut found: Vec<(f32, &Arc<str>)> =
            found.filter_map(|(score, entry)| Some((*score, &entry.as_ref()?.name))).collect();
        let order = |a: &(f32, &Arc<str>), b: &(f32, &Arc<str>)| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1));
        // Most of what is found is not asked for: it need not be in order.
        if wanted.is_none() && (1..found.len()).contains(&most) {
            found.select_nth_unstable_by(most - 1, order);
            found.truncate(most);
        }
        found.sort_unstable_by(order);
        let wanted = found.into_iter().filter(|(_, name)| wanted.is_none_or(|wanted| wanted(name)));
        wanted.take(most).map(|(score, name)| Hit { name: Arc::clone(name), score }).collect()
    }

    /// The words of a policy's cleaned text that a query's cleaned text has too, as the policy has them, the rarest first.
    #[must_use]
    pub fn shared_terms<'p>(&self, query: &str, policy: &'p str) -> Vec<&'p str> {
        let queried: FxHashSet<&str> = terms(query).map(|(term, _)| term).collect();
        let mut told = FxHashSet::default();
        let shared = terms(policy).filter(|(term, _)| queried.contains(term) && told.insert(*term));
        let rarity = |term| self.postings(term).map_or(f32::MAX, |postings| self.rarity(postings));
        let mut shared: Vec<(f32, &str)> = shared.map(|(term, word)| (rarity(term), word)).collect();
        shared.sort_by(|a, b| b.0.total_cmp(&a.0));
        shared.into_iter().map(|(_, word)| word).collect()
    }

    /// The number of a term, which is new or known.
    fn number(&mut self, term: &str) -> Number {
        if let Some(known) = self.by_term.get(term) {
            return *known;
        }
        let term: Arc<str> = term.into();
        let number = self.terms.insert(Postings::of(Arc::clone(&term)));
        self.by_term.insert(term, number);
        number
    }

    fn postings(&self, term: &str) -> Option<&Postings> {
        self.terms.get(*self.by_term.get(term)?)
    }

    /// What a term tells: more, the fewer policies have it.
    fn rarity(&self, postings: &Postings) -> f32 {
        let (all, with) = (self.len() as f32, postings.policies().len() as f32);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }

    /// How many terms it has.
    #[cfg(test)]
    fn terms(&self) -> usize {
        self.by_term.len()
    }
}

/// The terms of a text, and how often each is in it.
fn counted(cleaned: &str) -> BTreeMap<&str, u16> {
    let mut counts = BTreeMap::new();
    for (term, _) in terms(cleaned) {
        let count: &mut u16 = counts.entry(term).or_default();
        *count = count.saturating_add(1);
    }
    counts
}
