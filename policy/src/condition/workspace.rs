use std::fmt::{self, Write as _};

use bumpalo::Bump;

use super::fault::FaultKind;
use super::fuel::Fuel;
use super::value::{List, Map, Value};

/// What operations that build a value work with: an arena, and fuel that bounds both time and memory.
pub(crate) struct Workspace<'a, 'f> {
    pub(super) arena: &'a Bump,
    pub(super) fuel: &'f mut Fuel,
}

impl<'a> Workspace<'a, '_> {
    /// A string from pieces.
    pub(crate) fn string<'p>(&mut self, pieces: impl Iterator<Item = &'p str> + Clone) -> Result<Value<'a>, FaultKind> {
        let len = pieces.clone().map(str::len).sum();
        self.fuel.memory(len)?;
        let mut text = bumpalo::collections::String::with_capacity_in(len, self.arena);
        pieces.for_each(|piece| text.push_str(piece));
        Ok(Value::Str(text.into_bump_str()))
    }

    /// A string from what displays as one.
    pub(crate) fn display(&mut self, shown: impl fmt::Display) -> Result<Value<'a>, FaultKind> {
        let mut draft = self.draft();
        write!(draft, "{shown}")?;
        Ok(Value::Str(draft.finish()))
    }

    /// A growing string.
    pub(crate) fn draft(&mut self) -> Draft<'_, 'a> {
        Draft { text: bumpalo::collections::String::new_in(self.arena), fuel: self.fuel }
    }

    /// Zeroes to be overwritten.
    #[inline(never)]
    pub(crate) fn room(&mut self, len: usize) -> Result<&'a mut [u8], FaultKind> {
        self.fuel.memory(len)?;
        Ok(self.arena.alloc_slice_fill_copy(len, 0))
    }

    /// Bytes from pieces.
    pub(crate) fn bytes<'p>(&mut self, pieces: impl Iterator<Item = &'p [u8]> + Clone) -> Result<Value<'a>, FaultKind> {
        let len = pieces.clone().map(<[u8]>::len).sum();
        self.fuel.memory(len)?;
        let mut bytes = bumpalo::collections::Vec::with_capacity_in(len, self.arena);
        pieces.for_each(|piece| bytes.extend_from_slice(piece));
        Ok(Value::Bytes(bytes.into_bump_slice()))
    }

    /// A growing list.
    pub(crate) fn items(&self) -> bumpalo::collections::Vec<'a, Value<'a>> {
        bumpalo::collections::Vec::new_in(self.arena)
    }

    /// Adds an element to a growing list.
    #[inline(never)]
    pub(crate) fn push(
        &mut self,
        items: &mut bumpalo::collections::Vec<'a, Value<'a>>,
        item: Value<'a>,
    ) -> Result<(), FaultKind> {
        self.fuel.step()?;
        items.push(item);
        Ok(())
    }

    /// A list of these elements.
    pub(crate) fn list(&mut self, items: bumpalo::collections::Vec<'a, Value<'a>>) -> Value<'a> {
        Value::List(List::Built(items.into_bump_slice()))
    }

    /// A map of these entries; keys must be of key types and differ.
    pub(crate) fn map(&mut self, entries: bumpalo::collections::Vec<'a, (Value<'a>, Value<'a>)>) -> Value<'a> {
        Value::Map(Map::Built(entries.into_bump_slice()))
    }

    /// An optional that holds a value.
    #[inline(never)]
    pub(crate) fn some(&mut self, value: Value<'a>) -> Result<Value<'a>, FaultKind> {
        self.fuel.step()?;
        Ok(Value::Optional(Some(self.arena.alloc(value))))
    }
}

/// A string that grows in the arena, and is paid for as it grows.
pub(crate) struct Draft<'w, 'a> {
    text: bumpalo::collections::String<'a>,
    pub(super) fuel: &'w mut Fuel,
}

impl<'a> Draft<'_, 'a> {
    /// Adds to it.
    #[inline(never)]
    pub(crate) fn push(&mut self, piece: &str) -> Result<(), FaultKind> {
        let len = self.text.len();
        let grown = len.saturating_add(piece.len());
        self.fuel.growth(len, grown)?;
        self.text.push_str(piece);
        Ok(())
    }

    /// What was written so far.
    pub(crate) fn as_mut_str(&mut self) -> &mut str {
        self.text.as_mut_str()
    }

    /// Another one in the same arena.
    pub(crate) fn another(&mut self) -> Draft<'_, 'a> {
        Draft { text: bumpalo::collections::String::new_in(self.text.bump()), fuel: self.fuel }
    }

    /// Entries of a map to be put in order: keys as text, places, values.
    pub(crate) fn entries(&self) -> bumpalo::collections::Vec<'a, (&'a str, usize, Value<'a>)> {
        bumpalo::collections::Vec::new_in(self.text.bump())
    }

    /// The string.
    pub(crate) fn finish(self) -> &'a str {
        self.text.into_bump_str()
    }
}

impl fmt::Write for Draft<'_, '_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.push(piece).map_err(|_| fmt::Error)
    }
}

/// A [`Draft`] fails only for want of fuel.
impl From<fmt::Error> for FaultKind {
    fn from(_: fmt::Error) -> Self {
        FaultKind::OutOfFuel
    }
}
