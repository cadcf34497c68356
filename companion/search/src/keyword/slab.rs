/// What something is called in a [`Slab`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(u32);

impl Number {
    pub(super) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Things by numbers, which are given out again once they are free.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    things: Vec<Option<T>>,
    free: Vec<Number>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { things: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(super) fn insert(&mut self, thing: T) -> Number {
        let number = self.free.pop().unwrap_or_else(|| {
            self.things.push(None);
            Number(u32::try_from(self.things.len() - 1).unwrap_or(u32::MAX))
        });
        if let Some(place) = self.things.get_mut(number.index()) {
            *place = Some(thing);
        }
        number
    }

    pub(super) fn remove(&mut self, number: Number) -> Option<T> {
        let thing = self.things.get_mut(number.index())?.take()?;
        self.free.push(number);
        Some(thing)
    }

    pub(super) fn get(&self, number: Number) -> Option<&T> {
        self.things.get(number.index())?.as_ref()
    }

    pub(super) fn get_mut(&mut self, number: Number) -> Option<&mut T> {
        self.things.get_mut(number.index())?.as_mut()
    }

    /// By number, with the places of those that were removed.
    pub(super) fn places(&self) -> &[Option<T>] {
        &self.things
    }
}
