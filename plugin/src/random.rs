//! Randomness without a host call per use: the standard library's hasher keys are seeded from WASI's random source.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// 64 random bits, good enough to tell VMs apart; not for secrets.
#[must_use]
pub fn seed() -> u64 {
    RandomState::new().hash_one(0_u64)
}

/// Tells the streams of plugin VMs, and of roots that share one, apart.
#[must_use]
pub fn stream_owner() -> [u8; 16] {
    (u128::from(seed()) << 64 | u128::from(seed())).to_be_bytes()
}

/// A small deterministic generator (xorshift64*), for spreading retries.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Every seed gives its own sequence.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        // Zero is the one state that the generator never leaves.
        Random(seed | 1)
    }

    /// A number below `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        high.checked_rem(bound).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_below_the_bound_and_vary() {
        let mut random = Random::from_seed(0);
        let drawn: Vec<u64> = (0..100).map(|_| random.below(10)).collect();
        assert!(drawn.iter().all(|number| *number < 10));
        assert!((0..10).all(|number| drawn.contains(&number)));
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn two_seeds_differ() {
        assert_ne!(seed(), seed());
        assert_ne!(stream_owner(), stream_owner());
    }
}
