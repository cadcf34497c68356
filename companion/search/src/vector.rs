use crate::Dimensions;

/// How far from 1 the length of a vector may be that counts as unit length.
const TOLERANCE: f32 = 1e-3;

/// A vector of unit length; the dot product of two is the cosine of the angle between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Vector(Box<[f32]>);

/// Numbers that are no vector.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum VectorError {
    /// None, or too many.
    #[error("a vector has 1 to {most} dimensions, not {0}", most = Dimensions::MOST)]
    Dimensions(usize),
    /// Infinite, or not a number.
    #[error("a vector's numbers are finite; number {0} is not")]
    NotFinite(usize),
    /// Its length is nothing: it has no direction.
    #[error("a vector of zeros has no direction")]
    Zero,
    /// Its length is not 1.
    #[error("a vector of length {0} where length 1 is asked for")]
    Length(f32),
}

impl Vector {
    /// Scales numbers to unit length.
    ///
    /// # Errors
    /// If there are none or too many, one is not finite, or all are zero.
    pub fn normalised(mut numbers: Vec<f32>) -> Result<Self, VectorError> {
        let length = length(&numbers)?;
        if length == 0.0 {
            return Err(VectorError::Zero);
        }
        numbers.iter_mut().for_each(|number| *number = (f64::from(*number) / length) as f32);
        Ok(Vector(numbers.into()))
    }

    /// Takes numbers that should have unit length already.
    ///
    /// # Errors
    /// If there are none or too many, one is not finite, or their length is not 1 within a thousandth.
    pub fn unit(numbers: Vec<f32>) -> Result<Self, VectorError> {
        let length = length(&numbers)? as f32;
        match (length - 1.0).abs() <= TOLERANCE {
            true => Ok(Vector(numbers.into())),
            false => Err(VectorError::Length(length)),
        }
    }

    /// Its numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// How many numbers it has.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.0.len()
    }

    /// The cosine of the angle between two vectors of the same model, -1 to 1.
    #[must_use]
    pub fn cosine(&self, other: &Vector) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

/// In double precision: large numbers must not overflow.
fn length(numbers: &[f32]) -> Result<f64, VectorError> {
    Dimensions::new(numbers.len())?;
    if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
        return Err(VectorError::NotFinite(at));
    }
    Ok(numbers.iter().map(|number| f64::from(*number)).map(|number| number * number).sum::<f64>().sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scaled_to_unit_length() {
        assert_eq!(Vector::normalised(vec![3.0, 4.0]).unwrap().as_slice(), [0.6, 0.8]);
        let huge = Vector::normalised(vec![f32::MAX, f32::MAX]).unwrap();
        assert!((huge.cosine(&huge) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_has_no_direction_is_refused() {
        assert_eq!(Vector::normalised(vec![]), Err(VectorError::Dimensions(0)));
        assert_eq!(Vector::normalised(vec![0.0; 3]), Err(VectorError::Zero));
        assert_eq!(Vector::normalised(vec![1.0, f32::NAN]), Err(VectorError::NotFinite(1)));
        assert_eq!(Vector::normalised(vec![1.0; 8193]), Err(VectorError::Dimensions(8193)));
        assert_eq!(Vector::unit(vec![2.0]), Err(VectorError::Length(2.0)));
    }
}
