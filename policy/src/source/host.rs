use std::net::Ipv6Addr;

use super::node::Node;
use super::printable::shown;
use super::report::{InFile, Problem};
use super::value::text;

/// Longest host name, in bytes (RFC 1035 section 2.3.4).
const MAX_LEN: usize = 253;

/// A host as requests name it: exact, lower-case, without port; an IPv6 address is written in brackets and kept without.
pub(super) fn read(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<String> {
    let host = text(node, "an item of `hosts`", file)?;
    match parse(host) {
        Ok(host) => Some(host),
        Err(message) => {
            file.refuse(node.at, Problem::new(message).help("hosts are exact, such as `api.example.com`"));
            None
        }
    }
}

fn parse(host: &str) -> Result<String, String> {
    if let Some(address) = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        let parsed: Result<Ipv6Addr, _> = address.parse();
        return parsed
            .map(|address| address.to_string())
            .map_err(|_| format!("{} is not an IPv6 address", shown(host)));
    }
    let lower = host.to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let wrong = if host.len() > MAX_LEN {
        return Err(format!("a host has at most {MAX_LEN} bytes; shorten it"));
    } else if host.contains('*') {
        "has a wildcard, which hosts cannot have; list each host, or leave `hosts` out to match all".to_owned()
    } else if host.contains("://") || host.contains('/') {
        "is a URL; write only its host".to_owned()
    } else if let Some((name, _)) = host.split_once(':') {
        format!("has a port, which is not looked at; write {}", shown(name))
    } else if let Some(name) = host.strip_suffix('.') {
        format!("ends in a dot, which no request may; write {}", shown(name))
    } else if host != lower {
        format!("is not in lower case; write {}", shown(&lower))
    } else if !host.split('.').all(label) {
        "is not a host name; write letters, digits and `-` in labels joined by `.`".to_owned()
    } else {
        return Ok(lower);
    };
    Err(format!("{} {wrong}", shown(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_exact_lower_case_names_and_addresses() {
        for host in ["localhost", "api.example.com", "10.0.0.1", "my_service"] {
            assert_eq!(parse(host), Ok(host.to_owned()));
        }
        assert_eq!(parse("[::1]"), Ok("::1".to_owned()));
        for host in ["a:80", "A.example", "a.", "*.example.com", "http://a", "a..b", "é", "[x]", &"a".repeat(254)] {
            assert!(parse(host).is_err(), "{host}");
        }
    }
}
