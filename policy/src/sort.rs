//! Sorting off the way of decisions, where it is the plugin's size that counts: each type that the standard library
//! sorts brings several kilobytes of code.

/// Sorts in place, with O(n log n) comparisons whatever is given; what is equal ends in no particular order.
pub(crate) fn sort_by<T>(items: &mut [T], is_less: impl Fn(&T, &T) -> bool) {
    // Machines write most lists in order.
    if items.is_sorted_by(|a, b| !is_less(b, a)) {
        return;
    }
    for root in (0..items.len() / 2).rev() {
        sift_down(items, root, &is_less);
    }
    for end in (1..items.len()).rev() {
        items.swap(0, end);
        sift_down(items.get_mut(..end).unwrap_or_default(), 0, &is_less);
    }
}

/// Restores the heap below a root that may be too small for its place.
fn sift_down<T>(heap: &mut [T], mut root: usize, is_less: &impl Fn(&T, &T) -> bool) {
    loop {
        let mut child = 2 * root + 1;
        let Some(left) = heap.get(child) else { return };
        child += usize::from(heap.get(child + 1).is_some_and(|right| is_less(left, right)));
        match (heap.get(root), heap.get(child)) {
            (Some(parent), Some(larger)) if is_less(parent, larger) => heap.swap(root, child),
            _ => return,
        }
        root = child;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_order_is_that_of_the_standard_library(mut items: Vec<u8>) {
            let mut expected = items.clone();
            expected.sort_unstable();
            sort_by(&mut items, |a, b| a < b);
            prop_assert_eq!(items, expected);
        }
    }
}
