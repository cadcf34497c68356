//! Names in the peer's certificate.
//!
//! `connection.mtls` says only that the peer *presented* a certificate, and a listener can be set to accept one that it could
//! not verify, with every name in it readable. So `connection.peer_certificate_valid` must say that Envoy verified it; an
//! Envoy without that property has its peers refused. Envoy exposes the first name of each kind alone.

use tollgate_policy::identity::{PeerNames, Presented};

use super::Properties;

/// The names, if the peer presented a certificate and Envoy verified it.
pub(super) fn names(properties: &dyn Properties) -> Presented<PeerNames> {
    match flag(properties, "mtls") {
        Ok(Some(true)) => {}
        Ok(_) => return Presented::Absent,
        Err(why) => return Presented::Invalid(why),
    }
    match flag(properties, "peer_certificate_valid") {
        Ok(Some(true)) => {}
        Ok(Some(false)) => return Presented::Invalid("the peer's certificate is not verified".to_owned()),
        Ok(None) => {
            return Presented::Invalid("the proxy does not say whether it verified the peer's certificate".to_owned());
        }
        Err(why) => return Presented::Invalid(why),
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

fn flag(properties: &dyn Properties, attribute: &str) -> Result<Option<bool>, String> {
    match properties.property(&["connection", attribute]) {
        Ok(value) => Ok(value.filter(|value| !value.is_empty()).map(|value| value.iter().any(|byte| *byte != 0))),
        Err(why) => Err(format!("`{attribute}` cannot be read: {why}")),
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

    const VALID: &str = "connection.peer_certificate_valid";

    fn mtls() -> FakeProperties {
        FakeProperties::default().with("connection.mtls", [1]).with(VALID, [1])
    }

    #[test]
    fn a_certificate_that_is_not_known_to_be_verified_is_invalid() {
        let presented = || FakeProperties::default().with("connection.mtls", [1]).with(URI, "spiffe://prod/orders");
        for properties in [presented(), presented().with(VALID, [0]), presented().failing(VALID)] {
            assert!(matches!(names(&properties), Presented::Invalid(_)));
        }
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
