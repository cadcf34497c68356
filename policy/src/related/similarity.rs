use std::fmt;

/// How alike two policies are: the cosine of their vectors in steps of 1/255, above 0. Displays with two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Similarity(u8);

impl Similarity {
    /// Nearest to a cosine. None if that is nearer to 0 than to the first step, or no number.
    #[must_use]
    pub fn of_cosine(cosine: f32) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is out of range saturates")]
        Similarity::new((cosine * 255.0).round() as u8)
    }

    pub(super) fn new(steps: u8) -> Option<Self> {
        (steps > 0).then_some(Similarity(steps))
    }

    #[cfg(feature = "compiler")]
    pub(super) fn steps(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Similarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (u32::from(self.0) * 100 + 127) / 255;
        write!(f, "{}.{:02}", hundredths / 100, hundredths % 100)
    }
}
