/// Values that keep their places when others go.
#[derive(Debug)]
pub(super) struct Slab<T> {
    places: Vec<Option<T>>,
    /// Places without a value.
    vacant: Vec<u32>,
}

impl<T> Slab<T> {
    /// Puts a value somewhere and says where.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if let Some(at) = self.vacant.pop()
            && let Some(place) = self.places.get_mut(at as usize)
        {
            *place = Some(value);
            return at;
        }
        self.places.push(Some(value));
        super::word(self.places.len() - 1)
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> Option<&T> {
        self.places.get(at as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.places.get_mut(at as usize)?.as_mut()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.vacant.len()
    }

    pub(super) fn remove(&mut self, at: u32) -> Option<T> {
        let value = self.places.get_mut(at as usize)?.take()?;
        self.vacant.push(at);
        Some(value)
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { places: Vec::new(), vacant: Vec::new() }
    }
}
