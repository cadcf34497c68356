use crate::sort::sort_by;

use super::Symbol;

/// The roles of who asks, as the index looks at them: with the wildcard among them, unless who asks is anonymous.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldRoles {
    /// Sorted.
    symbols: Box<[Symbol]>,
    /// A bit for each, by the low eight bits of its number.
    filter: [u64; 4],
    /// Whether the filter tells everything about roles of numbers below 256.
    exact: bool,
    /// A bit for each, by the low six bits of its number.
    signature: u64,
}

impl HeldRoles {
    pub(crate) fn new(known: impl Iterator<Item = Symbol>, authenticated: bool) -> Self {
        let mut symbols: Box<[Symbol]> = known.chain(authenticated.then_some(Symbol::WILDCARD)).collect();
        sort_by(&mut symbols, |a, b| a < b);
        let mut filter = [0; 4];
        for symbol in &symbols {
            let (word, bit) = place(*symbol);
            if let Some(word) = filter.get_mut(word) {
                *word |= bit;
            }
        }
        let exact = symbols.last().is_none_or(|last| last.0 < 256);
        HeldRoles { signature: filter.iter().fold(0, |all, word| all | word), symbols, filter, exact }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val::<[Symbol]>(&self.symbols)
    }

    /// Whether this role is among them.
    #[inline]
    pub(super) fn has(&self, role: Symbol) -> bool {
        let (word, bit) = place(role);
        self.filter.get(word).is_some_and(|word| word & bit != 0)
            && (self.exact && role.0 < 256 || self.symbols.binary_search(&role).is_ok())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Symbol> {
        self.symbols.iter().copied()
    }

    /// Shares a bit with [`signature`] of every role that is among them.
    pub(super) fn signature(&self) -> u64 {
        self.signature
    }
}

/// The bit that stands for some roles.
pub(super) fn signature(roles: impl Iterator<Item = Symbol>) -> u64 {
    roles.fold(0, |all, role| all | place(role).1)
}

fn place(role: Symbol) -> (usize, u64) {
    ((role.0 >> 6 & 3) as usize, 1 << (role.0 & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_what_is_held_is_found() {
        for step in [1, 7, 64, 256, 300] {
            let symbols: Vec<Symbol> = (1..40).map(|number| Symbol(number * step)).collect();
            let held = HeldRoles::new(symbols.iter().copied(), false);
            for number in 0..40 * step {
                let role = Symbol(number);
                assert_eq!(held.has(role), symbols.contains(&role), "{step} {number}");
                assert!(!held.has(role) || held.signature() & signature([role].into_iter()) != 0);
            }
        }
    }

    #[test]
    fn the_wildcard_is_held_by_whoever_is_not_anonymous() {
        assert!(HeldRoles::new([].into_iter(), true).has(Symbol::WILDCARD));
        assert!(!HeldRoles::new([].into_iter(), false).has(Symbol::WILDCARD));
    }
}
