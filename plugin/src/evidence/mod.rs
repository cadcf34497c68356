//! What the proxy knows of who asks: nothing here is taken from a client's word unless a snapshot says so.

mod metadata;
mod payload;
mod peer;

use std::cell::OnceCell;

use tollgate_policy::data::Fields;
use tollgate_policy::identity::{Evidence, PeerNames, Presented};

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

/// A property that the proxy failed to produce, with the status it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proxy answered with status {0}")]
pub struct Unreadable(pub u32);

/// The evidence of one request. Each property is fetched when a snapshot first asks for it, and once.
pub struct RequestEvidence<'a> {
    properties: &'a dyn Properties,
    metadata: OnceCell<Result<Option<Vec<u8>>, Unreadable>>,
    peer: OnceCell<Presented<PeerNames>>,
}

impl<'a> RequestEvidence<'a> {
    /// Evidence from these properties.
    #[must_use]
    pub fn new(properties: &'a dyn Properties) -> Self {
        RequestEvidence { properties, metadata: OnceCell::new(), peer: OnceCell::new() }
    }
}

impl Evidence for RequestEvidence<'_> {
    fn jwt_metadata(&self, key: &str) -> Presented<Fields> {
        match self.metadata.get_or_init(|| self.properties.property(&["metadata"])) {
            Ok(None) => Presented::Absent,
            Ok(Some(metadata)) => metadata::claims(metadata, key),
            Err(why) => Presented::Invalid(format!("dynamic metadata cannot be read: {why}")),
        }
    }

    fn jwt_payload(&self, header: &[u8]) -> Presented<Fields> {
        payload::claims(header)
    }

    fn peer(&self) -> Presented<PeerNames> {
        self.peer.get_or_init(|| peer::names(self.properties)).clone()
    }
}

#[cfg(test)]
mod fake {
    use std::cell::RefCell;
    use std::collections::HashMap;

    use super::{Properties, Unreadable};

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
    use super::fake::FakeProperties;
    use super::*;

    #[test]
    fn no_metadata_is_absent_and_unreadable_metadata_is_invalid() {
        let none = FakeProperties::default();
        assert_eq!(RequestEvidence::new(&none).jwt_metadata("jwt_payload"), Presented::Absent);
        let broken = FakeProperties::default().failing("metadata");
        assert!(matches!(RequestEvidence::new(&broken).jwt_metadata("jwt_payload"), Presented::Invalid(_)));
    }

    #[test]
    fn each_property_is_fetched_once() {
        let properties = FakeProperties::default().with("metadata", []).with("connection.mtls", [0]);
        let evidence = RequestEvidence::new(&properties);
        for _ in 0..2 {
            assert_eq!(evidence.jwt_metadata("a"), Presented::Absent);
            assert_eq!(evidence.peer(), Presented::Absent);
        }
        assert_eq!(*properties.asked.borrow(), ["metadata", "connection.mtls"]);
    }
}
