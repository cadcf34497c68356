//! The filter's configuration, refused as a whole if any of it is not understood.
//!
//! Envoy passes a `StringValue` or `BytesValue` on as it is, which then has to be JSON, and a `Struct` as the encoded
//! protobuf message. Both are read.

mod cluster;
mod forward;
mod members;
mod source;
mod trust;

use tollgate_policy::data::{Data, InvalidJson};

use crate::protobuf;

pub use cluster::{ClusterName, InvalidCluster};
pub use forward::{Fact, Forward, HeaderName, InvalidForward, InvalidHeader};
pub use members::InvalidMember;
use members::members;
pub use source::{FeedConfig, Source, StandaloneConfig};
pub use trust::InvalidTrust;

#[cfg(test)]
mod tests;

/// What an operator sets on the filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where snapshots come from.
    pub source: Source,
    /// Whether a refused client learns the reason and the deciding policy.
    pub explain: bool,
    /// Request headers that tell the upstream what was decided.
    pub forward: Forward,
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum InvalidConfig {
    /// There is none.
    #[error(
        "the filter has no configuration; the least is {{\"feed\": {{\"cluster\": \"<name of the companion's cluster>\"}}}}"
    )]
    Empty,
    /// It is neither a struct nor JSON.
    #[error("the filter's configuration is not valid: {0}")]
    Json(#[from] InvalidJson),
    /// Something in it is missing, unknown, or not of the type it has to be.
    #[error("the filter's configuration is not valid: {0}")]
    Member(#[from] InvalidMember),
    /// The companion's cluster has no name of a cluster.
    #[error("the filter's configuration is not valid: {0}")]
    Cluster(#[from] InvalidCluster),
    /// It does not say where snapshots come from.
    #[error("the filter's configuration is not valid: missing field `feed`, or `standalone` for a snapshot of its own")]
    NoSource,
    /// It names two places.
    #[error("the filter's configuration is not valid: there is `feed` or `standalone`, not both")]
    TwoSources,
    /// The keys cannot be used.
    #[error("the filter's configuration is not valid: {0}")]
    Trust(#[from] InvalidTrust),
    /// A header cannot be set, or not to this.
    #[error("the filter's configuration is not valid: {0}")]
    Forward(#[from] InvalidForward),
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
        let config = match protobuf::struct_fields(bytes) {
            Ok(fields) => Data::Map(fields),
            Err(_) => Data::from_json(bytes)?,
        };
        let names = ["feed", "standalone", "explain", "forward"];
        let [feed, standalone, explain, forward] = members(&config, "the configuration", names)?;
        Ok(Config {
            source: Source::read(feed, standalone)?,
            explain: match explain {
                None => false,
                Some(Data::Bool(explain)) => *explain,
                Some(_) => return Err(InvalidMember::Type("explain", "true or false").into()),
            },
            forward: forward.map(Forward::read).transpose()?.unwrap_or_default(),
        })
    }
}
