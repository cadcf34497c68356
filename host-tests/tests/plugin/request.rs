//! Requests, with what the proxy knows of them.

use tollgate_host_tests::PropertyValue;

/// A request and the properties of its stream.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) properties: Vec<(Vec<&'static str>, PropertyValue)>,
}

impl Request {
    /// A request without any header.
    pub(crate) fn empty() -> Self {
        Request { headers: Vec::new(), properties: Vec::new() }
    }

    /// `GET` of this path.
    pub(crate) fn get(path: &str) -> Self {
        Self::empty().header(":method", "GET").header(":authority", "example.com").header(":path", path)
    }

    /// `POST` of JSON to this path.
    pub(crate) fn post(path: &str) -> Self {
        let head = Self::empty().header(":method", "POST").header(":authority", "example.com").header(":path", path);
        head.header("content-type", "application/json")
    }

    /// With another header.
    pub(crate) fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.as_ref().to_vec(), value.as_ref().to_vec()));
        self
    }

    /// With this dynamic metadata.
    pub(crate) fn metadata(mut self, metadata: Vec<u8>) -> Self {
        self.properties.push((vec!["metadata"], metadata.into()));
        self
    }

    /// Over a connection with this attribute.
    pub(crate) fn connection(mut self, attribute: &'static str, value: impl Into<PropertyValue>) -> Self {
        self.properties.push((vec!["connection", attribute], value.into()));
        self
    }

    /// From this address.
    pub(crate) fn source(mut self, address: &str) -> Self {
        self.properties.push((vec!["source", "address"], address.into()));
        self
    }

    /// From a peer whose verified certificate carries this URI.
    pub(crate) fn peer(self, uri: &str) -> Self {
        self.connection("mtls", true)
            .connection("peer_certificate_valid", true)
            .connection("uri_san_peer_certificate", uri)
    }
}
