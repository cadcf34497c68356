//! Names in the peer's certificate.
//!
//! Envoy tells a plugin whether the peer *presented* a certificate, and the first URI and the first DNS name in it. It
//! does not tell whether it verified the certificate: that is so only if the listener's validation context has a
//! `trusted_ca` and not `trust_chain_verification: ACCEPT_UNTRUSTED`, so that other certificates are refused in the
//! handshake. Further names of a kind stay unknown.

use tollgate_policy::identity::{PeerNames, Presented};

use super::Properties;

/// The names, if the peer presented a certificate.
pub(super) fn names(properties: &dyn Properties) -> Presented<PeerNames> {
    let presented = match properties.property(&["connection", "mtls"]) {
        Ok(value) => value.is_some_and(|value| value.iter().any(|byte| *byte != 0)),
        Err(why) => return Presented::Invalid(format!("the connection's state cannot be read: {why}")),
    };
    if !presented {
        return Presented::Absent;
    }
    let uri = name(properties, "uri_san_peer_certificate");
    let dns = name(properties, "dns_san_peer_certificate");
    match (uri, dns) {
        (Ok(uri), Ok(dns)) => {
            Presented::Valid(PeerNames { uris: uri.into_iter().collect(), dns: dns.into_iter().collect() })
        }
        (Err(why), _) | (_, Err(why)) => Presented::Invalid(why),
    }
}

fn name(properties: &dyn Properties, attribute: &str) -> Result<Option<String>, String> {
    match properties.property(&["connection", attribute]) {
        Ok(Some(name)) if !name.is_empty() => {
            String::from_utf8(name).map(Some).map_err(|_| format!("`{attribute}` is not UTF-8"))
        }
        Ok(_) => Ok(None),
        Err(why) => Err(format!("`{attribute}` cannot be read: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::FakeProperties;
    use super::*;

    const URI: &str = "connection.uri_san_peer_certificate";
    const DNS: &str = "connection.dns_san_peer_certificate";

    fn mtls() -> FakeProperties {
        FakeProperties::default().with("connection.mtls", [1])
    }

    #[test]
    fn without_a_certificate_the_peer_is_absent() {
        assert_eq!(names(&FakeProperties::default()), Presented::Absent);
        let plain = FakeProperties::default().with("connection.mtls", [0]).with(URI, "spiffe://other");
        assert_eq!(names(&plain), Presented::Absent);
    }

    #[test]
    fn names_of_both_kinds_are_read() {
        let properties = mtls().with(URI, "spiffe://prod/orders").with(DNS, "orders.prod");
        let expected = PeerNames { uris: vec!["spiffe://prod/orders".into()], dns: vec!["orders.prod".into()] };
        assert_eq!(names(&properties), Presented::Valid(expected));
    }

    #[test]
    fn a_certificate_without_names_is_present_without_names() {
        assert_eq!(names(&mtls().with(URI, "")), Presented::Valid(PeerNames::default()));
    }

    #[test]
    fn what_cannot_be_read_is_invalid() {
        for properties in [
            FakeProperties::default().failing("connection.mtls"),
            mtls().failing(URI),
            mtls().failing(DNS),
            mtls().with(URI, [0xff]),
        ] {
            assert!(matches!(names(&properties), Presented::Invalid(_)));
        }
    }
}
