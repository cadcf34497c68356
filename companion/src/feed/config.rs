use std::path::PathBuf;

use crate::net::{Address, TlsFiles};

use super::admission::NodePattern;

/// Where the feed is, who may connect, and who vouches for what is sent.
#[derive(Clone, Debug)]
pub struct FeedConfig {
    /// Where plugin VMs connect. Port 0 takes a free one.
    pub address: Address,
    /// Only who shows a certificate that is trusted may connect.
    pub tls: Option<TlsFiles>,
    /// Only nodes with such an id are admitted; every node if there are none.
    pub admitted: Vec<NodePattern>,
    /// Snapshots are signed.
    pub signing: Option<Signing>,
}

/// With what, and for whom, snapshots are signed.
#[derive(Clone, Debug)]
pub struct Signing {
    /// The file of the private key.
    pub key: PathBuf,
    /// What the plugins are configured with.
    pub audience: String,
}

impl FeedConfig {
    /// Open to whoever reaches the address.
    #[must_use]
    pub fn open(address: Address) -> Self {
        FeedConfig { address, tls: None, admitted: Vec::new(), signing: None }
    }
}
