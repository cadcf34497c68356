use crate::evidence::{Properties, Unreadable};

use super::abi;

/// Properties of the request or root that the proxy is calling for.
pub(super) struct HostProperties;

impl Properties for HostProperties {
    fn property(&self, path: &[&str]) -> Result<Option<Vec<u8>>, Unreadable> {
        match abi::property(path.join("\0").as_bytes()) {
            Ok(value) => Ok(Some(value)),
            Err(abi::NOT_FOUND) => Ok(None),
            Err(status) => Err(Unreadable(status.0)),
        }
    }
}

impl HostProperties {
    /// A property for information only: empty if it is missing or not text.
    pub(super) fn text(&self, path: &[&str]) -> String {
        let value = self.property(path).ok().flatten().unwrap_or_default();
        String::from_utf8(value).unwrap_or_default()
    }
}
