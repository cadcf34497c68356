//! What the proxy knows of a request besides its bytes: who asks, from where and when. Nothing here is taken from a
//! client's word unless a snapshot says so.

mod metadata;
mod payload;
mod peer;

use std::cell::OnceCell;
use std::net::SocketAddr;

use tollgate_policy::data::Fields;
use tollgate_policy::http::Surroundings;
use tollgate_policy::identity::{Evidence, PeerNames, Presented, UnreadClaims};
use tollgate_policy::time::Timestamp;

/// Claims larger than this, in bytes, are refused unread.
const MAX_CLAIMS: usize = 1 << 20;

/// Properties of the request and its connection, as the proxy serialises them.
pub trait Properties {
    /// The property at this path; `None` if the request has no such property.
    ///
    /// # Errors
    /// If the proxy could not produce it: it may well exist.
    fn property(&self, path: &[&str]) -> Result<Option<Vec<u8>>, Unreadable>;
}

/// The proxy's clock.
pub trait Clock {
    /// Nanoseconds since 1970 began (UTC); `None` if the proxy does not say.
    fn nanoseconds(&self) -> Option<u64>;
}

/// A property that the proxy failed to produce, with the status it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proxy answered with status {0}")]
pub struct Unreadable(pub u32);

/// The evidence of one request. Each property is fetched when a snapshot first asks for it, and once.
pub struct RequestEvidence<'a> {
    properties: &'a dyn Properties,
    clock: &'a dyn Clock,
    metadata: OnceCell<Result<Option<Vec<u8>>, Unreadable>>,
    peer: OnceCell<Presented<PeerNames>>,
}

impl<'a> RequestEvidence<'a> {
    /// Evidence from these properties, at the time of this clock.
    #[must_use]
    pub fn new(properties: &'a dyn Properties, clock: &'a dyn Clock) -> Self {
        RequestEvidence { properties, clock, metadata: OnceCell::new(), peer: OnceCell::new() }
    }

    fn metadata(&self) -> &Result<Option<Vec<u8>>, Unreadable> {
        self.metadata.get_or_init(|| self.properties.property(&["metadata"]))
    }
}

impl Evidence for RequestEvidence<'_> {
    fn jwt_metadata(&self, key: &str) -> Presented<Fields> {
        match self.metadata() {
            Ok(None) => Presented::Absent,
            Ok(Some(metadata)) => metadata::claims(metadata, key),
            Err(why) => Presented::Invalid(format!("dynamic metadata cannot be read: {why}")),
        }
    }

    fn unread_jwt_metadata(&self, key: &str) -> Option<UnreadClaims<'_>> {
        metadata::unread(self.metadata().as_ref().ok()?.as_deref()?, key)
    }

    fn jwt_payload(&self, header: &[u8]) -> Presented<Fields> {
        payload::claims(header)
    }

    fn peer(&self) -> Presented<PeerNames> {
        self.peer.get_or_init(|| peer::names(self.properties)).clone()
    }
}

impl Surroundings for RequestEvidence<'_> {
    fn time(&self) -> Option<Timestamp> {
        let nanoseconds = self.clock.nanoseconds()?;
        let seconds = i64::try_from(nanoseconds / NANOSECONDS).ok()?;
        Timestamp::new(seconds, u32::try_from(nanoseconds % NANOSECONDS).ok()?)
    }

    fn source(&self) -> Option<SocketAddr> {
        let address = self.properties.property(&["source", "address"]).ok().flatten()?;
        std::str::from_utf8(&address).ok()?.parse().ok()
    }
}

/// Of a second.
const NANOSECONDS: u64 = 1_000_000_000;

#[cfg(test)]
mod fake {
    use std::cell::RefCell;
    use std::collections::HashMap;

    use super::{Clock, Properties, Unreadable};

    /// A clock that stands still, or is missing.
    pub(super) struct FakeClock(pub(super) Option<u64>);

    impl Clock for FakeClock {
        fn nanoseconds(&self) -> Option<u64> {
            self.0
        }
    }

    /// Properties from a table; remembers what was asked for.
    #[derive(Default)]
    pub(super) struct FakeProperties {
        pub(super) known: HashMap<String, Result<Vec<u8>, Unreadable>>,
        pub(super) asked: RefCell<Vec<String>>,
    }

    impl FakeProperties {
        pub(super) fn with(mut self, path: &str, value: impl Into<Vec<u8>>) -> Self {
            self.known.insert(path.to_owned(), Ok(value.into()));
            self
        }

        pub(super) fn failing(mut self, path: &str) -> Self {
            self.known.insert(path.to_owned(), Err(Unreadable(10)));
            self
        }
    }

    impl Properties for FakeProperties {
        fn property(&self, path: &[&str]) -> Result<Option<Vec<u8>>, Unreadable> {
            let path = path.join(".");
            self.asked.borrow_mut().push(path.clone());
            self.known.get(&path).cloned().transpose()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fake::{FakeClock, FakeProperties};
    use super::*;

    const NO_CLOCK: FakeClock = FakeClock(None);

    #[test]
    fn no_metadata_is_absent_and_unreadable_metadata_is_invalid() {
        let none = FakeProperties::default();
        assert_eq!(RequestEvidence::new(&none, &NO_CLOCK).jwt_metadata("jwt_payload"), Presented::Absent);
        let broken = FakeProperties::default().failing("metadata");
        assert!(matches!(RequestEvidence::new(&broken, &NO_CLOCK).jwt_metadata("jwt_payload"), Presented::Invalid(_)));
    }

    #[test]
    fn each_property_is_fetched_once() {
        let properties = FakeProperties::default().with("metadata", []).with("connection.mtls", [0]);
        let evidence = RequestEvidence::new(&properties, &NO_CLOCK);
        for _ in 0..2 {
            assert_eq!(evidence.jwt_metadata("a"), Presented::Absent);
            assert_eq!(evidence.peer(), Presented::Absent);
        }
        assert_eq!(*properties.asked.borrow(), ["metadata", "connection.mtls"]);
    }

    #[test]
    fn the_source_is_an_ip_address_and_a_port() {
        let source = |address: &str| {
            let properties = FakeProperties::default().with("source.address", address);
            RequestEvidence::new(&properties, &NO_CLOCK).source()
        };
        for address in ["10.1.2.3:4567", "[2001:db8::1]:4567"] {
            assert_eq!(source(address).unwrap().to_string(), address);
        }
        for address in ["", "10.1.2.3", "::1", "@/run/a.sock", "/run/a.sock:1", "envoy://internal/1", "10.1.2.3:66666"]
        {
            assert_eq!(source(address), None, "{address}");
        }
        let (none, broken) = (FakeProperties::default(), FakeProperties::default().failing("source.address"));
        assert_eq!(RequestEvidence::new(&none, &NO_CLOCK).source(), None);
        assert_eq!(RequestEvidence::new(&broken, &NO_CLOCK).source(), None);
    }

    #[test]
    fn the_time_is_that_of_the_proxy_if_it_has_one() {
        let time = |nanoseconds| RequestEvidence::new(&FakeProperties::default(), &FakeClock(nanoseconds)).time();
        assert_eq!(time(Some(1_700_000_000_000_000_042)), Timestamp::new(1_700_000_000, 42));
        assert_eq!(time(None), None);
    }
}
