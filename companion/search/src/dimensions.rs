use std::fmt;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::VectorError;

/// Unless said otherwise.
const USUAL: NonZeroU16 = NonZeroU16::new(384).unwrap();

/// How many numbers a vector has: 1 to 8192; 384 unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Dimensions(NonZeroU16);

impl Dimensions {
    /// Most that a vector can have.
    pub const MOST: usize = 8192;

    /// That many.
    ///
    /// # Errors
    /// If no vector can have as many.
    pub fn new(number: usize) -> Result<Self, VectorError> {
        let possible = u16::try_from(number).ok().filter(|_| number <= Self::MOST);
        possible.and_then(NonZeroU16::new).map(Dimensions).ok_or(VectorError::Dimensions(number))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0.get()
    }
}

impl Default for Dimensions {
    fn default() -> Self {
        Dimensions(USUAL)
    }
}

impl TryFrom<u16> for Dimensions {
    type Error = VectorError;

    fn try_from(number: u16) -> Result<Self, VectorError> {
        Dimensions::new(number.into())
    }
}

impl From<Dimensions> for u16 {
    fn from(dimensions: Dimensions) -> Self {
        dimensions.get()
    }
}

impl From<Dimensions> for usize {
    fn from(dimensions: Dimensions) -> Self {
        dimensions.get().into()
    }
}

impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_a_vector_can_have() {
        for good in [1, 384, 8192] {
            assert_eq!(usize::from(Dimensions::new(good).unwrap()), good);
            assert_eq!(serde_json::from_str::<Dimensions>(&good.to_string()).unwrap(), Dimensions::new(good).unwrap());
        }
        for bad in [0, 8193, 60_000, 70_000] {
            assert_eq!(Dimensions::new(bad), Err(VectorError::Dimensions(bad)));
            serde_json::from_str::<Dimensions>(&bad.to_string()).unwrap_err();
        }
        let error = serde_json::from_str::<Dimensions>("60000").unwrap_err().to_string();
        assert!(error.contains("1 to 8192 dimensions, not 60000"), "{error}");
        assert_eq!(Dimensions::default().get(), 384);
    }
}
