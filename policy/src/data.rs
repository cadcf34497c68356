//! Attribute values as they arrive: JSON-like trees of claims, directory entries and resources.

mod json;

use crate::sort::sort_by;
use crate::texts::same;

pub use json::InvalidJson;
#[cfg(test)]
pub(crate) use json::{MAX_DEPTH, MAX_VALUES};

/// An owned attribute value.
///
/// Whole numbers are [`Data::Int`] wherever they come from (JSON writes `3` and `3.0`, Envoy's metadata knows only
/// doubles), so that a decision does not depend on the road a claim took. Beyond ±2^53 a double is kept as it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// JSON null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number past `i64::MAX`.
    UInt(u64),
    /// Any other number.
    Double(f64),
    /// A string.
    String(Box<str>),
    /// A list.
    List(Box<[Data]>),
    /// An object.
    Map(Fields),
}

impl Data {
    /// A number that arrived as a double: whole ones become [`Data::Int`].
    #[must_use]
    pub fn from_double(number: f64) -> Self {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if number.fract() == 0.0 && number.abs() <= EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
            return Data::Int(number as i64);
        }
        Data::Double(number)
    }

    /// About how many bytes it takes besides itself.
    fn heap_bytes(&self) -> usize {
        match self {
            Data::Null | Data::Bool(_) | Data::Int(_) | Data::UInt(_) | Data::Double(_) => 0,
            Data::String(text) => allocated(text.len()),
            Data::List(items) => {
                allocated(size_of_val::<[Data]>(items)) + items.iter().map(Data::heap_bytes).sum::<usize>()
            }
            Data::Map(fields) => fields.heap_bytes(),
        }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Data::String(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        Data::String(text.into())
    }
}

/// The members of an object: unique names, kept sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(Box<[(Box<str>, Data)]>);

/// What an allocation of this many bytes takes, about.
pub(crate) fn allocated(bytes: usize) -> usize {
    bytes.saturating_add(16)
}

/// Objects of up to this many members are scanned, larger ones searched.
const SCANNED: usize = 16;

/// The same name twice in one object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("duplicate key `{0}`")]
pub struct DuplicateKey(pub Box<str>);

impl Fields {
    /// Members in any order.
    ///
    /// # Errors
    /// If a name occurs twice.
    pub fn new(mut members: Vec<(Box<str>, Data)>) -> Result<Self, DuplicateKey> {
        sort_by(&mut members, |(a, _), (b, _)| a < b);
        for pair in members.windows(2) {
            if let [(a, _), (b, _)] = pair
                && a == b
            {
                return Err(DuplicateKey(a.clone()));
            }
        }
        Ok(Fields(members.into()))
    }

    /// The member of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Data> {
        // Most objects have few members: lengths, which are looked at first, rule out nearly every name but the right one.
        if self.0.len() <= SCANNED {
            let is_it = |(key, _): &&(Box<str>, Data)| same(key, name);
            return self.0.iter().find(is_it).map(|(_, value)| value);
        }
        let index = self.0.binary_search_by(|(key, _)| (**key).cmp(name)).ok()?;
        self.0.get(index).map(|(_, value)| value)
    }

    /// All members, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Data)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// The members as a slice, sorted by name.
    #[must_use]
    pub fn as_slice(&self) -> &[(Box<str>, Data)] {
        &self.0
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// About how many bytes they take.
    pub(crate) fn heap_bytes(&self) -> usize {
        let members = self.0.iter().map(|(name, value)| allocated(name.len()) + value.heap_bytes());
        allocated(size_of_val::<[_]>(&self.0)) + members.sum::<usize>()
    }

    /// These members, and those of `other` whose names are not here.
    #[must_use]
    pub fn filled_from(&self, other: &Fields) -> Fields {
        let missing = other.0.iter().filter(|(name, _)| self.get(name).is_none());
        let mut members: Vec<_> = self.0.iter().chain(missing).cloned().collect();
        sort_by(&mut members, |(a, _), (b, _)| a < b);
        Fields(members.into())
    }
}
