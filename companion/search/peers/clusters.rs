//! Vectors in clusters within clusters, as texts about policies have them: each is made of its number alone.

use fastrand::Rng;
use tollgate_search::Vector;

pub(crate) const DIMENSIONS: usize = 384;

/// Of how many vectors a cluster is, from the innermost to the outermost.
const SIZES: [u64; 3] = [20, 1000, 50_000];
/// How far those of a cluster are from its centre.
const SPREADS: [f32; 3] = [0.35, 0.5, 0.7];

/// The vector of a policy.
pub(crate) fn vector(number: u64) -> Vector {
    near(number, number << 8)
}

/// A vector that no policy has, near that of one of so many.
pub(crate) fn query(number: u64, policies: u64) -> Vector {
    near(Rng::with_seed(number ^ 0x0071).u64(..policies), number << 8 | 0xff)
}

fn near(policy: u64, seed: u64) -> Vector {
    let mut numbers = vec![0.0; DIMENSIONS];
    add(&mut numbers, 1.0, (policy / SIZES[2]) << 8 | 3);
    add(&mut numbers, SPREADS[2], (policy / SIZES[1]) << 8 | 2);
    add(&mut numbers, SPREADS[1], (policy / SIZES[0]) << 8 | 1);
    add(&mut numbers, SPREADS[0], seed);
    Vector::normalised(numbers).unwrap()
}

/// Adds something normally distributed, nearly.
fn add(numbers: &mut [f32], length: f32, seed: u64) {
    let mut random = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for number in numbers {
        let sum: u64 = {
            let bits = random.u64(..);
            (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48)
        };
        *number += length * (sum as f32 / 65_536.0 - 2.0);
    }
}
