use rustc_hash::FxHashMap;

/// How often something occurs, by its number. What occurs no more is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts(FxHashMap<u32, usize>);

impl Counts {
    /// How many different ones there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn has(&self, number: u32) -> bool {
        self.0.contains_key(&number)
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.0.keys().copied()
    }

    pub(super) fn add(&mut self, number: u32) {
        *self.0.entry(number).or_default() += 1;
    }

    /// Counts others in, then out. Says whether any has come or gone.
    pub(super) fn replace(&mut self, gone: &Counts, new: &Counts) -> bool {
        let mut changed = false;
        for (number, count) in &new.0 {
            let own = self.0.entry(*number).or_default();
            changed |= *own == 0;
            *own += count;
        }
        for (number, count) in &gone.0 {
            if let Some(own) = self.0.get_mut(number) {
                *own = own.saturating_sub(*count);
                if *own == 0 {
                    self.0.remove(number);
                    changed = true;
                }
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_out_as_often_as_in_is_gone() {
        let of = |numbers: &[u32]| {
            let mut counts = Counts::default();
            numbers.iter().for_each(|number| counts.add(*number));
            counts
        };
        let mut counts = of(&[1, 1, 2]);
        assert!(!counts.replace(&of(&[1]), &of(&[2])));
        assert_eq!(counts, of(&[1, 2, 2]));
        assert!(counts.replace(&of(&[1]), &of(&[])));
        assert!(counts.replace(&of(&[2, 2]), &of(&[3])));
        assert_eq!(counts, of(&[3]));
        assert!(counts.has(3) && !counts.has(1) && counts.len() == 1);
    }
}
