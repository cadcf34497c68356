use std::fmt;

/// A median over rounds with the quartiles around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    low: f64,
    pub(crate) median: f64,
    high: f64,
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let at = |share| percentile(&values, share);
        Spread { low: at(0.25), median: at(0.5), high: at(0.75) }
    }

    /// Between the quartiles.
    pub(crate) fn width(&self) -> f64 {
        self.high - self.low
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} [{:.2} {:.2}]", self.median, self.low, self.high)
    }
}

/// Of sorted values, between neighbours; not a number if there are none.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or(f64::NAN);
    let (below, above) = (at(place.floor()), at(place.ceil()));
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_between_neighbours() {
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|share| percentile(&[1.0, 3.0, 7.0], share)), [1.0, 2.0, 3.0, 7.0]);
        assert!(percentile(&[], 0.5).is_nan());
    }
}
