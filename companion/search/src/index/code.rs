use pulp::{Arch, Simd, WithSimd};

/// What widths codes are padded to: one machine type each, so that the loops over them have no remainder and a point
/// needs no pointer; each takes its time to compile. The last holds the largest [`crate::Vector`].
const WIDTHS: [usize; 5] = [384, 768, 1536, 3072, 8192];

/// The width for vectors of so many dimensions.
pub(super) fn width(dimensions: usize) -> usize {
    WIDTHS.into_iter().find(|width| *width >= dimensions).unwrap_or(8192)
}

/// A vector in a quarter of the space: each number as the nearest of 255 steps, which divide what lies between the
/// vector's own largest number and its negative.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// Padded with zeroes to a width.
    pub(super) steps: Box<[i8]>,
    /// How large a step is.
    pub(super) scale: f32,
}

impl Code {
    pub(super) fn of(vector: &[f32], width: usize) -> Self {
        let mut steps = vec![0; width].into_boxed_slice();
        let scale = Arch::new().dispatch(Quantise { vector, steps: &mut steps });
        Code { steps, scale }
    }
}

struct Quantise<'v> {
    vector: &'v [f32],
    steps: &'v mut [i8],
}

/// Added to a small number, it leaves the number, rounded, in the lowest bits.
const ROUND: f32 = 12_582_912.0;

impl WithSimd for Quantise<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let mut largest = [0.0_f32; 16];
        let (chunks, rest) = self.vector.as_chunks::<16>();
        for chunk in chunks {
            for (largest, number) in largest.iter_mut().zip(chunk) {
                *largest = largest.max(number.abs());
            }
        }
        let largest = largest.iter().chain(rest).fold(0.0_f32, |largest, number| largest.max(number.abs()));
        if largest == 0.0 {
            return 0.0;
        }
        let inverse = 127.0 / largest;
        for (step, number) in self.steps.iter_mut().zip(self.vector) {
            *step = (number * inverse + ROUND).to_bits() as i8;
        }
        largest / 127.0
    }
}

/// The dot product of a vector and one that is given as the bytes of its numbers, lowest first.
pub(super) fn dot(vector: &[f32], bytes: &[u8]) -> f32 {
    Arch::new().dispatch(Dot { vector, bytes })
}

struct Dot<'v> {
    vector: &'v [f32],
    bytes: &'v [u8],
}

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let (numbers, bytes) = (self.vector.as_chunks::<32>(), self.bytes.as_chunks::<128>());
        let mut sums = [0.0_f32; 32];
        for (numbers, bytes) in numbers.0.iter().zip(bytes.0) {
            for ((sum, number), bytes) in sums.iter_mut().zip(numbers).zip(bytes.as_chunks::<4>().0) {
                *sum += number * f32::from_le_bytes(*bytes);
            }
        }
        let rest = numbers.1.iter().zip(bytes.1.as_chunks::<4>().0);
        sums.iter().sum::<f32>() + rest.map(|(number, bytes)| number * f32::from_le_bytes(*bytes)).sum::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_within_half_a_step_of_its_vector() {
        let mut random = fastrand::Rng::with_seed(1);
        for dimensions in [1, 15, 16, 17, 384, 385, 8192] {
            let vector: Vec<f32> = (0..dimensions).map(|_| random.f32() * 2.0 - 1.0).collect();
            let code = Code::of(&vector, width(dimensions));
            assert!(code.steps.len() >= dimensions);
            for (number, step) in vector.iter().zip(&code.steps) {
                assert!((number - f32::from(*step) * code.scale).abs() <= code.scale * 0.5001);
            }
            assert!(code.steps[dimensions..].iter().all(|step| *step == 0));
        }
    }

    #[test]
    fn the_dot_product_with_bytes_is_that_with_numbers() {
        let mut random = fastrand::Rng::with_seed(2);
        for dimensions in [1, 31, 32, 33, 384, 1000] {
            let mut vector = || -> Vec<f32> { (0..dimensions).map(|_| random.f32() - 0.5).collect() };
            let (a, b) = (vector(), vector());
            let bytes: Vec<u8> = b.iter().flat_map(|number| number.to_le_bytes()).collect();
            let expected: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(a * b)).sum();
            assert!((f64::from(dot(&a, &bytes)) - expected).abs() < 1e-4);
        }
    }
}
