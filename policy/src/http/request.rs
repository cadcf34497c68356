use std::net::Ipv6Addr;
use std::str;

use bumpalo::Bump;

use super::{CanonicalPath, Headers, InvalidRequest};

/// Headers that some frameworks obey instead of the method and path that were decided.
const OVERRIDES: [&str; 6] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
];

/// The parts of a request that routes look at, with one reading each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestHead<'a> {
    pub(crate) method: &'a str,
    /// Lower-case, without port.
    pub(crate) host: &'a str,
    pub(crate) path: CanonicalPath<'a>,
}

impl<'a> RequestHead<'a> {
    /// Reads the pseudo-headers, and refuses headers that would have the upstream act on something else.
    pub(crate) fn read(headers: Headers<'a>, arena: &'a Bump) -> Result<Self, InvalidRequest> {
        if headers.0.iter().any(|(name, _)| OVERRIDES.iter().any(|own| reads_as(name, own))) {
            return Err(InvalidRequest::Override);
        }
        Ok(RequestHead {
            method: method(single(headers, ":method").ok_or(InvalidRequest::Method)?)?,
            host: host(single(headers, ":authority").ok_or(InvalidRequest::Authority)?, arena)?,
            path: CanonicalPath::parse(single(headers, ":path").ok_or(InvalidRequest::PathForm)?)?,
        })
    }
}

/// Whether a header's name is this one to an upstream that takes `_` for `-`, as CGI does.
fn reads_as(name: &[u8], own: &str) -> bool {
    name.len() == own.len() && name.iter().zip(own.bytes()).all(|(a, b)| *a == b || (*a == b'_' && b == b'-'))
}

fn single<'a>(headers: Headers<'a>, name: &str) -> Option<&'a [u8]> {
    headers.get(name).filter(|_| !headers.repeats(name))
}

/// A token (RFC 9110 section 5.6.2); methods are case-sensitive.
fn method(raw: &[u8]) -> Result<&str, InvalidRequest> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    if raw.is_empty() || !raw.iter().all(is_token) {
        return Err(InvalidRequest::Method);
    }
    str::from_utf8(raw).map_err(|_| InvalidRequest::Method)
}

/// Host without port, in one spelling: lower-case, an IPv6 address in its canonical text. User information and a trailing
/// dot, which name the same host in other bytes, are refused.
fn host<'a>(authority: &'a [u8], arena: &'a Bump) -> Result<&'a str, InvalidRequest> {
    let authority = str::from_utf8(authority).map_err(|_| InvalidRequest::Authority)?;
    if let Some(address) = authority.strip_prefix('[') {
        let (address, port) = address.split_once(']').ok_or(InvalidRequest::Authority)?;
        check_port(port)?;
        let address: Ipv6Addr = address.parse().map_err(|_| InvalidRequest::Authority)?;
        return Ok(bumpalo::format!(in arena, "{}", address).into_bump_str());
    }
    let (host, port) = match authority.find(':') {
        Some(colon) => authority.split_at_checked(colon).ok_or(InvalidRequest::Authority)?,
        None => (authority, ""),
    };
    check_port(port)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if host.is_empty() || host.ends_with('.') || !host.bytes().all(allowed) {
        return Err(InvalidRequest::Authority);
    }
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let lower = arena.alloc_str(host);
        lower.make_ascii_lowercase();
        return Ok(lower);
    }
    Ok(host)
}

/// Nothing, or a colon and a port.
fn check_port(port: &str) -> Result<(), InvalidRequest> {
    let Some(digits) = port.strip_prefix(':') else {
        return if port.is_empty() { Ok(()) } else { Err(InvalidRequest::Authority) };
    };
    // A sign would parse, too.
    match digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok() {
        true => Ok(()),
        false => Err(InvalidRequest::Authority),
    }
}
