use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use http::uri::Scheme;
use serde::{Deserialize, Serialize};

/// The address of a service. It holds no secret: it is logged, and kept with every generation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Endpoint(Uri);

/// An address that cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EndpointError {
    #[error("this is no address: {0}")]
    Syntax(#[from] http::uri::InvalidUri),
    #[error("an address starts with `https://`, or `http://` for a service on this machine, and names a host")]
    Scheme,
    #[error("an address holds no user name or password: a key is read from a file or the environment (`key`)")]
    Secret,
    #[error("an address has no query (`?…`): a key is read from a file or the environment (`key`)")]
    Query,
}

impl Endpoint {
    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.0.scheme() == Some(&Scheme::HTTPS)
    }

    /// Without the brackets that an IPv6 address has in a URL.
    pub(super) fn host(&self) -> &str {
        let host = self.0.host().unwrap_or_default();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    pub(super) fn is_this_machine(&self) -> bool {
        let host = self.host();
        host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let uri: Uri = text.parse()?;
        let is_known = uri.scheme().is_some_and(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(EndpointError::Secret);
        }
        if uri.query().is_some() {
            return Err(EndpointError::Query);
        }
        match is_known && uri.host().is_some_and(|host| !host.is_empty()) {
            true => Ok(Endpoint(uri)),
            false => Err(EndpointError::Scheme),
        }
    }
}

impl TryFrom<String> for Endpoint {
    type Error = EndpointError;

    fn try_from(text: String) -> Result<Self, EndpointError> {
        text.parse()
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.0.to_string()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_what_could_be_secret_is_refused_and_not_repeated() {
        for secret in
            ["https://me:hush@e.example/", "https://e.example/v1/embeddings?api-key=hush", "https://e.example?hush"]
        {
            let error = secret.parse::<Endpoint>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hush") && error.to_string().contains("`key`"), "{error}");
        }
        let endpoint: Endpoint = "https://e.example:8443/v1/embeddings".parse().unwrap();
        assert_eq!(endpoint.to_string(), "https://e.example:8443/v1/embeddings");
        assert_eq!(String::from(endpoint.clone()), endpoint.to_string());
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for here in ["http://127.0.0.1:1/", "http://127.9.9.9/x", "http://[::1]:80/", "http://LocalHost"] {
            assert!(here.parse::<Endpoint>().unwrap().is_this_machine(), "{here}");
        }
        for there in ["http://127.0.0.1.example/", "http://10.0.0.1/", "http://[::2]/", "http://localhost.example/"] {
            assert!(!there.parse::<Endpoint>().unwrap().is_this_machine(), "{there}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in ["", "/v1/embeddings", "e.example", "ftp://e.example/", "https://", "https:///v1", "http://a b/"] {
            bad.parse::<Endpoint>().unwrap_err();
        }
    }
}
