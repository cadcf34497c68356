//! Many strings in one piece of memory, and numbers by the strings that they are of.

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

    /// Takes the memory for this many, of so many bytes in all.
    pub(crate) fn reserve(&mut self, count: usize, bytes: usize) {
        self.starts.reserve_exact(count);
        self.text.reserve_exact(bytes);
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

    /// Takes back those from a number on.
    pub(crate) fn truncate(&mut self, count: usize) {
        if let Some(start) = self.starts.get(count) {
            self.text.truncate(*start as usize);
            self.starts.truncate(count);
        }
    }

    /// Bytes of all of them.
    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.starts.shrink_to_fit();
    }
}

/// Numbers of strings, of text or of bytes, that are kept elsewhere, found by what they say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers(HashTable<u32>);

impl Numbers {
    /// The number of a text; `of` tells which text a number is of.
    pub(crate) fn find<'t, T: AsRef<[u8]> + ?Sized + 't>(&self, text: &T, of: impl Fn(u32) -> &'t T) -> Option<u32> {
        let text = text.as_ref();
        self.0.find(hash(text), |number| of(*number).as_ref() == text).copied()
    }

    /// Takes note of a number that [`Self::find`] does not know.
    pub(crate) fn insert<'t, T: AsRef<[u8]> + ?Sized + 't>(&mut self, number: u32, of: impl Fn(u32) -> &'t T) {
        self.place(number, &|number| hash(of(number).as_ref()));
    }

    /// One for all kinds of texts: a table that grows is much code.
    fn place(&mut self, number: u32, hash: &dyn Fn(u32) -> u64) {
        self.0.insert_unique(hash(number), number, |number| hash(*number));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }

    /// Forgets all others.
    pub(crate) fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.0.retain(|number| keep(*number));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Whether two strings are the same. Most are short: two words, which may overlap, tell without a call.
#[inline]
pub(crate) fn same(a: &str, b: &str) -> bool {
    same_bytes(a.as_bytes(), b.as_bytes())
}

/// Whether a string begins with another.
#[inline]
pub(crate) fn starts_with(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|start| same_bytes(start, prefix.as_bytes()))
}

#[inline]
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && match a.len() {
            4..=7 => ends::<4>(a) == ends::<4>(b),
            8..=16 => ends::<8>(a) == ends::<8>(b),
            _ => a == b,
        }
}

#[inline]
fn ends<const N: usize>(bytes: &[u8]) -> Option<[[u8; N]; 2]> {
    Some([*bytes.first_chunk()?, *bytes.last_chunk()?])
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    hasher.finish()
}

/// Snapshots and sources are capped far below 2^32 bytes. Past it, numbers lead to nothing.
fn small(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_the_same_if_every_byte_is() {
        let text = "abcdefghijklmnopqrstuvwxyz";
        for len in 0..text.len() {
            let (own, rest) = text.split_at(len);
            assert!(same(own, &String::from(own)) && starts_with(text, own));
            let longer = String::from(own) + "!";
            assert!(!same(own, &longer) && !starts_with(own, &longer));
            for at in 0..len {
                let mut other = own.to_owned();
                other.replace_range(at..=at, "X");
                assert!(!same(own, &other), "{own} {other}");
                assert!(!starts_with(&(own.to_owned() + rest), &other), "{own} {other}");
            }
        }
    }
}
