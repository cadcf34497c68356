use std::net::SocketAddr;

use tollgate_policy::data::Fields;
use tollgate_policy::http::Surroundings;
use tollgate_policy::identity::{Evidence, PeerNames, Presented};
use tollgate_policy::time::Timestamp;

use super::identity::PresentedIdentity;

/// When and where a question is asked from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Circumstances {
    /// Absent: conditions that read the time fail.
    pub(crate) time: Option<Timestamp>,
    pub(crate) source: Option<SocketAddr>,
}

/// What a proxy would know of a request.
#[derive(Debug)]
pub(super) struct Proxy<'a> {
    pub(super) identity: &'a PresentedIdentity,
    pub(super) circumstances: Circumstances,
}

impl Evidence for Proxy<'_> {
    fn jwt_metadata(&self, key: &str) -> Presented<Fields> {
        self.identity.jwt_metadata(key)
    }

    fn jwt_payload(&self, header: &[u8]) -> Presented<Fields> {
        self.identity.jwt_payload(header)
    }

    fn peer(&self) -> Presented<PeerNames> {
        self.identity.peer()
    }
}

impl Surroundings for Proxy<'_> {
    fn time(&self) -> Option<Timestamp> {
        self.circumstances.time
    }

    fn source(&self) -> Option<SocketAddr> {
        self.circumstances.source
    }
}
