//! Search by words: policies by how many of a query's terms they have, and how rare these are (BM25).

mod postings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::term::terms;
use crate::{Hit, PolicyText};
use postings::{Number, Postings};

/// How soon more of the same term counts less.
const SATURATION: f32 = 1.2;
/// How much long texts are held to be no better for what they have more of.
const LENGTH: f32 = 0.75;

/// The words of policies. Changed in place, policy by policy; what it finds depends on the policies alone and not on how
/// they came in.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    numbers: FxHashMap<Arc<str>, Number>,
    /// By number; absent where one was removed.
    policies: Vec<Option<Entry>>,
    free: Vec<Number>,
    terms: FxHashMap<Arc<str>, Postings>,
    /// Of all policies, in terms.
    length: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    name: Arc<str>,
    length: u32,
    /// Each once.
    terms: Box<[Arc<str>]>,
}

impl Keywords {
    /// Adds a policy, in the place of the one that has its name.
    pub fn insert(&mut self, name: &str, text: &PolicyText) {
        self.remove(name);
        let number = self.free.pop().unwrap_or_else(|| {
            self.policies.push(None);
            Number::last(self.policies.len())
        });
        let mut counts: FxHashMap<&str, u16> = FxHashMap::default();
        let mut length: u32 = 0;
        for (term, _) in terms(text.cleaned()) {
            let count = counts.entry(term).or_default();
            *count = count.saturating_add(1);
            length = length.saturating_add(1);
        }
        let mut kept = Vec::with_capacity(counts.len());
        for (term, count) in counts {
            let known = self.terms.get_key_value(term).map(|(known, _)| Arc::clone(known));
            let term = known.unwrap_or_else(|| term.into());
            self.terms.entry(Arc::clone(&term)).or_default().insert(number, count);
            kept.push(term);
        }
        let name: Arc<str> = name.into();
        self.numbers.insert(Arc::clone(&name), number);
        self.length += u64::from(length);
        if let Some(entry) = self.policies.get_mut(number.index()) {
            *entry = Some(Entry { name, length, terms: kept.into() });
        }
    }

    /// Removes a policy; nothing is done if there is none of the name.
    pub fn remove(&mut self, name: &str) {
        let Some(number) = self.numbers.remove(name) else { return };
        let Some(entry) = self.policies.get_mut(number.index()).and_then(Option::take) else { return };
        self.length -= u64::from(entry.length);
        for term in &entry.terms {
            if let Some(postings) = self.terms.get_mut(term) {
                postings.remove(number);
                if postings.is_empty() {
                    self.terms.remove(term);
                }
            }
        }
        self.free.push(number);
    }

    /// How many policies it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The `most` policies that have the words of a cleaned text, among those that are wanted, best first; by name where scores
    /// are equal. A policy without any of the words is not found. A score is 0 or more, and says something beside others of
    /// the same query only.
    #[must_use]
    pub fn search(&self, cleaned: &str, most: usize, wanted: Option<&(dyn Fn(&str) -> bool + Sync)>) -> Vec<Hit> {
        let mean = self.length as f32 / (self.len().max(1) as f32);
        let mut scores = vec![0.0_f32; self.policies.len()];
        // In the order of the terms: sums depend on the order of their parts.
        let queried: BTreeMap<&str, u16> = terms(cleaned).fold(BTreeMap::new(), |mut counts, (term, _)| {
            let count: &mut u16 = counts.entry(term).or_default();
            *count = count.saturating_add(1);
            counts
        });
        for (term, times) in queried {
            let Some(postings) = self.terms.get(term) else { continue };
            let rarity = self.rarity(postings) * f32::from(times);
            for (number, count) in postings.iter() {
                let Some((score, Some(entry))) = scores.get_mut(number.index()).zip(self.policies.get(number.index()))
                else {
                    continue;
                };
                let length = 1.0 - LENGTH + LENGTH * entry.length as f32 / mean;
                let count = f32::from(count);
                *score += rarity * count * (SATURATION + 1.0) / (count + SATURATION * length);
            }
        }
        self.best(&scores, most, wanted)
    }

    fn best(&self, scores: &[f32], most: usize, wanted: Option<&(dyn Fn(&str) -> bool + Sync)>) -> Vec<Hit> {
        let is_wanted = |name: &Arc<str>| wanted.is_none_or(|wanted| wanted(name));
        let found = scores.iter().zip(&self.policies).filter(|(score, _)| **score > 0.0);
        let mut found: Vec<(f32, &Arc<str>)> =
            found.filter_map(|(score, entry)| Some((*score, &entry.as_ref()?.name))).collect();
        let by_score = |a: &(f32, &Arc<str>), b: &(f32, &Arc<str>)| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1));
        // Most of what is found is not asked for: it need not be in order.
        if wanted.is_none() && found.len() > most && most > 0 {
            found.select_nth_unstable_by(most - 1, by_score);
            found.truncate(most);
        }
        found.sort_unstable_by(by_score);
        let wanted = found.into_iter().filter(|(_, name)| is_wanted(name)).take(most);
        wanted.map(|(score, name)| Hit { name: Arc::clone(name), score }).collect()
    }

    /// The words of a policy's cleaned text that a query's cleaned text has too, as the policy has them, the rarest first.
    #[must_use]
    pub fn shared_terms<'p>(&self, query: &str, policy: &'p str) -> Vec<&'p str> {
        let queried: FxHashSet<&str> = terms(query).map(|(term, _)| term).collect();
        let mut told = FxHashSet::default();
        let shared = terms(policy).filter(|(term, _)| queried.contains(term) && told.insert(*term));
        let mut shared: Vec<(f32, &str)> = shared
            .map(|(term, word)| (self.terms.get(term).map_or(f32::MAX, |postings| self.rarity(postings)), word))
            .collect();
        shared.sort_by(|a, b| b.0.total_cmp(&a.0));
        shared.into_iter().map(|(_, word)| word).collect()
    }

    /// What a term tells: more, the fewer policies have it.
    fn rarity(&self, postings: &Postings) -> f32 {
        let (all, with) = (self.len() as f32, postings.len() as f32);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }
}
