use crate::protobuf::{push_bytes, push_number};

/// Longest name, in bytes.
const MAX_LENGTH: usize = 120;

/// Name of an Envoy cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// The encoded `envoy.config.core.v3.GrpcService` of this cluster, by which Envoy gives a stream up that brings a
    /// message of more than `max_message` bytes, rather than keep what has come of it.
    ///
    /// Envoy also takes a bare cluster name, but only after it has tried to read it as this message, and names such as
    /// `envoy` can be read so.
    #[must_use]
    pub fn grpc_service(&self, max_message: u32) -> Vec<u8> {
        let (mut service, mut envoy, mut limit) = (Vec::new(), Vec::new(), Vec::new());
        // A `UInt32Value`.
        push_number(&mut limit, 1, max_message.into());
        // `EnvoyGrpc.cluster_name` and `.max_receive_message_length`.
        push_bytes(&mut envoy, 1, self.0.as_bytes());
        push_bytes(&mut envoy, 4, &limit);
        // `GrpcService.envoy_grpc`.
        push_bytes(&mut service, 1, &envoy);
        service
    }
}
