use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Where to listen: written as `127.0.0.1:9902`, or as `unix:/run/tollgate/feed.sock`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A TCP port; 0 takes a free one.
    Tcp(SocketAddr),
    /// A Unix socket, by its file.
    Unix(PathBuf),
}

/// No address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address: write one as `127.0.0.1:9902` or as `unix:/path/to/socket`")]
pub struct AddressError(String);

impl Address {
    /// Whether it can be reached from other hosts.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        matches!(self, Address::Tcp(address) if !address.ip().is_loopback())
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.strip_prefix("unix:") {
            Some(path) if path.starts_with('/') => Ok(Address::Unix(path.into())),
            Some(_) => Err(AddressError(text.to_owned())),
            None => text.parse().map(Address::Tcp).map_err(|_| AddressError(text.to_owned())),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Address::Tcp(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => address.fmt(f),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_it_is_read() {
        for text in ["127.0.0.1:9902", "[::1]:0", "unix:/run/feed.sock"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in ["", "localhost:1", "unix:", "unix:relative", "/run/feed.sock", "127.0.0.1"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_loopback_and_sockets_are_out_of_reach_for_other_hosts() {
        for (text, exposed) in
            [("127.0.0.1:1", false), ("[::1]:1", false), ("unix:/s", false), ("0.0.0.0:1", true), ("10.0.0.1:1", true)]
        {
            assert_eq!(text.parse::<Address>().unwrap().is_exposed(), exposed, "{text}");
        }
    }
}
