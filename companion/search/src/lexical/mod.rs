//! The embedder that needs nothing: a vector of the words of a text, and of the pieces that words are made of.
//!
//! Every term and every piece has a place and a sign, by its hash (feature hashing); texts that share many are near each other.
//! It knows no meaning: two words for one thing are as far apart as any others, unless they share letters.

mod hash;
#[cfg(test)]
mod tests;
mod weight;

use crate::term::terms;
use crate::{Dimensions, EmbedError, Embedder, Model, ModelVersion, Purpose, Vector, fingerprint};
use hash::hash;

/// Another one makes other vectors of the same text.
const LEXICAL_VERSION: u32 = 1;

/// Bytes of a piece of a word.
const PIECE: usize = 4;
/// Longest word that is taken to pieces, in bytes; of a longer one the beginning is.
const LONGEST: usize = 64;

/// Feature hashing of words and their pieces.
#[derive(Clone, Debug)]
pub struct Lexical {
    model: Model,
}

impl Lexical {
    /// The embedder for a model version.
    #[must_use]
    pub fn new(version: ModelVersion, dimensions: Dimensions) -> Self {
        let parts = [&LEXICAL_VERSION.to_le_bytes()[..], &dimensions.get().to_le_bytes()];
        let fingerprint = fingerprint("lexical", &parts);
        Lexical { model: Model { version, fingerprint, dimensions } }
    }

    fn vector(&self, cleaned: &str) -> Result<Vector, EmbedError> {
        let dimensions = self.model.dimensions;
        let mut numbers = vec![0.0_f32; usize::from(dimensions)];
        let mut add = |feature: u64, weight: f32| {
            let (place, sign) = hash::place(feature, dimensions);
            if let Some(number) = numbers.get_mut(place) {
                *number += sign * weight;
            }
        };
        // By hash: the order of words makes no difference, not even of a last bit.
        let mut found: Vec<(u64, &str, &str)> =
            terms(cleaned).map(|(term, word)| (hash(term.as_bytes()), term, word)).collect();
        found.sort_unstable();
        for alike in found.chunk_by(|a, b| a.0 == b.0) {
            let Some((feature, term, word)) = alike.first().copied() else { continue };
            // A root and not a logarithm, which is not the same to the last bit everywhere.
            let weight = (alike.len() as f32).sqrt() * weight::of(term);
            add(feature, weight);
            add_pieces(word, weight, &mut add);
        }
        // No usable word; or, which is possible, each number was counted up as often as down.
        if numbers.iter().all(|number| *number == 0.0) {
            numbers.fill(1.0);
        }
        Vector::normalised(numbers).map_err(|problem| EmbedError::Never { reason: problem.to_string() })
    }
}

impl Default for Lexical {
    fn default() -> Self {
        Lexical::new(ModelVersion::default(), Dimensions::default())
    }
}

/// Runs of letters, with the ends of the word; together they count as much as the word.
fn add_pieces(word: &str, weight: f32, add: &mut impl FnMut(u64, f32)) {
    let mut bounded = [b' '; LONGEST + 2];
    let len = word.len().min(LONGEST);
    for (to, from) in bounded.iter_mut().skip(1).zip(word.bytes().take(len)) {
        *to = from;
    }
    let pieces = || bounded.get(..len + 2).unwrap_or_default().windows(PIECE);
    let count = pieces().count();
    if count == 0 {
        return;
    }
    let weight = weight / (count as f32).sqrt();
    pieces().for_each(|piece| add(hash::of_piece(piece), weight));
}

impl Embedder for Lexical {
    fn model(&self) -> &Model {
        &self.model
    }

    /// Texts are taken to be cleaned. One without a usable word has a vector, too, the same one for all such texts.
    fn embed(&self, texts: &[&str], _purpose: Purpose) -> Result<Vec<Vector>, EmbedError> {
        texts.iter().map(|text| self.vector(text)).collect()
    }
}
