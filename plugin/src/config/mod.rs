//! The filter's configuration, refused as a whole if any of it is not understood.
//!
//! Envoy passes a `StringValue` or `BytesValue` on as it is, which then has to be JSON, and a `Struct` as the encoded
//! protobuf message. Both are read.

mod cluster;
mod forward;
mod json;

use serde::Deserialize;

use crate::protobuf;

pub use cluster::{ClusterName, InvalidCluster};
pub use forward::{Fact, Forward, HeaderName, InvalidHeader};

#[cfg(test)]
mod tests;

/// What an operator sets on the filter.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where snapshots come from.
    pub feed: FeedConfig,
    /// Whether a refused client learns the reason and the deciding policy.
    #[serde(default)]
    pub explain: bool,
    /// Request headers that tell the upstream what was decided.
    #[serde(default)]
    pub forward: Forward,
}

/// Where snapshots come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// The Envoy cluster of the companion.
    pub cluster: ClusterName,
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum InvalidConfig {
    /// There is none.
    #[error(
        "the filter has no configuration; the least is {{\"feed\": {{\"cluster\": \"<name of the companion's cluster>\"}}}}"
    )]
    Empty,
    /// It is neither JSON nor a struct, or not what is expected.
    #[error("the filter's configuration is not valid: {0}")]
    Invalid(serde_json::Error),
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// If it is empty, not readable, has unknown or repeated members, or values out of range.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidConfig> {
        if bytes.is_empty() {
            return Err(InvalidConfig::Empty);
        }
        // No JSON text is an encoded struct.
        match protobuf::struct_fields(bytes) {
            Ok(fields) => serde_json::from_value(json::object(&fields)),
            Err(_) => serde_json::from_slice(bytes),
        }
        .map_err(InvalidConfig::Invalid)
    }
}
