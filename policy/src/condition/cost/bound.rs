use std::collections::BTreeMap;
use std::fmt;

use crate::condition::eval::CONDITION_FUEL;

/// Something whose size is known only when a condition is evaluated. A size counts 1 for each element of a list and
/// each entry of a map, however deep, and 1 for each whole 16 bytes of each string and key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    /// What conditions read, as it is written there: `principal.roles`.
    Of(String),
    /// The variable of a macro around the part that is being looked at.
    Variable(u8),
}

/// Most different products of sizes that are told apart.
const MAX_TERMS: usize = 32;

/// Steps that evaluation takes at most: some, and some for each of certain sizes or of their products, and never more than
/// a condition may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// By the sizes that are multiplied, ascending; the constant is that of none.
    terms: BTreeMap<Vec<Size>, u64>,
}

impl Bound {
    pub(super) fn none() -> Self {
        Bound { terms: BTreeMap::new() }
    }

    pub(super) fn steps(steps: u64) -> Self {
        let mut bound = Bound::none();
        bound.add_term(Vec::new(), steps);
        bound
    }

    /// As much as a condition may take.
    pub(super) fn all() -> Self {
        Bound::steps(u64::from(CONDITION_FUEL))
    }

    pub(super) fn of(size: Size) -> Self {
        Bound { terms: BTreeMap::from([(vec![size], 1)]) }
    }

    fn add_term(&mut self, sizes: Vec<Size>, times: u64) {
        if times > 0 {
            let term = self.terms.entry(sizes).or_default();
            *term = term.saturating_add(times);
        }
        if self.terms.len() > MAX_TERMS {
            *self = Bound::all();
        }
    }

    pub(super) fn plus(mut self, other: &Bound) -> Self {
        for (sizes, times) in &other.terms {
            self.add_term(sizes.clone(), *times);
        }
        self
    }

    pub(super) fn plus_steps(self, steps: u64) -> Self {
        self.plus(&Bound::steps(steps))
    }

    pub(super) fn times(&self, other: &Bound) -> Self {
        let mut product = Bound::none();
        for (a, times_a) in &self.terms {
            for (b, times_b) in &other.terms {
                let mut sizes: Vec<Size> = a.iter().chain(b).cloned().collect();
                sizes.sort();
                product.add_term(sizes, times_a.saturating_mul(*times_b));
            }
        }
        product
    }

    pub(super) fn times_steps(&self, times: u64) -> Self {
        self.times(&Bound::steps(times))
    }

    /// At least either.
    pub(super) fn or(mut self, other: &Bound) -> Self {
        for (sizes, times) in &other.terms {
            let term = self.terms.entry(sizes.clone()).or_default();
            *term = (*term).max(*times);
        }
        if self.terms.len() > MAX_TERMS { Bound::all() } else { self }
    }

    /// The one that is known, or the simpler one, of two that are both enough.
    pub(super) fn min(&self, other: &Bound) -> Self {
        match (self.constant(), other.constant()) {
            (Some(a), Some(b)) => Bound::steps(a.min(b)),
            (Some(_), None) => self.clone(),
            (None, Some(_)) => other.clone(),
            (None, None) if other.terms.len() < self.terms.len() => other.clone(),
            (None, None) => self.clone(),
        }
    }

    /// The steps, if they depend on no size.
    #[must_use]
    pub fn constant(&self) -> Option<u64> {
        match self.terms.iter().next() {
            None => Some(0),
            Some((sizes, steps)) if sizes.is_empty() && self.terms.len() == 1 => Some(*steps),
            Some(_) => None,
        }
    }

    /// The sum over the elements of a range, where this is the bound for one element in terms of the variables that stand
    /// for it. What all elements' sizes come to, with 1 for each, is the range's size.
    pub(super) fn summed(&self, variables: &[u8], range: &Bound) -> Self {
        let is_own = |size: &Size| matches!(size, Size::Variable(variable) if variables.contains(variable));
        // For each product of other sizes: the most that is taken for 1 of the range's size.
        let mut linear: BTreeMap<Vec<Size>, u64> = BTreeMap::new();
        let mut sum = Bound::none();
        for (sizes, times) in &self.terms {
            let (own, others): (Vec<Size>, Vec<Size>) = sizes.iter().cloned().partition(is_own);
            match own.len() {
                0 | 1 => {
                    let most = linear.entry(others).or_default();
                    *most = (*most).max(*times);
                }
                degree => {
                    let rest = Bound { terms: BTreeMap::from([(others, *times)]) };
                    let power = (1..degree).fold(range.clone(), |power, _| power.times(range));
                    sum = sum.plus(&power.times(&rest));
                }
            }
        }
        sum.plus(&Bound { terms: linear }.times(range))
    }

    /// With a variable's size put in.
    pub(super) fn with(&self, variable: u8, size: &Bound) -> Self {
        let mut bound = Bound::none();
        for (sizes, times) in &self.terms {
            let (own, others): (Vec<Size>, Vec<Size>) =
                sizes.iter().cloned().partition(|size| *size == Size::Variable(variable));
            let rest = Bound { terms: BTreeMap::from([(others, *times)]) };
            bound = bound.plus(&own.iter().fold(rest, |product, _| product.times(size)));
        }
        bound
    }

    /// The steps for certain sizes.
    #[must_use]
    pub fn at(&self, size: &dyn Fn(&Size) -> u64) -> u64 {
        let term = |(sizes, times): (&Vec<Size>, &u64)| {
            sizes.iter().fold(*times, |product, of| product.saturating_mul(size(of)))
        };
        let steps = self.terms.iter().map(term).fold(0_u64, u64::saturating_add);
        steps.min(u64::from(CONDITION_FUEL))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Size::Of(name) => f.write_str(name),
            Size::Variable(variable) => write!(f, "variable {variable}"),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let constant = self.terms.get(&Vec::new()).copied().unwrap_or_default();
        if constant >= u64::from(CONDITION_FUEL) {
            return write!(f, "{CONDITION_FUEL}");
        }
        write!(f, "{constant}")?;
        for (sizes, times) in self.terms.iter().filter(|(sizes, _)| !sizes.is_empty()) {
            let sizes: Vec<String> = sizes.iter().map(Size::to_string).collect();
            write!(f, " + {times} for each of {}", sizes.join(" times "))?;
        }
        Ok(())
    }
}
