//! Many strings in one piece of memory.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// Strings, numbered in the order in which they came. Two allocations, however many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    text: String,
    /// Where each one starts; it ends where the next does.
    starts: Vec<u32>,
}

impl Texts {
    /// Adds one and returns its number.
    pub(crate) fn push(&mut self, text: &str) -> u32 {
        let number = small(self.starts.len());
        self.starts.push(small(self.text.len()));
        self.text.push_str(text);
        number
    }

    /// Empty for a number that none has.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> &str {
        let text = match self.starts.get(number as usize..) {
            Some([start, end, ..]) => self.text.get(*start as usize..*end as usize),
            Some([start]) => self.text.get(*start as usize..),
            _ => None,
        };
        text.unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..small(self.len()) as usize).map(|number| self.get(small(number)))
    }

    pub(crate) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.starts.shrink_to_fit();
    }
}

/// Numbers of strings that are kept elsewhere, found by their text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers(HashTable<u32>);

impl Numbers {
    /// The number of this text among `texts`.
    pub(crate) fn find(&self, text: &str, texts: &Texts) -> Option<u32> {
        self.0.find(hash(text), |number| texts.get(*number) == text).copied()
    }

    /// Takes note of a number that [`Self::find`] does not know.
    pub(crate) fn insert(&mut self, number: u32, texts: &Texts) {
        let of = |number: &u32| hash(texts.get(*number));
        self.0.insert_unique(of(&number), number, of);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Snapshots and sources are capped far below 2^32 bytes. Past it, numbers lead to nothing.
fn small(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
