use crate::engine::Slot;
use crate::related::PolicyKey;
use crate::texts::Texts;

use super::bucket;

/// Where policies' names stand, by bucket.
#[derive(Debug, Default)]
pub(super) struct Names {
    buckets: Vec<Bucket>,
    policies: usize,
}

/// The names of a bucket's policies, one after the other among all names.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    pub(super) first: u32,
    pub(super) policies: u32,
}

impl Names {
    /// Makes room for so many buckets.
    pub(super) fn resize(&mut self, buckets: usize) {
        for gone in buckets..self.buckets.len() {
            self.set(gone, Bucket::default());
        }
        self.buckets.resize(buckets, Bucket::default());
    }

    pub(super) fn set(&mut self, at: usize, bucket: Bucket) {
        if let Some(place) = self.buckets.get_mut(at) {
            self.policies = self.policies - place.policies as usize + bucket.policies as usize;
            *place = bucket;
        }
    }

    /// Whether the names of a bucket say what those at a place do.
    pub(super) fn are(&self, at: usize, bucket: Bucket, names: &Texts) -> bool {
        let own = self.buckets.get(at).copied().unwrap_or_default();
        let text = |bucket: Bucket, place| names.get(bucket.first + place);
        own.policies == bucket.policies && (0..own.policies).all(|place| text(own, place) == text(bucket, place))
    }

    /// How many policies there are.
    pub(super) fn len(&self) -> usize {
        self.policies
    }

    pub(super) fn get<'t>(&self, slot: Slot, names: &'t Texts) -> &'t str {
        let bucket = self.buckets.get(slot.bucket()).copied().unwrap_or_default();
        let place = u32::try_from(slot.place()).ok().filter(|place| *place < bucket.policies);
        place.map_or("", |place| names.get(bucket.first + place))
    }

    /// The one name of this key, if no other has it.
    pub(super) fn find<'t>(&self, key: PolicyKey, names: &'t Texts) -> Option<&'t str> {
        let bucket = *self.buckets.get(bucket::place(key.0.into(), self.buckets.len()))?;
        let in_bucket = (bucket.first..bucket.first + bucket.policies).map(|number| names.get(number));
        let mut found = in_bucket.filter(|name| PolicyKey::of(name) == key);
        found.next().filter(|_| found.next().is_none())
    }

    /// All names, in the order of the policies.
    pub(super) fn iter<'t>(&'t self, names: &'t Texts) -> impl ExactSizeIterator<Item = &'t str> {
        let numbers = self.buckets.iter().flat_map(|bucket| bucket.first..bucket.first + bucket.policies);
        Counted { rest: numbers.map(|number| names.get(number)), left: self.policies }
    }
}

/// An iterator whose length is known from elsewhere.
struct Counted<I> {
    rest: I,
    left: usize,
}

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.left = self.left.saturating_sub(1);
        self.rest.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<I: Iterator> ExactSizeIterator for Counted<I> {}
