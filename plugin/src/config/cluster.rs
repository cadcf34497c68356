/// The longest name whose length is one byte in the message that [`ClusterName::grpc_service`] writes.
const MAX_LENGTH: usize = 120;

/// Name of an Envoy cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClusterName(String);

/// Not usable as the name of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cluster's name has 1 to {MAX_LENGTH} bytes, not {0}")]
pub struct InvalidCluster(usize);

impl TryFrom<String> for ClusterName {
    type Error = InvalidCluster;

    fn try_from(name: String) -> Result<Self, InvalidCluster> {
        match name.len() {
            1..=MAX_LENGTH => Ok(ClusterName(name)),
            length => Err(InvalidCluster(length)),
        }
    }
}

impl ClusterName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The encoded `envoy.config.core.v3.GrpcService` of this cluster.
    ///
    /// Envoy also takes a bare cluster name, but only after it has tried to read it as this message, and names such as
    /// `envoy` can be read so.
    #[must_use]
    pub fn grpc_service(&self) -> String {
        // Field 1 (`envoy_grpc`) with field 1 (`cluster_name`); lengths of up to 127 are themselves.
        let length = u8::try_from(self.0.len()).unwrap_or_default();
        let outer = char::from(length.saturating_add(2));
        let inner = char::from(length);
        format!("\n{outer}\n{inner}{}", self.0)
    }
}
