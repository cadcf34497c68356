use std::net::SocketAddr;

use bumpalo::Bump;

/// The address that a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// The IP address in its canonical text: no brackets, IPv6 compressed, and IPv4 as such even on an IPv6 socket.
    pub ip: &'a str,
    /// The port.
    pub port: u16,
}

impl<'a> Source<'a> {
    /// The address as text.
    pub(crate) fn new(address: SocketAddr, arena: &'a Bump) -> Self {
        let ip = bumpalo::format!(in arena, "{}", address.ip().to_canonical()).into_bump_str();
        Source { ip, port: address.port() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_text() {
        let arena = Bump::new();
        for (address, ip) in [
            ("10.1.2.3:4567", "10.1.2.3"),
            ("[::ffff:10.1.2.3]:4567", "10.1.2.3"),
            ("[2001:DB8:0:0::1]:4567", "2001:db8::1"),
            ("[::1]:4567", "::1"),
        ] {
            assert_eq!(Source::new(address.parse().unwrap(), &arena), Source { ip, port: 4567 });
        }
    }
}
