//! Until the search crate has them: texts, the lexical embedder and keywords, with the same signatures.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::sync::Arc;

use tollgate_policy::digest::Digest;
use tollgate_policy::set::{Names, Policy};
use tollgate_search::{EmbedError, Embedder, Hit, Model, ModelVersion, Purpose, TextHash, Vector};

#[derive(Clone, Debug)]
pub(crate) struct PolicyText {
    written: String,
    cleaned: String,
}

impl PolicyText {
    pub(crate) fn of(policy: &Policy) -> Self {
        let names = |names: &Names| match names {
            Names::Any => "any".to_owned(),
            Names::Of(names) => names.join(", "),
        };
        let condition = policy.condition.as_ref().map(|condition| condition.text.clone()).unwrap_or_default();
        let derived = policy.derived_roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", ");
        let written = format!(
            "Policy: {}. Description: {}. Resources: {}. Actions: {}. Roles: {}, {derived}. Conditions: {condition}.",
            policy.name,
            policy.description,
            names(&policy.kinds),
            names(&policy.actions),
            names(&policy.roles),
        );
        let cleaned = clean(&written);
        PolicyText { written, cleaned }
    }

    pub(crate) fn as_written(&self) -> &str {
        &self.written
    }

    pub(crate) fn cleaned(&self) -> &str {
        &self.cleaned
    }

    pub(crate) fn hash(&self) -> TextHash {
        TextHash::of(&self.cleaned)
    }
}

pub(crate) fn clean(text: &str) -> String {
    let mut spaced = String::new();
    for c in text.chars() {
        match c {
            c if c.is_uppercase() => {
                spaced.push(' ');
                spaced.extend(c.to_lowercase());
            }
            c if c.is_alphabetic() => spaced.push(c),
            _ => spaced.push(' '),
        }
    }
    let boilerplate = ["policy", "description", "resources", "actions", "roles", "conditions", "any"];
    spaced.split_whitespace().filter(|word| !boilerplate.contains(word)).collect::<Vec<_>>().join(" ")
}

#[derive(Debug)]
pub(crate) struct Lexical(Model);

impl Lexical {
    pub(crate) fn new(version: ModelVersion, dimensions: NonZeroU16) -> Self {
        Lexical(Model { version, fingerprint: Digest([7; 32]), dimensions })
    }
}

impl Embedder for Lexical {
    fn model(&self) -> &Model {
        &self.0
    }

    fn embed(&self, texts: &[&str], _: Purpose) -> Result<Vec<Vector>, EmbedError> {
        let embed = |text: &&str| {
            let mut numbers = vec![0.0; usize::from(self.0.dimensions.get())];
            for word in text.split_whitespace() {
                let hash = TextHash::of(word).0;
                let place = usize::from(u16::from_le_bytes([hash[0], hash[1]])) % numbers.len();
                if let Some(number) = numbers.get_mut(place) {
                    *number += if hash[2] % 2 == 0 { 1.0 } else { -1.0 };
                }
            }
            if let Some(first) = numbers.first_mut() {
                *first += 1e-3;
            }
            Vector::normalised(numbers).map_err(|error| EmbedError::Never { reason: error.to_string() })
        };
        texts.iter().map(embed).collect()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Keywords(BTreeMap<Arc<str>, BTreeSet<String>>);

impl Keywords {
    pub(crate) fn insert(&mut self, name: &str, text: &PolicyText) {
        self.0.insert(name.into(), words(text.cleaned()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    pub(crate) fn search(&self, text: &str, most: usize, wanted: Option<&(dyn Fn(&str) -> bool + Sync)>) -> Vec<Hit> {
        let asked = words(text);
        let score = |words: &BTreeSet<String>| words.intersection(&asked).count() as f32;
        let wanted = self.0.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted(name)));
        let hits = wanted.map(|(name, words)| Hit { name: Arc::clone(name), score: score(words) });
        let mut hits: Vec<Hit> = hits.filter(|hit| hit.score > 0.0).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(most);
        hits
    }

    pub(crate) fn shared_terms(&self, a: &str, b: &str) -> Vec<String> {
        words(a).intersection(&words(b)).cloned().collect()
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ranking {
    Vector,
    Keyword,
    #[default]
    Hybrid,
}

pub(crate) fn fuse(rankings: &[&[Hit]], most: usize) -> Vec<Hit> {
    let mut scores: BTreeMap<Arc<str>, f32> = BTreeMap::new();
    for ranking in rankings {
        for (place, hit) in ranking.iter().enumerate() {
            *scores.entry(Arc::clone(&hit.name)).or_default() += 1.0 / (60.0 + place as f32 + 1.0);
        }
    }
    let mut hits: Vec<Hit> = scores.into_iter().map(|(name, score)| Hit { name, score }).collect();
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    hits.truncate(most);
    hits
}

impl std::fmt::Display for Ranking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Ranking::Vector => "vector",
            Ranking::Keyword => "keyword",
            Ranking::Hybrid => "hybrid",
        })
    }
}
