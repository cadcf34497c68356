use serde::{Deserialize, Serialize};

/// How near two vectors are at least whose policies are told to be nearly the same: the cosine.
const THRESHOLD: f32 = 0.85;

/// Which policies are told to be near.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) threshold: Option<f32>,
}

/// A question that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("a threshold is a cosine from 0 to 1, not {0}")]
pub(crate) struct NoThreshold(f32);

impl Question {
    pub(super) fn threshold(self) -> Result<f32, NoThreshold> {
        let threshold = self.threshold.unwrap_or(THRESHOLD);
        if (0.0..=1.0).contains(&threshold) { Ok(threshold) } else { Err(NoThreshold(threshold)) }
    }
}
