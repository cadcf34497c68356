/// What a policy is called here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(u32);

impl Number {
    /// Of the last of so many, which are one or more.
    pub(super) fn last(count: usize) -> Self {
        Number(u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX))
    }

    pub(super) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// The policies that have a term, ascending, and how often each has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Postings(Vec<(Number, u16)>);

impl Postings {
    pub(super) fn insert(&mut self, number: Number, count: u16) {
        match self.0.last() {
            Some((last, _)) if *last >= number => {
                let at = self.0.partition_point(|(other, _)| *other < number);
                self.0.insert(at, (number, count));
            }
            _ => self.0.push((number, count)),
        }
    }

    pub(super) fn remove(&mut self, number: Number) {
        if let Ok(at) = self.0.binary_search_by_key(&number, |(other, _)| *other) {
            self.0.remove(at);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Number, u16)> {
        self.0.iter().copied()
    }
}
