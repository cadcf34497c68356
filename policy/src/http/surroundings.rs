use std::net::SocketAddr;

use crate::identity::Evidence;
use crate::time::Timestamp;

/// What a proxy knows of a request besides its bytes. Asked only for what the snapshot reads, so implementations fetch on
/// demand.
pub trait Surroundings: Evidence {
    /// The time now; `None` if there is no clock.
    fn time(&self) -> Option<Timestamp>;

    /// The address that the request comes from; `None` if it is unknown, or not one of IP.
    fn source(&self) -> Option<SocketAddr>;
}
