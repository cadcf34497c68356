/// Of values in any order, the one that this share of them does not exceed; not a number if there are none.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

pub(crate) fn worst(values: &[f64]) -> f64 {
    percentile(values, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let values = [3.0, 1.0, 2.0, 4.0];
        assert_eq!(
            [0.0, 0.25, 0.5, 0.51, 0.99, 1.0].map(|share| percentile(&values, share)),
            [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]
        );
        assert!(percentile(&[], 0.5).is_nan());
    }
}
